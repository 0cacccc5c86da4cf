/** The events of one write. Each gets the next sequence number, in the order in which they are added. */

import type { AppendedCounts, EventKind } from "../../core/event.ts";
import type { Statement } from "../database/statement.ts";
import { appendEvents, type EventRow } from "./event-log.ts";

export class EventBatch {
  readonly #first: number;
  readonly #now: number;
  readonly #rows: EventRow[] = [];
  /** The number of events already returned by `takeStatements`. */
  #taken = 0;

  /** `after`: the last sequence number in use. `now`: epoch milliseconds. */
  constructor(after: number, now: number) {
    this.#first = after + 1;
    this.#now = now;
  }

  get size(): number {
    return this.#rows.length;
  }

  /** Returns the event's sequence number. `body`: the original log, for alerts. */
  add(kind: EventKind, subject: string, entity: string, data: string, body: string | null = null): number {
    const seq = this.#first + this.#rows.length;
    this.#rows.push([seq, this.#now, kind, subject, entity, data, body]);
    return seq;
  }

  counts(): AppendedCounts {
    const counts: AppendedCounts = {};
    for (const [, , kind] of this.#rows) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }

  /** Statements that write the events added since the last call. */
  takeStatements(): Statement[] {
    const statements = appendEvents(this.#rows.slice(this.#taken));
    this.#taken = this.#rows.length;
    return statements;
  }
}
