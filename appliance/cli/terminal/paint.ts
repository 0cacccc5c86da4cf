/** Colours, where somebody looks at them. */

export interface Paint {
  coloured: boolean;
  bold(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  faint(text: string): string;
}

const codes = { bold: 1, red: 31, green: 32, yellow: 33, faint: 2 } as const;
const none = (text: string) => text;
const plain: Paint = { coloured: false, bold: none, red: none, green: none, yellow: none, faint: none };

export function paint(coloured: boolean): Paint {
  if (!coloured) return plain;
  const wrap = (code: number) => (text: string) => (text === "" ? "" : `\x1b[${code}m${text}\x1b[0m`);
  return {
    coloured,
    bold: wrap(codes.bold),
    red: wrap(codes.red),
    green: wrap(codes.green),
    yellow: wrap(codes.yellow),
    faint: wrap(codes.faint),
  };
}

/** Whether a stream is coloured: as `--color` says, else on a terminal that has colours, unless NO_COLOR is set (no-color.org). */
export function isColoured(
  when: string,
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (when !== "auto") return when === "always";
  return isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
}
