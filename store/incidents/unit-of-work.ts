/**
 * One change of state on its way into the file: the statements, events and history entries that belong together, the numbers they take, who
 * makes the change and when. It becomes one commit; only then the numbers are taken and the events announced.
 */
import type { InStatement } from "@libsql/client";
import type { EventKind } from "../../core/event.ts";
import type { Database } from "../database/database.ts";
import { EventBatch } from "../events/event-batch.ts";
import type { OpenLog } from "../events/open-log.ts";
import { addHistory, type HistoryAction, type HistoryEntry, type HistorySubject } from "./history.ts";

/** Who makes a change, and what brings it in (`api`, `console`, the synchronisation of a ticket system). */
export interface Author {
  who: string;
  source: string;
  /** Instead of what the field says, such as EXTERNAL_SYNC. */
  action?: HistoryAction;
  /** The ticket that it comes from: that one need not be told. */
  ticketId?: number;
}

/** What the appliance does by itself. */
export const correlationAuthor: Author = { who: "rhythmx", source: "correlation" };

/** A history entry whose author and time are those of the unit. */
export type Change = Omit<HistoryEntry, "at" | "who" | "source">;

interface Gathered {
  statements: InStatement[];
  history: Record<HistorySubject, (HistoryEntry & { id: string })[]>;
  events: EventBatch;
  alerts: number;
  periods: number;
}

export class UnitOfWork {
  readonly #open: OpenLog;
  readonly #gathered: Gathered;
  readonly author: Author;
  /** When the change is made. Epoch milliseconds. */
  readonly now: number;

  private constructor(open: OpenLog, author: Author, now: number, gathered: Gathered) {
    this.#open = open;
    this.author = author;
    this.now = now;
    this.#gathered = gathered;
  }

  /** Does `work` and writes all that it has gathered at its end. What it reads is the file as it was before. */
  static async inOneWrite<T>(
    open: OpenLog,
    author: Author,
    now: number,
    work: (unit: UnitOfWork) => Promise<T>,
  ): Promise<T> {
    const unit = UnitOfWork.#begin(open, author, now);
    const value = await work(unit);
    await unit.flush();
    unit.#committed();
    return value;
  }

  /** Does `work` in a transaction: after `flush` it reads what it has written. If it throws, nothing has happened. */
  static async inOneTransaction<T>(
    open: OpenLog,
    author: Author,
    now: number,
    work: (unit: UnitOfWork) => Promise<T>,
  ): Promise<T> {
    const unit = UnitOfWork.#begin(open, author, now);
    const value = await open.database.transaction(async () => {
      const done = await work(unit);
      await unit.flush();
      return done;
    });
    unit.#committed();
    return value;
  }

  static #begin(open: OpenLog, author: Author, now: number): UnitOfWork {
    const events = new EventBatch(open.sequences.lastSeq, now);
    return new UnitOfWork(open, author, now, {
      statements: [],
      history: { incident: [], case: [] },
      events,
      alerts: 0,
      periods: 0,
    });
  }

  /** For reading what the change depends on. */
  get database(): Database {
    return this.#open.database;
  }

  /** The same unit on behalf of somebody else: their history entries go into the same commit. */
  as(author: Author): UnitOfWork {
    return new UnitOfWork(this.#open, author, this.now, this.#gathered);
  }

  add(...statements: readonly InStatement[]): void {
    this.#gathered.statements.push(...statements);
  }

  /** Returns the event's sequence number. `body`: the original log, for alerts. */
  addEvent(kind: EventKind, subject: string, entity: string, data: string, body: string | null = null): number {
    return this.#gathered.events.add(kind, subject, entity, data, body);
  }

  /** Notes what the unit's author changes of an incident or a case. */
  addHistory(of: HistorySubject, id: string, change: Change): void {
    const { who, source } = this.author;
    this.#gathered.history[of].push({ id, at: this.now, who, source, ...change });
  }

  /** The id of a new alert. */
  takeAlertId(): number {
    return this.#open.sequences.lastAlertId + ++this.#gathered.alerts;
  }

  /** The id of a new period of an actor. */
  takePeriodId(): number {
    return this.#open.sequences.lastPeriodId + ++this.#gathered.periods;
  }

  /** Writes what has been gathered since the last time: in a transaction it can then be read. */
  async flush(): Promise<void> {
    const { statements, history, events } = this.#gathered;
    const batch = [
      ...statements.splice(0),
      ...addHistory("case", history.case.splice(0)),
      ...addHistory("incident", history.incident.splice(0)),
      ...events.takeStatements(),
    ];
    if (batch.length > 0) await this.#open.database.write(batch);
  }

  #committed(): void {
    const { events, alerts, periods } = this.#gathered;
    this.#open.sequences.advance({ events: events.size, alerts, periods });
    this.#open.appended(events.counts());
  }
}
