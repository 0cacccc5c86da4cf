/**
 * A scored window as it stands in an actor's state.
 *
 * Version 2: [score, numbers, texts, seen, cases, floor, asset]
 *   numbers: the facts named in `numbers`, in that order; texts: [topRule]
 *   seen: [actors, of, established], empty where nothing is known; cases: flat, three for each: type, risk, lent
 *   floor: [points, rule, why, crownJewel, seen], empty if there is none
 *   asset: [ordinary, kind, name, role, criticality], absent if nothing is ordinary or critical
 * Version 1: [score, at, first, recorded, detections, risk, topRule, level, rules, mask, techniques, hosts, alarms, alarms24h, rbpSum,
 *            rbpMax, peak, cases…]
 */
import { type AssetWeight, type CriticalAsset, noWeight } from "../assets/weight.ts";
import { familyCount, type Seen, type WindowFacts } from "./facts.ts";
import type { ScoredWindow } from "./score.ts";

const numbers = [
  ...(["at", "first", "recorded", "detections", "severity", "risk", "level", "rules", "commonRules", "mask"] as const),
  ...(["techniques", "hosts", "ruleWorth", "familyWorth", "techniqueWorth", "burst", "alarms", "alarms24h"] as const),
  ...(["rbpSum", "rbpMax", "peak"] as const),
] as const;

type SeenRow = [] | [actors: number, of: number, established: number];
type FloorRow = [] | [points: number, rule: string, why: string, crownJewel: number, seen: SeenRow];
export type WindowRow = [
  score: number,
  numbers: number[],
  topRule: string,
  seen: SeenRow,
  cases: (string | number)[],
  floor: FloorRow,
  ...asset: AssetRow,
];
type AssetRow = [] | [ordinary: number, ...named: string[]];
/** As version 1 wrote it. */
export type WindowRow1 = (number | string)[];

export function encodeWindow({ score, facts }: ScoredWindow): WindowRow {
  const { floor } = facts;
  return [
    score,
    numbers.map((name) => facts[name]),
    facts.topRule,
    seenRow(facts.seen),
    facts.cases.flatMap(({ type, risk, lent }) => [type, risk, lent]),
    floor === null ? [] : [floor.points, floor.rule, floor.why, floor.crownJewel ? 1 : 0, seenRow(floor.seen)],
    ...assetRow(facts),
  ];
}

export function parseWindow([score, values, topRule, seen, flat, floor, ...asset]: WindowRow): ScoredWindow {
  const cases: WindowFacts["cases"] = [];
  for (let at = 0; at + 2 < flat.length; at += 3)
    cases.push({ type: String(flat[at]), risk: Number(flat[at + 1]), lent: Number(flat[at + 2]) });
  const [points, rule = "", why = "", crownJewel, floorSeen = []] = floor;
  const named: Partial<Record<(typeof numbers)[number], number>> = {};
  for (const [at, name] of numbers.entries()) named[name] = values[at] ?? 0;
  return {
    score,
    facts: {
      ...(named as Pick<WindowFacts, (typeof numbers)[number]>),
      topRule,
      seen: parseSeen(seen),
      cases,
      floor:
        points === undefined ? null : { points, rule, why, crownJewel: crownJewel === 1, seen: parseSeen(floorSeen) },
      ...parseAsset(asset),
    },
  };
}

/** Nothing was known then of how usual rules were: each counts in full. */
export function parseWindow1(row: WindowRow | WindowRow1): ScoredWindow {
  const number = (at: number) => Number(row[at]);
  const cases: WindowFacts["cases"] = [];
  for (let at = 17; at + 1 < row.length; at += 2)
    cases.push({ type: String(row[at]), risk: number(at + 1), lent: number(at + 1) });
  const [rules, techniques, mask] = [number(8), number(10), number(9)];
  return {
    score: number(0),
    facts: {
      at: number(1),
      first: number(2),
      recorded: number(3),
      detections: number(4),
      severity: number(5),
      risk: number(5),
      topRule: String(row[6]),
      seen: null,
      level: number(7),
      rules,
      commonRules: 0,
      mask,
      techniques,
      hosts: number(11),
      ruleWorth: rules,
      familyWorth: familyCount({ mask, rules }),
      techniqueWorth: techniques,
      burst: rules,
      alarms: number(12),
      alarms24h: number(13),
      rbpSum: number(14),
      rbpMax: number(15),
      peak: number(16),
      cases,
      floor: null,
      ...noWeight,
    },
  };
}

function assetRow({ asset, isOrdinary }: AssetWeight): AssetRow {
  if (asset === null) return isOrdinary ? [1] : [];
  const { kind, name, role, criticality } = asset;
  return [isOrdinary ? 1 : 0, kind, name, role ?? "", criticality];
}

function parseAsset([ordinary, kind, name, role, criticality]: AssetRow): AssetWeight {
  const asset = name === undefined ? null : ({ kind, name, role: role || null, criticality } as CriticalAsset);
  return { asset, isOrdinary: ordinary === 1 };
}

function seenRow(seen: Seen | null): SeenRow {
  return seen === null ? [] : [seen.actors, seen.of, seen.isEstablished ? 1 : 0];
}

function parseSeen([actors, of = 0, established]: SeenRow): Seen | null {
  return actors === undefined ? null : { actors, of, isEstablished: established === 1 };
}
