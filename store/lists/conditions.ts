/** Conditions of a query with their bound values: what callers say never becomes part of the statement. */

type Arg = string | number | null;

export interface Statement {
  sql: string;
  args: Arg[];
}

export class Conditions {
  readonly #parts: string[] = [];
  readonly args: Arg[] = [];

  /** `sql` with a `?` for each of `args`. All conditions have to hold. */
  add(sql: string, ...args: Arg[]): void {
    this.#parts.push(sql);
    this.args.push(...args);
  }

  get where(): string {
    return this.#parts.length === 0 ? "true" : this.#parts.join(" and ");
  }
}
