/** The next ids, kept in memory by the only writer, so that rows of one write can refer to each other without a query. */

import type { AppendedCounts } from "../../core/event.ts";
import type { Database } from "../database/database.ts";
import { integer } from "../database/rows.ts";
import { countsAfter } from "./counts-after.ts";
import { lastSeq } from "./event-log.ts";

export class Sequences {
  #lastSeq = 0;
  #lastAlertId = 0;
  #lastPeriodId = 0;

  private constructor() {}

  /** Of a file in which they cannot be looked up. */
  static unread(): Sequences {
    return new Sequences();
  }

  static async load(database: Database): Promise<Sequences> {
    const sequences = new Sequences();
    await sequences.#read(database);
    return sequences;
  }

  /**
   * Reads the ids from the file again: a commit that was reported as failed may still have reached it, or another node has written. Returns the
   * events that have come so; null = none.
   */
  async reload(database: Database): Promise<{ end: number; counts: AppendedCounts } | null> {
    const before = this.#lastSeq;
    await this.#read(database);
    return this.#lastSeq > before ? { end: this.#lastSeq, counts: await countsAfter(database, before) } : null;
  }

  async #read(database: Database): Promise<void> {
    this.#lastSeq = await lastSeq(database);
    this.#lastAlertId = await lastAlertId(database);
    const given = await database.read(
      "select coalesce(max(seq), 0) as id from sqlite_sequence where name = 'actor_periods'",
    );
    this.#lastPeriodId = given.rows[0] === undefined ? 0 : integer(given.rows[0], "id");
  }

  /** Sequence number of the newest event in the log. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  get lastAlertId(): number {
    return this.#lastAlertId;
  }

  get lastPeriodId(): number {
    return this.#lastPeriodId;
  }

  /** Called after a commit, with the number of ids it used. Until then none is used up, so a failed write leaves no gap. */
  advance({ events = 0, alerts = 0, periods = 0 }: { events?: number; alerts?: number; periods?: number }): void {
    this.#lastSeq += events;
    this.#lastAlertId += alerts;
    this.#lastPeriodId += periods;
  }
}

/** The largest id that any alert ever had, including alerts that retention has removed. */
export async function lastAlertId(database: Database): Promise<number> {
  const { rows } = await database.read(`select max(coalesce((select max(id) from sigma_alerts), 0),
      coalesce((select cast(value as integer) from meta where key = 'last_alert_id'), 0)) as id`);
  return rows[0] === undefined ? 0 : integer(rows[0], "id");
}
