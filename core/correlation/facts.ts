/** The numbers of one seven-day window from which floor and seven factors are computed; small enough to keep with the actor. */
import { type AssetWeight, noWeight } from "../assets/weight.ts";
import { familiesOf } from "../attack/attack.ts";
import type { Sighting } from "./rarity/sightings.ts";

export const scoreWindowHours = 168;

/** A pattern that a window fulfils. */
export interface Fulfilled {
  type: string;
  /** The highest risk in it. */
  risk: number;
  /** The highest of risk × worth of the rules that lend it their points; 0 if more severe patterns have all of them. */
  lent: number;
}

/** How usual a rule was in the entity, as sentences say it. */
export type Seen = Pick<Sighting, "actors" | "of" | "isEstablished">;

/** What one rule of a window is worth by itself. */
export interface WindowFloor {
  points: number;
  /** The rule's title. */
  rule: string;
  /** From the table of floors. */
  why: string;
  crownJewel: boolean;
  seen: Seen | null;
}

/** Times are epoch milliseconds. A rule's worth is between 0 and 1: little where it is common (`rarity.ts`). */
export interface WindowFacts extends AssetWeight {
  /** The newest evidence: where the window ends. */
  at: number;
  first: number;
  /** When the newest part of it was recorded, epoch minutes of the appliance's clock. */
  recorded: number;
  detections: number;
  /** The highest risk × worth, with its rule, that rule's risk and how usual it was. */
  severity: number;
  topRule: string;
  risk: number;
  seen: Seen | null;
  /** Index into `levels` of the highest level. */
  level: number;
  /** Distinct rules, without informational ones; the same holds for the fields below. */
  rules: number;
  /** Of them those that are common in the entity. */
  commonRules: number;
  /** Family mask. */
  mask: number;
  techniques: number;
  hosts: number;
  /** Sums of worth: of the rules, of the families and of the techniques (of each its best rule's). */
  ruleWorth: number;
  familyWorth: number;
  techniqueWorth: number;
  /** Most distinct rules of level medium or more, common ones left out, within half an hour. */
  burst: number;
  alarms: number;
  alarms24h: number;
  rbpSum: number;
  rbpMax: number;
  /** Most detections and alarms in one hour. */
  peak: number;
  /** Patterns fulfilled at its end. */
  cases: Fulfilled[];
  floor: WindowFloor | null;
}

/** How many families a window shows. A rule may have many tactics: each rule counts for itself and one more. */
export function familyCount({ mask, rules }: Pick<WindowFacts, "mask" | "rules">): number {
  return Math.min(familiesOf(mask).length, rules + 1);
}

/** The facts of a window with this end before anything is counted. */
export function noFacts(end: { first: number; last: number }): WindowFacts {
  return {
    at: end.last,
    first: end.first,
    recorded: 0,
    detections: 0,
    severity: 0,
    topRule: "",
    risk: 0,
    seen: null,
    level: 0,
    rules: 0,
    commonRules: 0,
    mask: 0,
    techniques: 0,
    hosts: 0,
    ruleWorth: 0,
    familyWorth: 0,
    techniqueWorth: 0,
    burst: 0,
    alarms: 0,
    alarms24h: 0,
    rbpSum: 0,
    rbpMax: 0,
    peak: 0,
    cases: [],
    floor: null,
    ...noWeight,
  };
}
