/** Texts from outside on one line and within a limit, never cut in the middle of a character as people see it. */

const ellipsis = "…";
const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

/** At most `longest` UTF-16 units, which is how the ticket systems count; what was cut ends with an ellipsis. */
export function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  if (longest < 1) return "";
  return `${text.slice(0, boundary(text, longest - ellipsis.length)).trimEnd()}${ellipsis}`;
}

/** The last boundary between two characters at or before `at`: an emoji of several code points, or a letter with its accents, is one. */
function boundary(text: string, at: number): number {
  if (at <= 0) return 0;
  // Between two plain ASCII characters there is always one.
  if (text.charCodeAt(at - 1) < 0x80 && text.charCodeAt(at) < 0x80) return at;
  let from = at;
  // Segments are counted from a place that is a boundary for certain.
  while (from > 0 && !(text.charCodeAt(from - 1) < 0x80 && text.charCodeAt(from) < 0x80)) from--;
  let last = from;
  for (const { index, segment } of segmenter.segment(text.slice(from))) {
    if (from + index + segment.length > at) break;
    last = from + index + segment.length;
  }
  return last;
}

/** Control and format characters, which break lines, hide text or turn its direction; joiners within words and emoji are left. */
const steering = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** One line without control and format characters, each run of white space one blank. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(steering, " ").replace(/\s+/g, " ").trim();
}

/** The same characters where lines are to stay: what steers is shown, because hiding a name in it is part of some attacks. */
export function withoutSteering(text: string): string {
  return text.toWellFormed().replace(/(?![\u200c\u200d])\p{Cf}|[\u2028\u2029]/gu, (sign) => `[U+${codeOf(sign)}]`);
}

function codeOf(sign: string): string {
  return (sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

/** The number of words, as a reader counts them. */
export function wordCount(text: string): number {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}
