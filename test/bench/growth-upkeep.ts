/** Times what a running appliance does by the clock, by the store's own operations. Answers with an `UpkeepResult`. */
import { systemClock } from "../../appliance/runtime/time.ts";
import { openStore } from "../../store/open-store.ts";
import { answer, childOptions } from "./child.ts";
import { median, quantile } from "./figure.ts";
import { historyDays } from "./growth-fill.ts";

export interface UpkeepOptions {
  path: string;
}

/** Milliseconds. */
export interface UpkeepResult {
  /** The turn that looks for HOURLY messages and that which lowers scores, when neither has anything to do. */
  tick: number;
  /** Of a pass that takes away the oldest tenth. */
  stepMedian: number;
  stepWorst: number;
}

const { path } = childOptions<UpkeepOptions>();
const store = await openStore({ path, clock: systemClock });
const ticks: number[] = [];
for (let turn = 0; turn < 21; turn++) {
  const before = performance.now();
  const now = systemClock.now();
  while ((await store.recordHourly(now, 3_600_000)).more);
  while (await store.incidents.assessLeft(now, false));
  while (await store.incidents.decayScores(now));
  ticks.push(performance.now() - before);
}
const steps: number[] = [];
let place: Parameters<typeof store.admin.prune>[2] = null;
do {
  const before = performance.now();
  place = (await store.admin.prune(systemClock.now(), historyDays * 0.9, place)).next;
  steps.push(performance.now() - before);
} while (place !== null);
await store.close();
answer({ tick: median(ticks), stepMedian: median(steps), stepWorst: quantile(steps, 0.99) } satisfies UpkeepResult);
