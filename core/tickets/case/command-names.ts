/** Names within commands: in quotes, and only where no character of them could mean anything to a shell. */

/** Letters, digits and signs that neither PowerShell nor a POSIX shell reads in single quotes; no option, because of its first character. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/;
const plainPath = /^(?:[A-Za-z]:\\|\/)[A-Za-z0-9 ._()\\/~-]{1,200}$/;
/** A template of a recommendation's sentence: `{name}`, or `{name'}` for a name within a command. */
const slot = /\{(\w+)('?)\}/g;

/** A name or path in single quotes; null where it has characters that do not belong into a command. */
function quoted(name: string): string | null {
  return plainName.test(name) || (plainPath.test(name) && !name.includes("..") && !name.endsWith(" "))
    ? `'${name}'`
    : null;
}

/** A command with its names; null where one is missing or unfit, or there are too many. */
export function commandWith(template: string, names: Readonly<Record<string, readonly string[]>>): string | null {
  let isWhole = true;
  const command = template.replace(/\{(\w+)'\}/g, (_, name: string) => {
    const list = (names[name] ?? []).map(quoted);
    if (list.length === 0 || list.length > 3 || list.includes(null)) isWhole = false;
    return list.join(",");
  });
  return isWhole ? command : null;
}

/** A sentence with its words; null where one is missing. */
export function sentenceWith(template: string, words: Readonly<Record<string, string>>): string | null {
  let isWhole = true;
  const sentence = template.replace(slot, (_, name: string) => {
    const word = words[name];
    if (word === undefined || (word === "" && !mayBeEmpty.has(name))) isWhole = false;
    return word ?? "";
  });
  return isWhole ? sentence : null;
}

const mayBeEmpty = new Set(["consent", "pid", "machine"]);
