/** Assesses actors outside intake: those of a batch in several parts, those left by an interrupted batch, and scores that fall with time. */
import { type ActorPeriod, decayingPeriods, pendingPeriods, periodsById } from "./actor-periods.ts";
import { conclude } from "./conclusions.ts";
import type { Correlator } from "./correlator.ts";
import { savePeriods } from "./save-periods.ts";
import { correlationAuthor, type OpenUnit, UnitOfWork } from "./unit-of-work.ts";

/** The most actors that one commit assesses, so that other calls need not wait long. */
const actorsPerWrite = 500;
/** An unfinished batch whose actors have waited this long is taken to be interrupted. */
const overdueMs = 60_000;

export class Assessments {
  /** Actors of batches with further parts to come, by the name of the batch. */
  readonly #waiting = new Map<string, Set<number>>();

  /** Remembers the actors of one part of a batch. */
  wait(name: string, periodIds: readonly number[]): void {
    const waiting = this.#waiting.get(name) ?? new Set();
    for (const id of periodIds) waiting.add(id);
    this.#waiting.set(name, waiting);
  }

  /** Assesses some of a batch's actors in one commit; returns whether others are left. */
  async batch(open: OpenUnit, correlator: Correlator, name: string, now: number): Promise<boolean> {
    const ids = [...(this.#waiting.get(name) ?? [])];
    const periods = await periodsById(open.database, ids.slice(0, actorsPerWrite));
    await assess(
      open,
      correlator,
      periods.filter(({ pending }) => pending),
      now,
    );
    const rest = ids.slice(actorsPerWrite);
    if (rest.length > 0) this.#waiting.set(name, new Set(rest));
    else this.#waiting.delete(name);
    return rest.length > 0;
  }
}

/** Assesses some of the actors left by interrupted batches: all at the start, later those older than a minute. Returns whether more are left. */
export async function assessLeft(
  open: OpenUnit,
  correlator: Correlator,
  now: number,
  starting: boolean,
): Promise<boolean> {
  const before = starting ? Number.MAX_SAFE_INTEGER : now - overdueMs;
  const pending = await pendingPeriods(open.database, actorsPerWrite);
  const left = pending.filter(({ updatedAt }) => updatedAt < before);
  await assess(open, correlator, left, now);
  return left.length === actorsPerWrite;
}

/** Lowers some of the scores that are due; returns whether more are left. */
export async function decayScores(open: OpenUnit, correlator: Correlator, now: number): Promise<boolean> {
  const periods = await decayingPeriods(open.database, now, actorsPerWrite);
  await assess(open, correlator, periods, now);
  return periods.length === actorsPerWrite;
}

function assess(open: OpenUnit, correlator: Correlator, periods: readonly ActorPeriod[], now: number): Promise<void> {
  return UnitOfWork.inOneWrite(open, correlationAuthor, now, async (unit) => {
    if (periods.length === 0) return;
    const examined = periods.map((period) => ({
      period,
      changed: new Set(period.pending ? period.state.evidence.hours : []),
    }));
    await conclude(unit, correlator.rules, examined);
    savePeriods(unit, periods);
  });
}
