/**
 * What one detection is worth by itself, however little else is known of its actor. The table is `floors.json` beside this file, in the
 * form of the customer's `floors.json`, and meant to be read by analysts (docs/correlation.md).
 */
import { currentTechnique } from "../attack/attack.ts";
import { type Level, levels } from "../detection.ts";

import table from "./floors.json" with { type: "json" };

/** One row: rules of at least a level that one of its ids, techniques or words of the title names; every rule if it has none of them. */
export interface FloorRow {
  name: string;
  /** The least that a detection of such a rule is worth, 1-100. */
  points: number;
  /** An emergency at once, also where the rule is common. */
  crownJewel: boolean;
  /** Rules below this level do not count. */
  minLevel: Level;
  /** ATT&CK techniques, any of them, with their sub-techniques. */
  techniques: readonly string[];
  /** Each entry is words that a title must all have, in any order; `delet*` stands for every word that begins so. */
  titleWords: readonly string[];
  /** Ids of rules. */
  rules: readonly string[];
  /** In the form of `titleWords`: a title that has one of them does not count, by whatever else it is named. */
  unlessWords: readonly string[];
  /** How many different rules of level medium or more have to fire together for it to hold; fewer where the rule is known to be rare. */
  rulesTogether: number;
  /** For the analyst: what such a rule reports and what that means. */
  why: string;
}

/** What a row says that does not say it. */
export const floorDefaults = {
  crownJewel: false,
  minLevel: "medium",
  techniques: [],
  titleWords: [],
  rules: [],
  unlessWords: [],
  rulesTogether: 1,
} as const satisfies Partial<FloorRow>;

interface WrittenRow {
  name: string;
  points: number;
  crown_jewel?: boolean;
  min_level: string;
  techniques?: string[];
  title_words?: string[];
  rules?: string[];
  unless_words?: string[];
  rules_together?: number;
  why: string;
}

/** The built-in table. */
export const builtInFloors: readonly FloorRow[] = (table.floors as WrittenRow[]).map((row) => ({
  name: row.name,
  points: row.points,
  crownJewel: row.crown_jewel ?? floorDefaults.crownJewel,
  minLevel: levels.find((level) => level === row.min_level) ?? floorDefaults.minLevel,
  techniques: (row.techniques ?? []).map(currentTechnique),
  titleWords: row.title_words ?? [],
  rules: row.rules ?? [],
  unlessWords: row.unless_words ?? [],
  rulesTogether: row.rules_together ?? floorDefaults.rulesTogether,
  why: row.why,
}));

/** Words of one entry, each whole or with its beginning only. */
type Words = readonly { word: string; isBeginning: boolean }[];

interface PreparedRow {
  row: FloorRow;
  /** Index into `levels`. */
  lowest: number;
  titleWords: readonly Words[];
  unlessWords: readonly Words[];
}

/** A table ready to be matched. */
export interface PreparedFloors {
  rows: readonly PreparedRow[];
  /** There are few rules and they repeat, so each is looked up once. */
  known: Map<string, Floor | null>;
}

export interface Floor {
  points: number;
  crownJewel: boolean;
  /** So many different rules have to fire together; 1 = it stands alone. */
  rulesTogether: number;
  /** A sentence for the analyst. */
  why: string;
}

/** A rule as evidence has it. */
export interface FloorRule {
  /** Its id, else its title; lower case. */
  key: string;
  title: string;
  /** Index into `levels`. */
  level: number;
  techniques: readonly string[];
}

const mostKnown = 5_000;

export function prepareFloors(rows: readonly FloorRow[]): PreparedFloors {
  const prepared = rows.map((row) => ({
    row,
    lowest: levels.indexOf(row.minLevel),
    titleWords: row.titleWords.map(wordsOf),
    unlessWords: row.unlessWords.map(wordsOf),
  }));
  // Crown jewels first, then those that need the least company, then by points.
  prepared.sort((a, b) => standing(a.row) - standing(b.row) || b.row.points - a.row.points);
  return { rows: prepared, known: new Map() };
}

/**
 * What a detection of the rule is worth by itself; null if the table does not say. Of several rows crown jewels come first, then those
 * that ask for the fewest rules together, then those that name the rule by its id or title: a technique, of which a rule may have many,
 * says less of what it reports. Then points decide. What every rule of a level is worth is also the least for those that are named by
 * words or technique; a row that names a rule by its id says it as it is.
 */
export function floorOf(rule: FloorRule, table: PreparedFloors): Floor | null {
  const key = `${rule.level}\n${rule.key}\n${rule.title}\n${rule.techniques.join(" ")}`;
  const known = table.known.get(key);
  if (known !== undefined) return known;
  const words = titleOf(rule.title);
  const held = table.rows.filter((row) => holds(row, rule, words));
  const [best] = held;
  const named = held.find((one) => best && standing(one.row) === standing(best.row) && isNamed(one, rule, words));
  const found = (named ?? best)?.row;
  const floor = found === undefined ? null : pickFloor(found, leastOf(found, held, rule));
  if (table.known.size >= mostKnown) table.known.clear();
  table.known.set(key, floor);
  return floor;
}

/** 0 for a crown jewel, else how many rules have to fire together. */
function standing({ crownJewel, rulesTogether }: FloorRow): number {
  return crownJewel ? 0 : rulesTogether;
}

/** The points of a row that is for every rule of a level, where it asks for no more rules together than the one that was found. */
function leastOf(found: FloorRow, held: readonly PreparedRow[], { key }: FloorRule): number {
  if (found.crownJewel || found.rules.includes(key)) return 0;
  const general = held.filter(({ row }) => isGeneral(row) && row.rulesTogether <= found.rulesTogether);
  return Math.max(0, ...general.map(({ row }) => row.points));
}

function isGeneral({ rules, techniques, titleWords }: FloorRow): boolean {
  return rules.length === 0 && techniques.length === 0 && titleWords.length === 0;
}

function pickFloor({ points, crownJewel, rulesTogether, why }: FloorRow, least: number): Floor {
  return { points: Math.max(points, least), crownJewel, rulesTogether, why };
}

function holds(prepared: PreparedRow, rule: FloorRule, title: Set<string>): boolean {
  const { row, lowest, unlessWords } = prepared;
  if (rule.level < lowest) return false;
  if (unlessWords.some((entry) => hasAll(title, entry))) return false;
  if (isGeneral(row)) return true;
  const { techniques } = row;
  return (
    isNamed(prepared, rule, title) ||
    rule.techniques.some((id) => techniques.some((wanted) => id === wanted || id.startsWith(`${wanted}.`)))
  );
}

function isNamed({ row, titleWords }: PreparedRow, rule: FloorRule, title: Set<string>): boolean {
  return row.rules.includes(rule.key) || titleWords.some((entry) => hasAll(title, entry));
}

function hasAll(title: Set<string>, entry: Words): boolean {
  return entry.every(({ word, isBeginning }) => {
    if (!isBeginning) return title.has(word);
    for (const one of title) if (one.startsWith(word)) return true;
    return false;
  });
}

function titleOf(title: string): Set<string> {
  return new Set(title.toLowerCase().match(/[\p{L}\p{N}]+/gu));
}

function wordsOf(entry: string): Words {
  return [...entry.toLowerCase().matchAll(/([\p{L}\p{N}]+)(\*?)/gu)].map(([, word = "", star]) => ({
    word,
    isBeginning: star === "*",
  }));
}
