/** Conditions of a query with bound values, so that text from callers never becomes part of the SQL. */

type Arg = string | number | null;

export interface Statement {
  sql: string;
  args: Arg[];
}

/** The tables of counts that answer a question: of all entities they are summed already, so that it costs the same however many there are. */
export function countsOf(entities: readonly string[] | null) {
  return entities === null ? totals : counts;
}

const counts = {
  rows: "row_counts",
  incidents: "incident_counts",
  deliveries: "delivery_counts",
  tickets: "ticket_counts",
} as const;
const totals = {
  rows: "row_totals",
  incidents: "incident_totals",
  deliveries: "delivery_totals",
  tickets: "ticket_totals",
} as const satisfies Record<keyof typeof counts, string>;

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
