/** The next ids, kept in memory by the one writer: rows of one write can then refer to each other without asking the database. */

import type { Database } from "../database/database.ts";
import { integer } from "../database/rows.ts";
import { lastSeq } from "./event-log.ts";

export class Sequences {
  #lastSeq = 0;
  #lastAlertId = 0;
  #lastPeriodId = 0;

  private constructor() {}

  static async load(database: Database): Promise<Sequences> {
    const sequences = new Sequences();
    await sequences.reload(database);
    return sequences;
  }

  /** Reads them again: a commit that was reported as failed may be in the file all the same. */
  async reload(database: Database): Promise<void> {
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

  /** After a commit that used so many of each. Before it nothing is taken, so a failed write leaves no trace. */
  advance({ events = 0, alerts = 0, periods = 0 }: { events?: number; alerts?: number; periods?: number }): void {
    this.#lastSeq += events;
    this.#lastAlertId += alerts;
    this.#lastPeriodId += periods;
  }
}

/** The largest id that an alert ever had, also where retention has removed it. */
export async function lastAlertId(database: Database): Promise<number> {
  const { rows } = await database.read(`select max(coalesce((select max(id) from sigma_alerts), 0),
      coalesce((select cast(value as integer) from meta where key = 'last_alert_id'), 0)) as id`);
  return rows[0] === undefined ? 0 : integer(rows[0], "id");
}
