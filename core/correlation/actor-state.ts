/**
 * An actor's state between two writes, as compact JSON text, because every batch about the actor reads and writes it.
 *
 * Version 3: [3, rules, hosts, part, hours, windows, cases, activity, risk, steadyFor or null, sightings, assessedRules, outbreaks…]
 *   rule: [key, title, level, mask, techniques…]
 *   hour: [hour, part, recorded, items, alarms, matched, closed]; items and alarms are flat numbers, times relative to the hour
 *   window: [score, facts] (`window-row.ts`)
 *   case: [type, id, severity, hosts, rules]
 *   sightings: flat numbers, five for each: rule, day, actors, of, 1 where the entity is established
 *   outbreak: [id, key, title, hosts, firstAt, lastAt]
 *   activity: [detections, highDetections, alarms, rbpSum, rbpMax, firstAt, lastAt]; risk: [score, previous, changedAt]
 * Version 2 has no outbreaks. Version 1 ends with steadyFor, where there is one, and has neither sightings nor assessedRules; nothing is known of how usual its rules were.
 */

import { EdgeError } from "../errors.ts";
import type { ActorActivity } from "../incident.ts";
import { hourMs } from "../time.ts";
import { type Evidence, type EvidenceHour, type EvidenceOutbreak, noEvidence } from "./evidence.ts";
import { sightingKey } from "./rarity/sightings.ts";
import type { ScoredWindow } from "./score.ts";
import { encodeWindow, parseWindow, parseWindow1, type WindowRow } from "./window-row.ts";

/** JSON path of the list of hosts in the encoded state of every version. */
export const hostsPath = "$[2]";

/** An active case, with its evidence as stored in its row. */
export interface ActiveCase {
  type: string;
  /** `CASE-…` */
  id: string;
  severity: string;
  hosts: number;
  rules: number;
}

/** The score as it was last assessed. */
export interface ActorRisk {
  score: number;
  /** The score before, and when it changed (epoch milliseconds of the appliance's clock). */
  previous: number;
  changedAt: number;
}

export interface ActorState {
  evidence: Evidence;
  windows: ScoredWindow[];
  cases: ActiveCase[];
  activity: ActorActivity;
  risk: ActorRisk;
}

/** `now`: epoch milliseconds. */
export function newActorState(now: number): ActorState {
  return {
    evidence: noEvidence(),
    windows: [],
    cases: [],
    activity: { detections: 0, highDetections: 0, alarms: 0, rbpSum: 0, rbpMax: 0, firstAt: null, lastAt: null },
    risk: { score: 0, previous: 0, changedAt: now },
  };
}

const version = 3;

export function encodeActorState({ evidence, windows, cases, activity: a, risk }: ActorState): string {
  return JSON.stringify([
    version,
    evidence.rules.map(({ key, title, level, mask, techniques }) => [key, title, level, mask, ...techniques]),
    evidence.hosts,
    evidence.part,
    evidence.hours.map(encodeHour),
    windows.map(encodeWindow),
    cases.map(({ type, id, severity, hosts, rules }) => [type, id, severity, hosts, rules]),
    [a.detections, a.highDetections, a.alarms, a.rbpSum, a.rbpMax, a.firstAt, a.lastAt],
    [risk.score, risk.previous, risk.changedAt],
    evidence.steadyFor ?? null,
    encodeSightings(evidence),
    evidence.assessedRules,
    ...evidence.outbreaks.map(({ id, key, title, hosts, firstAt, lastAt }) => [id, key, title, hosts, firstAt, lastAt]),
  ]);
}

