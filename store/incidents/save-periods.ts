/** Writing actors' periods in a unit of work, so that what the Worker keeps of them in memory stays what their rows say. */
import { encodeActorState } from "../../core/correlation/actor-state.ts";
import type { Repeats } from "../../core/correlation/repeats.ts";
import { type ActorPeriod, periodStatements, repeatStatements } from "./actor-periods.ts";
import type { UnitOfWork } from "./unit-of-work.ts";

/**
 * Adds the statements that insert or update these periods. `keep`: they came from the unit's cache and are returned to it; `forget`: the
 * cache drops what it holds of these actors.
 */
export function savePeriods(
  unit: UnitOfWork,
  periods: readonly ActorPeriod[],
  cached: "keep" | "forget" = "forget",
): void {
  const states = periods.map(({ state }) => encodeActorState(state));
  unit.add(...periodStatements(periods, states));
  for (const period of periods) {
    if (cached === "keep" && period.current) unit.periods.keep(period);
    else unit.periods.forget(period.key);
  }
}

/** Adds the statements that store repeats of these periods, which came from the unit's cache, apart from their states. */
export function saveRepeats(
  unit: UnitOfWork,
  repeated: readonly { period: ActorPeriod; repeats: readonly Repeats[] }[],
): void {
  unit.add(...repeatStatements(repeated));
  for (const { period } of repeated) unit.periods.keep(period);
}
