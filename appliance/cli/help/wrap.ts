/** Text in lines that fit. */

/** The most columns of help and manual. */
const helpColumns = 80;

/** Paragraphs wrapped anew; lines that are indented stay as they are. `indent` stands before each line, `first` instead of it before the first. */
export function wrap(text: string, indent = "", first = indent): string {
  const lines: string[] = [];
  const start = () => (lines.length === 0 ? first : indent);
  for (const paragraph of text.trim().split(/\n{2,}/)) {
    if (lines.length > 0) lines.push("");
    if (/^ {2}/m.test(paragraph)) {
      for (const line of paragraph.split("\n")) lines.push(`${start()}${line}`);
      continue;
    }
    let line = start();
    let words = 0;
    for (const word of wordsOf(paragraph)) {
      if (words > 0 && line.length + 1 + word.length > helpColumns) {
        lines.push(line);
        line = indent;
        words = 0;
      }
      line += words === 0 ? word : ` ${word}`;
      words++;
    }
    lines.push(line);
  }
  return lines.join("\n");
}

/** Words between blanks; what stands in backticks is one, unless it is long. */
function wordsOf(paragraph: string): string[] {
  return paragraph.match(/\S*`[^`\n]{1,40}`\S*|\S+/g) ?? [];
}

/** Pairs in two columns, the second one wrapped. */
export function columns(rows: readonly (readonly [string, string])[], indent = "  "): string {
  const widest = Math.min(24, Math.max(0, ...rows.map(([name]) => name.length)));
  const hanging = " ".repeat(indent.length + widest + 2);
  return rows
    .map(([name, text]) => {
      if (name.length > widest) return `${indent}${name}\n${wrap(text, hanging)}`;
      return wrap(text, hanging, `${indent}${name.padEnd(widest)}  `);
    })
    .join("\n");
}