/** Reads what `encodeActorState` wrote. Throws `EdgeError` code `actor_state_corrupt` for anything else. */
export function parseActorState(text: string): ActorState {
  try {
    const row = JSON.parse(text) as StateRow;
    const [found, ruleRows, hosts, part, hours, windows, cases, activity, risk, ...more] = row;
    const [steadyFor, sightings, assessedRules, ...outbreaks] = more;
    if (found !== version && found !== 2 && found !== 1)
      throw new Error(`its version is ${found}, and this program reads version ${version}`);
    return {
      evidence: {
        rules: ruleRows.map(([key, title, level, mask, ...techniques]) => ({ key, title, level, mask, techniques })),
        hosts,
        part,
        hours: hours.map(parseHour),
        ...(typeof steadyFor === "string" ? { steadyFor } : {}),
        sightings: parseSightings(sightings ?? []),
        outbreaks: outbreaks.map(parseOutbreak),
        assessedRules: assessedRules ?? ruleRows.length,
      },
      windows: windows.map(found === 1 ? parseWindow1 : parseWindow),
      cases: cases.map(([type, id, severity, hosts, rules]) => ({ type, id, severity, hosts, rules })),
      activity: parseActivity(activity),
      risk: { score: risk[0], previous: risk[1], changedAt: risk[2] },
    };
  } catch (cause) {
    const message = `What is kept of an actor cannot be read: ${cause instanceof Error ? cause.message : ""}. Run "rhythmx doctor"; restore a backup if the database is damaged.`;
    throw new EdgeError("actor_state_corrupt", message, { cause });
  }
}

type RuleRow = [key: string, title: string, level: number, mask: number, ...techniques: string[]];
type HourRow = [
  hour: number,
  part: number,
  recorded: number,
  items: number[],
  alarms: number[],
  matched: string[],
  closed: string[],
];
type ActivityRow = [
  detections: number,
  highDetections: number,
  alarms: number,
  rbpSum: number,
  rbpMax: number,
  firstAt: number | null,
  lastAt: number | null,
];
type StateRow = [
  version: number,
  rules: RuleRow[],
  hosts: string[],
  part: number,
  hours: HourRow[],
  windows: WindowRow[],
  cases: CaseRow[],
  activity: ActivityRow,
  risk: [score: number, previous: number, changedAt: number],
  ...more: [steadyFor?: string | null, sightings?: number[], assessedRules?: number, ...outbreaks: OutbreakRow[]],
];
type OutbreakRow = [id: number, key: string, title: string, hosts: number, firstAt: number, lastAt: number];
type CaseRow = [type: string, id: string, severity: string, hosts: number, rules: number];

function parseOutbreak([id, key, title, hosts, firstAt, lastAt]: OutbreakRow): EvidenceOutbreak {
  return { id, key, title, hosts, firstAt, lastAt };
}

function parseActivity([
  detections,
  highDetections,
  alarms,
  rbpSum,
  rbpMax,
  firstAt,
  lastAt,
]: ActivityRow): ActorActivity {
  return { detections, highDetections, alarms, rbpSum, rbpMax, firstAt, lastAt };
}

function encodeHour({ hour, part, recorded, items, alarms, matched, closed }: EvidenceHour): HourRow {
  const start = hour * hourMs;
  const numbers: number[] = [];
  for (const { rule, host, count, first, last, risk } of items)
    numbers.push(rule, host, count, first - start, last - start, risk);
  const sums = alarms === null ? [] : [alarms.count, alarms.sum, alarms.max, alarms.first - start, alarms.last - start];
  return [hour, part, recorded, numbers, sums, matched, closed];
}

function parseHour([hour, part, recorded, numbers, sums, matched, closed]: HourRow): EvidenceHour {
  const start = hour * hourMs;
  const items: EvidenceHour["items"] = [];
  for (let at = 0; at + 5 < numbers.length; at += 6) {
    const [rule = 0, host = -1, count = 0, first = 0, last = 0, risk = 0] = numbers.slice(at, at + 6);
    items.push({ rule, host, count, first: start + first, last: start + last, risk });
  }
  const [count, sum = 0, max = 0, first = 0, last = 0] = sums;
  const alarms = count === undefined ? null : { count, sum, max, first: start + first, last: start + last };
  return { hour, part, recorded, items, alarms, matched, closed };
}

function encodeSightings({ sightings }: Evidence): number[] {
  const numbers: number[] = [];
  for (const { rule, day, actors, of, isEstablished } of sightings.values())
    numbers.push(rule, day, actors, of, isEstablished ? 1 : 0);
  return numbers;
}

function parseSightings(numbers: readonly number[]): Evidence["sightings"] {
  const sightings: Evidence["sightings"] = new Map();
  for (let at = 0; at + 4 < numbers.length; at += 5) {
    const [rule = 0, day = 0, actors = 0, of = 0, established = 0] = numbers.slice(at, at + 5);
    sightings.set(sightingKey(rule, day), { rule, day, actors, of, isEstablished: established === 1 });
  }
  return sightings;
}
