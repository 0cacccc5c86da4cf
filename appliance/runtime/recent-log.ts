/** The last lines of the log, kept in memory for the support bundle. */
import type { KeptLine } from "./log.ts";

/** The most lines, and the most characters of a line's values. */
const mostLines = 500;
const longestValue = 500;

export class RecentLog {
  readonly #lines: KeptLine[] = [];
  /** Where the next line goes, once there are as many as are kept. */
  #next = 0;

  keep({ fields, ...line }: KeptLine): void {
    const short = Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        typeof value === "string" ? value.slice(0, longestValue) : value,
      ]),
    );
    if (this.#lines.length < mostLines) this.#lines.push({ ...line, fields: short });
    else this.#lines[this.#next] = { ...line, fields: short };
    this.#next = (this.#next + 1) % mostLines;
  }

  /** The oldest first. */
  lines(): KeptLine[] {
    return this.#lines.length < mostLines
      ? [...this.#lines]
      : [...this.#lines.slice(this.#next), ...this.#lines.slice(0, this.#next)];
  }
}
