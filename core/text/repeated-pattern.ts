/** Finds the commonest regular expressions that take for ever on some texts. */

/**
 * Whether a group that is repeated without a limit repeats something without a limit itself, as `(a+)+` does: such an expression tries every way to
 * divide a text before it gives up.
 */
export function repeatsRepeated(pattern: string): boolean {
  // Of each open group: whether something in it repeats without a limit.
  const open: boolean[] = [];
  let at = 0;
  let last = false;
  while (at < pattern.length) {
    const sign = pattern[at];
    if (sign === "\\") {
      at += 2;
      last = false;
    } else if (sign === "[") {
      at = endOfClass(pattern, at);
      last = false;
    } else if (sign === "(") {
      open.push(false);
      at += /^\(\?(?:[:=!]|<[=!]|<\w+>)/.exec(pattern.slice(at))?.[0].length ?? 1;
      last = false;
    } else if (sign === ")") {
      last = open.pop() ?? false;
      at++;
    } else {
      const repeat = /^(?:[+*]|\{\d+,\})\??/.exec(pattern.slice(at));
      if (repeat === null) {
        last = false;
        at++;
        continue;
      }
      if (last) return true;
      open.fill(true);
      at += repeat[0].length;
    }
    // What stands in a group stands in those around it.
    if (last && sign === ")") open.fill(true);
  }
  return false;
}

/** Behind the `]` of the class that begins at `from`. */
function endOfClass(pattern: string, from: number): number {
  let at = from + 1;
  while (at < pattern.length && pattern[at] !== "]") at += pattern[at] === "\\" ? 2 : 1;
  return at + 1;
}
