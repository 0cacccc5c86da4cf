/** What happened in each hour of an actor's evidence, for timelines. */

import type { Evidence } from "../../core/correlation/evidence.ts";
import { levels } from "../../core/detection.ts";
import { hourMs } from "../../core/time.ts";

/** An hour of the detections' own time in which something happened. */
export interface ActiveHour {
  /** Its beginning, epoch milliseconds. */
  at: number;
  /** Detections by level, in the order of `levels`. */
  detections: number[];
  alarms: number;
}

/** The newest `most` hours in which something happened, oldest first. */
export function activeHours({ hours, rules }: Evidence, most: number): ActiveHour[] {
  const found = new Map<number, ActiveHour>();
  for (const { hour, items, alarms } of hours) {
    const one = found.get(hour) ?? { at: hour * hourMs, detections: levels.map(() => 0), alarms: 0 };
    found.set(hour, one);
    for (const { rule, count } of items) {
      const level = rules[rule]?.level ?? 0;
      one.detections[level] = (one.detections[level] ?? 0) + count;
    }
    one.alarms += alarms?.count ?? 0;
  }
  return [...found.values()].sort((a, b) => a.at - b.at).slice(-most);
}
