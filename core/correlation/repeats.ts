/**
 * Repeats of an actor's newest hour, apart from the rest of its state: most detections only repeat what is known, and then a few numbers
 * change. They are stored by item until the state is written again, and added to it when it is read.
 */
import { levels } from "../detection.ts";
import { hourMs } from "../time.ts";
import type { ActorState } from "./actor-state.ts";
import type { EvidenceHour, Repeats } from "./evidence.ts";
import type { WindowFacts } from "./facts.ts";
import { keepBest } from "./score.ts";

const high = levels.indexOf("high");

/**
 * Adds repeats to a state as it was when they came in, with the same result as when they were assessed one batch after another. Only those
 * that changed neither cases nor an incident's score may be stored apart.
 */
export function addStoredRepeats(state: ActorState, repeats: readonly Repeats[]): void {
  const newest = state.evidence.hours.at(-1);
  if (newest === undefined || repeats.length === 0) return;
  const { activity, evidence } = state;
  let added = 0;
  for (const { item: index, count, last, recorded } of repeats) {
    const item = newest.items[index];
    if (item === undefined) continue;
    item.count += count;
    item.last = Math.max(item.last, last);
    newest.recorded = Math.max(newest.recorded, recorded);
    added += count;
    activity.detections += count;
    if ((evidence.rules[item.rule]?.level ?? 0) >= high) activity.highDetections += count;
    activity.lastAt = Math.max(activity.lastAt ?? last, last);
  }
  const facts = repeatedFacts(state, newest, added);
  if (facts !== null) state.windows = keepBest(state.windows, [facts]);
}

/** The facts of the window that ends with the newest hour after `added` repeats in it; null if that window is not kept. */
export function repeatedFacts(
  { evidence, windows }: ActorState,
  newest: EvidenceHour,
  added: number,
): WindowFacts | null {
  const window = windows.find(({ facts }) => Math.floor(facts.at / hourMs) === newest.hour);
  if (window === undefined) return null;
  const facts = { ...window.facts, detections: window.facts.detections + added };
  let inHour = 0;
  for (let at = evidence.hours.length - 1; evidence.hours[at]?.hour === newest.hour; at--)
    for (const item of evidence.hours[at]?.items ?? []) {
      inHour += item.count;
      if (item.last > facts.at) facts.at = item.last;
    }
  facts.peak = Math.max(facts.peak, inHour);
  facts.recorded = Math.max(facts.recorded, newest.recorded);
  return facts;
}
