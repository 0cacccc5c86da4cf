/** What an exception would have suppressed, had it been there: of evidence that is kept. */
import type { Evidence, EvidenceItem } from "../correlation/evidence.ts";
import { minuteMs } from "../time.ts";

/** How far back trials look. */
export const trialDays = 30;

/** One step of a trial, over some actors. */
export interface TrialStep {
  /** Where to go on; null at the end. */
  next: number | null;
  detections: number;
  /** Actors with covered detections, as keys; the same may come in several steps. */
  actors: string[];
  /** Open incidents with covered detections. */
  incidents: { incidentId: string; entity: string; actor: string; detections: number }[];
  /** False where old evidence is no longer kept finely enough to count it by day. */
  isExact: boolean;
  /** Logs that were read, and alerts whose log is no longer kept. */
  logsRead: number;
  logsGone: number;
}

/** Covered detections of one actor, in all and by `placeOf` rule and host. */
export interface Coverage {
  detections: number;
  places: Map<string, number>;
  /** False where rules are no longer told apart. */
  isExact: boolean;
  /** Some of what was counted happened before `since`, and so may have been recorded before it. */
  mayBeOlder: boolean;
}

/** The place of detections within an actor's evidence. `rule`: a rule's key; `host`: lower case, "" = none. */
export function placeOf(rule: string, host: string): string {
  return JSON.stringify([rule, host]);
}

/** Counts what was recorded at `since` (epoch ms) or later, to the hour. */
export function coverageOf(
  { hours, rules, hosts }: Evidence,
  isCovered: (item: EvidenceItem) => boolean,
  since: number,
): Coverage {
  const coverage: Coverage = { detections: 0, places: new Map(), isExact: true, mayBeOlder: false };
  for (const { items, recorded } of hours) {
    if (recorded * minuteMs < since) continue;
    for (const item of items) {
      const rule = rules[item.rule]?.key ?? "";
      // Rules beyond what is kept of an actor.
      if (rule === "") coverage.isExact = false;
      if (!isCovered(item)) continue;
      // Of an hour that long ago, or hours folded into one, some may have been recorded earlier.
      if (item.first < since) coverage.mayBeOlder = true;
      const place = placeOf(rule, hosts[item.host] ?? "");
      coverage.detections += item.count;
      coverage.places.set(place, (coverage.places.get(place) ?? 0) + item.count);
    }
  }
  return coverage;
}
