/** The numbers of one seven-day window from which the seven factors are computed; small enough to keep with the actor. */
import { familiesOf } from "../attack/attack.ts";

export const scoreWindowHours = 168;

/** A pattern that a window fulfils, and the highest risk in it. */
export interface Fulfilled {
  type: string;
  risk: number;
}

/** Times are epoch milliseconds. */
export interface WindowFacts {
  /** The newest evidence: where the window ends. */
  at: number;
  first: number;
  /** When the newest part of it was recorded, epoch minutes of the appliance's clock. */
  recorded: number;
  detections: number;
  /** Of the most serious detection. */
  risk: number;
  topRule: string;
  /** Index into `levels` of the highest level. */
  level: number;
  /** Distinct rules, without informational ones; the same holds for the fields below. */
  rules: number;
  /** Family mask. */
  mask: number;
  techniques: number;
  hosts: number;
  alarms: number;
  alarms24h: number;
  rbpSum: number;
  rbpMax: number;
  /** Most detections and alarms in one hour. */
  peak: number;
  /** Patterns fulfilled at its end, with their highest risk. */
  cases: Fulfilled[];
}

/** How many families a window shows. A rule may have many tactics: each rule counts for itself and one more. */
export function familyCount({ mask, rules }: Pick<WindowFacts, "mask" | "rules">): number {
  return Math.min(familiesOf(mask).length, rules + 1);
}
