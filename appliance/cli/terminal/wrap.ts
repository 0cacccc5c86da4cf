/** Breaks a long line of output at blanks; what follows is indented. `columns`: the terminal's width; null = it stays one line. */
export function hang(line: string, columns: number | null, indent = "    "): string {
  if (columns === null || line.length <= columns) return line;
  const lines: string[] = [];
  for (const word of line.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `${indent}${word}`);
  }
  return lines.join("\n");
}
