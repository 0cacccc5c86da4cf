/**
 * One unit of work: the statements, events and history entries of a change, the numbers they use, who makes the change and when. It becomes
 * one commit; only after it are the numbers used up and the events announced.
 */

import type { EventKind } from "../../core/event.ts";
import type { Database } from "../database/database.ts";
import type { Statement } from "../database/statement.ts";
import { EventBatch } from "../events/event-batch.ts";
import type { OpenLog } from "../events/open-log.ts";
import type { RepeatedAlerts } from "../events/repeated-alerts.ts";
import { addHistory, type HistoryAction, type HistoryEntry, type HistorySubject } from "./history.ts";
import type { PeriodCache } from "./period-cache.ts";
import type { RuleActors } from "./rule-actors.ts";

/** Who makes a change, and where it comes from (`api`, `console`, the synchronisation with a ticket system). */
export interface Author {
  who: string;
  source: string;
  /** Replaces the action that the field implies, for example by EXTERNAL_SYNC. */
  action?: HistoryAction;
  /** The ticket that the change comes from, which need not be sent the change. */
  ticketId?: number;
}

/** The author of what the appliance does by itself. */
export const correlationAuthor: Author = { who: "rhythmx", source: "correlation" };

/** A history entry without author and time, which come from the unit. */
export type Change = Omit<HistoryEntry, "at" | "who" | "source">;

/** What a unit of work needs of the Worker's state. */
export interface OpenUnit extends OpenLog {
  readonly periods: PeriodCache;
  readonly ruleActors: RuleActors;
  readonly repeatedAlerts: RepeatedAlerts;
}

interface Gathered {
  statements: Statement[];
  history: Record<HistorySubject, (HistoryEntry & { id: string })[]>;
  events: EventBatch;
  alerts: number;
  periods: number;
}

export class UnitOfWork {
  readonly #open: OpenUnit;
  readonly #gathered: Gathered;
  readonly author: Author;
  /** Time of the change, epoch milliseconds. */
  readonly now: number;

  private constructor(open: OpenUnit, author: Author, now: number, gathered: Gathered) {
    this.#open = open;
    this.author = author;
    this.now = now;
    this.#gathered = gathered;
  }

  /** Runs `work` and writes everything it has added at the end. Reads in `work` see the file as it was before. */
  static async inOneWrite<T>(
    open: OpenUnit,
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

  /** Runs `work` in a transaction: after `flush`, reads see what was written. If it throws, nothing is changed. */
  static async inOneTransaction<T>(
    open: OpenUnit,
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

  static #begin(open: OpenUnit, author: Author, now: number): UnitOfWork {
    const events = new EventBatch(open.sequences.lastSeq, now);
    return new UnitOfWork(open, author, now, {
      statements: [],
      history: { incident: [], case: [] },
      events,
      alerts: 0,
      periods: 0,
    });
  }

  /** For reading the state that the change depends on. */
  get database(): Database {
    return this.#open.database;
  }

  /** The actors in memory. Whatever changes a period must return it there or drop it (`savePeriods`). */
  get periods(): PeriodCache {
    return this.#open.periods;
  }

  get repeatedAlerts(): RepeatedAlerts {
    return this.#open.repeatedAlerts;
  }

  get ruleActors(): RuleActors {
    return this.#open.ruleActors;
  }

  /** The same unit with another author, for history entries of that author in the same commit. */
  as(author: Author): UnitOfWork {
    return new UnitOfWork(this.#open, author, this.now, this.#gathered);
  }

  add(...statements: readonly Statement[]): void {
    this.#gathered.statements.push(...statements);
  }

  /** Returns the event's sequence number. `body`: the original log, for alerts. */
  addEvent(kind: EventKind, subject: string, entity: string, data: string, body: string | null = null): number {
    return this.#gathered.events.add(kind, subject, entity, data, body);
  }

  /** Adds a change of an incident or a case by the unit's author to the history. */
  addHistory(of: HistorySubject, id: string, change: Change): void {
    const { who, source } = this.author;
    this.#gathered.history[of].push({ id, at: this.now, who, source, ...change });
  }

  /** Returns the id for a new alert. */
  takeAlertId(): number {
    return this.#open.sequences.lastAlertId + ++this.#gathered.alerts;
  }

  /** Returns the id for a new period of an actor. */
  takePeriodId(): number {
    return this.#open.sequences.lastPeriodId + ++this.#gathered.periods;
  }

  /** Writes what was added since the last call; in a transaction it can be read from then on. */
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
