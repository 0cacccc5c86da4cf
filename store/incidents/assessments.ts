/** Assessing actors apart from intake: those of a batch that came in parts, what an interrupted one left, and scores that quiet lowers. */
import type { AppendedCounts } from "../../core/event.ts";
import type { Database } from "../database/database.ts";
import { EventBatch } from "../events/event-batch.ts";
import type { Sequences } from "../events/sequences.ts";
import { type ActorPeriod, decayingPeriods, pendingPeriods, periodsById, savePeriods } from "./actor-periods.ts";
import { conclude } from "./conclusions.ts";
import type { Correlator } from "./correlator.ts";

/** Actors that one commit assesses: more would hold up everything else. */
const actorsPerWrite = 500;
/** An unfinished batch whose actors have waited this long is not coming to its end any more. */
const overdueMs = 60_000;

export class Assessments {
  readonly #database: Database;
  readonly #sequences: Sequences;
  /** Actors of batches of which more is to come, by the batch's name. */
  readonly #waiting = new Map<string, Set<number>>();

  constructor(database: Database, sequences: Sequences) {
    this.#database = database;
    this.#sequences = sequences;
  }

  /** Remembers the actors of a part of a batch. */
  wait(name: string, periodIds: readonly number[]): void {
    const waiting = this.#waiting.get(name) ?? new Set();
    for (const id of periodIds) waiting.add(id);
    this.#waiting.set(name, waiting);
  }

  /** Assesses some of a batch's actors; `more`: others still wait. */
  async batch(name: string, correlator: Correlator, now: number): Promise<{ counts: AppendedCounts; more: boolean }> {
    const ids = [...(this.#waiting.get(name) ?? [])];
    const periods = await periodsById(this.#database, ids.slice(0, actorsPerWrite));
    const counts = await this.#assess(
      correlator,
      periods.filter(({ pending }) => pending),
      now,
    );
    const rest = ids.slice(actorsPerWrite);
    if (rest.length > 0) this.#waiting.set(name, new Set(rest));
    else this.#waiting.delete(name);
    return { counts, more: rest.length > 0 };
  }

  /** Assesses some of what interrupted batches have left: at the start all of it, later what has waited for a minute. */
  async left(
    correlator: Correlator,
    now: number,
    starting: boolean,
  ): Promise<{ counts: AppendedCounts; more: boolean }> {
    const before = starting ? Number.MAX_SAFE_INTEGER : now - overdueMs;
    const pending = await pendingPeriods(this.#database, actorsPerWrite);
    const left = pending.filter(({ updatedAt }) => updatedAt < before);
    return { counts: await this.#assess(correlator, left, now), more: left.length === actorsPerWrite };
  }

  /** Lowers some of the scores that have become due. */
  async decay(correlator: Correlator, now: number): Promise<{ counts: AppendedCounts; more: boolean }> {
    const periods = await decayingPeriods(this.#database, now, actorsPerWrite);
    const counts = await this.#assess(correlator, periods, now);
    return { counts, more: periods.length === actorsPerWrite };
  }

  async #assess(correlator: Correlator, periods: readonly ActorPeriod[], now: number): Promise<AppendedCounts> {
    if (periods.length === 0) return {};
    const events = new EventBatch(this.#sequences.lastSeq, now);
    const examined = periods.map((period) => ({
      period,
      changed: new Set(period.pending ? period.state.evidence.hours : []),
    }));
    const statements = await conclude(this.#database, correlator.rules, examined, events, now);
    await this.#database.write([...statements, ...savePeriods(periods), ...events.statements()]);
    this.#sequences.advance({ events: events.size });
    return events.counts();
  }
}
