/** Assessing actors apart from intake: those of a batch that came in parts, what an interrupted one left, and scores that quiet lowers. */
import type { OpenLog } from "../events/open-log.ts";
import { type ActorPeriod, decayingPeriods, pendingPeriods, periodsById, savePeriods } from "./actor-periods.ts";
import { conclude } from "./conclusions.ts";
import type { Correlator } from "./correlator.ts";
import { correlationAuthor, UnitOfWork } from "./unit-of-work.ts";

/** Actors that one commit assesses: more would hold up everything else. */
const actorsPerWrite = 500;
/** An unfinished batch whose actors have waited this long is not coming to its end any more. */
const overdueMs = 60_000;

export class Assessments {
  /** Actors of batches of which more is to come, by the batch's name. */
  readonly #waiting = new Map<string, Set<number>>();

  /** Remembers the actors of a part of a batch. */
  wait(name: string, periodIds: readonly number[]): void {
    const waiting = this.#waiting.get(name) ?? new Set();
    for (const id of periodIds) waiting.add(id);
    this.#waiting.set(name, waiting);
  }

  /** Assesses some of a batch's actors, in a commit of its own; true: others still wait. */
  async batch(open: OpenLog, correlator: Correlator, name: string, now: number): Promise<boolean> {
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

/** Assesses some of what interrupted batches have left: at the start all of it, later what has waited for a minute. True: there is more. */
export async function assessLeft(
  open: OpenLog,
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

/** Lowers some of the scores that have become due. True: there are more. */
export async function decayScores(open: OpenLog, correlator: Correlator, now: number): Promise<boolean> {
  const periods = await decayingPeriods(open.database, now, actorsPerWrite);
  await assess(open, correlator, periods, now);
  return periods.length === actorsPerWrite;
}

function assess(open: OpenLog, correlator: Correlator, periods: readonly ActorPeriod[], now: number): Promise<void> {
  return UnitOfWork.inOneWrite(open, correlationAuthor, now, async (unit) => {
    if (periods.length === 0) return;
    const examined = periods.map((period) => ({
      period,
      changed: new Set(period.pending ? period.state.evidence.hours : []),
    }));
    await conclude(unit, correlator.rules, examined);
    unit.add(...savePeriods(periods));
  });
}
