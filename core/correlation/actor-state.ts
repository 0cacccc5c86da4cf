/**
 * An actor's state between two writes, as compact JSON text, because every batch about the actor reads and writes it.
 *
 * Version 1: [1, rules, hosts, part, hours, windows, cases, activity, risk, steadyFor where there is one]
 *   rule: [key, title, level, mask, techniques…]
 *   hour: [hour, part, recorded, items, alarms, matched, closed]; items and alarms are flat numbers, times relative to the hour
 *   window: [score, at, first, recorded, detections, risk, topRule, level, rules, mask, techniques, hosts, alarms, alarms24h, rbpSum,
 *            rbpMax, peak, cases…]
 *   case: [type, id, severity, hosts, rules]
 *   activity: [detections, highDetections, alarms, rbpSum, rbpMax, firstAt, lastAt]; risk: [score, previous, changedAt]
 */

import { EdgeError } from "../errors.ts";
import type { ActorActivity } from "../incident.ts";
import { hourMs } from "../time.ts";
import { type Evidence, type EvidenceHour, noEvidence } from "./evidence.ts";
import type { WindowFacts } from "./facts.ts";
import type { ScoredWindow } from "./score.ts";

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

const version = 1;

export function encodeActorState({ evidence, windows, cases, activity: a, risk }: ActorState): string {
  const parts: unknown[] = [
    version,
    evidence.rules.map(({ key, title, level, mask, techniques }) => [key, title, level, mask, ...techniques]),
    evidence.hosts,
    evidence.part,
    evidence.hours.map(encodeHour),
    windows.map(encodeWindow),
    cases.map(({ type, id, severity, hosts, rules }) => [type, id, severity, hosts, rules]),
    [a.detections, a.highDetections, a.alarms, a.rbpSum, a.rbpMax, a.firstAt, a.lastAt],
    [risk.score, risk.previous, risk.changedAt],
  ];
  if (evidence.steadyFor !== undefined) parts.push(evidence.steadyFor);
  return JSON.stringify(parts);
}

/** Reads what `encodeActorState` wrote. Throws `EdgeError` code `actor_state_corrupt` for anything else. */
export function parseActorState(text: string): ActorState {
  try {
    const [found, ruleRows, hosts, part, hours, windows, cases, activity, risk, steadyFor] = JSON.parse(
      text,
    ) as StateRow;
    if (found !== version) throw new Error(`its version is ${found}, and this program reads version ${version}`);
    return {
      evidence: {
        rules: ruleRows.map(([key, title, level, mask, ...techniques]) => ({ key, title, level, mask, techniques })),
        hosts,
        part,
        hours: hours.map(parseHour),
        ...(steadyFor === undefined ? {} : { steadyFor }),
      },
      windows: windows.map(parseWindow),
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
type WindowRow = [...numbers: (number | string)[]];
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
  steadyFor?: string,
];
type CaseRow = [type: string, id: string, severity: string, hosts: number, rules: number];

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

function encodeWindow({ score, facts: f }: ScoredWindow): WindowRow {
  return [
    ...[score, f.at, f.first, f.recorded, f.detections, f.risk, f.topRule, f.level, f.rules, f.mask, f.techniques],
    ...[f.hosts, f.alarms, f.alarms24h, f.rbpSum, f.rbpMax, f.peak],
    ...f.cases.flatMap(({ type, risk }) => [type, risk]),
  ];
}

function parseWindow(row: WindowRow): ScoredWindow {
  const number = (at: number) => Number(row[at]);
  const cases: WindowFacts["cases"] = [];
  for (let at = 17; at + 1 < row.length; at += 2) cases.push({ type: String(row[at]), risk: number(at + 1) });
  return {
    score: number(0),
    facts: {
      at: number(1),
      first: number(2),
      recorded: number(3),
      detections: number(4),
      risk: number(5),
      topRule: String(row[6]),
      level: number(7),
      rules: number(8),
      mask: number(9),
      techniques: number(10),
      hosts: number(11),
      alarms: number(12),
      alarms24h: number(13),
      rbpSum: number(14),
      rbpMax: number(15),
      peak: number(16),
      cases,
    },
  };
}
