/** Lines of text for a terminal or a file, as wide as the terminal, with colours if it supports them. */

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Style = keyof typeof codes;

const narrowest = 60;
const widest = 100;

export interface ScreenOptions {
  write(text: string): void;
  /** Columns of the terminal; `undefined` if there is none. */
  columns: number | undefined;
  colour: boolean;
}

export class Screen {
  /** The most columns of a line. */
  readonly width: number;
  readonly #write: (text: string) => void;
  readonly #colour: boolean;

  constructor({ write, columns, colour }: ScreenOptions) {
    this.#write = write;
    this.#colour = colour;
    this.width = Math.min(widest, Math.max(narrowest, columns ?? widest));
  }

  line(text = ""): void {
    this.#write(`${text}\n`);
  }

  /** Adds a style to text that has already been sanitised and measured. */
  paint(text: string, ...styles: Style[]): string {
    return this.#colour && styles.length > 0
      ? `\x1b[${styles.map((style) => codes[style]).join(";")}m${text}\x1b[0m`
      : text;
  }
}

/** At most `width` characters; ends with … if it was shortened. */
export function shorten(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

/** Breaks text at spaces into lines of at most `width` characters; longer words are broken anywhere. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(space > 0 ? end + 1 : end);
  }
  return [...lines, rest];
}
