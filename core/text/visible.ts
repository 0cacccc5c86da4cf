/** What a terminal or a log viewer would obey: control and format characters (those that turn the direction of writing too), line ends. */
const steering = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text from outside as a terminal may show it: each steering character, and each half of a surrogate pair alone, is U+FFFD. */
export function visible(text: string): string {
  return text.toWellFormed().replace(steering, "\ufffd");
}

/** The same for logs, where it must stay known what stood there: each becomes `\uXXXX`. */
export function escaped(text: string): string {
  return text.replace(steering, (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, "0")}`);
}

/** The name of a field as somebody sent it, for an error that names it; the quotes of an empty one are seen. */
export function shownName(name: string): string {
  return visible(name.slice(0, 64)) || '""';
}
