/** Conditions of a query with bound values, so that text from callers never becomes part of the SQL. */

type Arg = string | number | null;

export interface Statement {
  sql: string;
  args: Arg[];
}

export class Conditions {
  readonly #parts: string[] = [];
  readonly args: Arg[] = [];

  /** Adds a condition: `sql` with one `?` for each of `args`. Conditions are joined with AND. */
  add(sql: string, ...args: Arg[]): void {
    this.#parts.push(sql);
    this.args.push(...args);
  }

  /** How many there are. */
  get size(): number {
    return this.#parts.length;
  }

  get where(): string {
    return this.#parts.length === 0 ? "true" : this.#parts.join(" and ");
  }
}
