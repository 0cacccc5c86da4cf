/** The roff language, as far as manual pages need it. */

/** When the text of the pages was last looked over: a fixed day, so that two builds make the same bytes. */
export const manDate = "2026-11-29";

interface Heading {
  name: string;
  section: number;
  date: string;
  version: string;
}

/** A page of sections; those without text are left out. */
export function page(
  { name, section, date, version }: Heading,
  sections: readonly (readonly [string, string])[],
): string {
  const title = `.TH ${roff(name.toUpperCase())} ${section} "${date}" "RhythmX Edge ${roff(version)}" "RhythmX Edge"`;
  const parts = sections.flatMap(([heading, text]) => (text === "" ? [] : [`.SH ${heading}`, text]));
  // Hyphenation would break names; ragged text reads better on a terminal.
  return `${[title, ".nh", ".ad l", ...parts].join("\n")}\n`;
}

/** Paragraphs of text with `code` in backticks. */
export function paragraphs(text: string): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => {
      if (/^ {2}/m.test(paragraph)) return `.nf\n${paragraph.split("\n").map(roff).join("\n")}\n.fi`;
      return sentences(paragraph.replace(/\s+/g, " ")).map(textLines).join("\n");
    })
    .join("\n.PP\n");
}

/** Text with `code` in backticks, in lines of at most 80 characters, none of which is a request. */
export function textLines(text: string): string {
  const lines: string[] = [];
  for (const word of code(roff(text)).split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= 80) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word.startsWith(".") ? `\\&${word}` : word);
  }
  return lines.join("\n");
}

/** A line for each sentence, as man pages are written. */
function sentences(text: string): string[] {
  return text.split(/(?<=[.:]) (?=[A-Z`])/);
}

function code(text: string): string {
  return text.replace(/\\\(ga(.+?)\\\(ga/g, "\\fB$1\\fR");
}

const special: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
  "'": "\\(aq",
  '"': "\\(dq",
  "…": "...",
  "−": "\\-",
};

/** Text in which nothing is a request or an escape. */
export function roff(text: string): string {
  const escaped = text.replace(/[\\\-`^~'"…−]/g, (letter) => special[letter] ?? letter);
  const ascii = escaped.replace(
    /[^\x20-\x7e\n]/gu,
    (letter) => `\\[u${letter.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`,
  );
  return ascii.replace(/^(?=\.)/gm, "\\&");
}
