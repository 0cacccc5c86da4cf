/**
 * Which attack patterns make a threat case (CONTRACT 5). The table below is meant to be read by analysts; `case_patterns.json` in the
 * configuration folder adds to it or replaces rows of the same type (docs/correlation.md).
 */
import { createHash } from "node:crypto";
import { familyMask, familyOf } from "../attack/attack.ts";
import { type Level, levels } from "../detection.ts";

/** One row: detections of one actor that have one of the tactics or techniques, within one window. */
export interface CasePattern {
  /** `case_type` of its cases. */
  type: string;
  /** ATT&CK tactics, any of them; empty together with `techniques` = every tactic. */
  tactics: readonly string[];
  /** ATT&CK techniques, any of them, with their sub-techniques. */
  techniques: readonly string[];
  /** Hours in which all minimums have to be reached, back from a detection, in the detections' own time. */
  windowHours: number;
  /** Minimum number of detections … */
  minAlerts: number;
  /** … or this many if one of them is of level high or critical. */
  minAlertsHigh: number;
  /** Different rules. */
  minRules: number;
  /** Different hosts. */
  minHosts: number;
  /** Detections below this level do not count. */
  minLevel: Level;
  /** Stages of the kill chain reached one after the other, each by a rule of its own; 0 = no progression asked for. */
  minStages: number;
  /**
   * Two rules of level medium count as one of level high does, and a crown jewel (`floors.ts`) needs no second rule: what the table of a
   * customer asks for holds to the letter.
   */
  isBuiltIn?: boolean;
}

/** Defaults of a row. */
export const patternDefaults = {
  windowHours: 24,
  minAlerts: 3,
  minAlertsHigh: 2,
  minRules: 1,
  minHosts: 1,
  minLevel: "low",
  minStages: 0,
} as const satisfies Partial<CasePattern>;

function row(type: string, tactic: string, differences: Partial<CasePattern> = {}): CasePattern {
  return {
    ...patternDefaults,
    minRules: 2,
    isBuiltIn: true,
    type,
    tactics: [tactic],
    techniques: [],
    ...differences,
  };
}

/**
 * The built-in table. Informational rules (a logoff, a password policy read) carry tactics too, so they never count. What repeats by
 * nature over days has a longer window.
 */
export const builtInPatterns: readonly CasePattern[] = [
  row("execution", "execution"),
  row("persistence", "persistence", { windowHours: 72 }),
  row("privilege_escalation", "privilege-escalation"),
  row("defense_evasion", "defense-evasion"),
  row("credential_theft", "credential-access"),
  row("discovery", "discovery"),
  row("lateral_movement", "lateral-movement", { windowHours: 72 }),
  row("collection", "collection", { windowHours: 72 }),
  row("command_and_control", "command-and-control", { windowHours: 72 }),
  row("exfiltration", "exfiltration", { windowHours: 72 }),
  row("impact", "impact"),
  // A user who runs a script, gains rights with it and dumps credentials: no single stage shows this.
  {
    ...patternDefaults,
    type: "multi_stage_attack",
    tactics: [],
    techniques: [],
    windowHours: 168,
    minRules: 4,
    minLevel: "medium",
    minStages: 4,
  },
];

/** A row ready to be matched. */
export interface PreparedPattern extends CasePattern {
  /** Family mask of its tactics. */
  mask: number;
  /** Index of its lowest level. */
  lowest: number;
}

export function preparePatterns(patterns: readonly CasePattern[]): PreparedPattern[] {
  return patterns.map((pattern) => ({
    ...pattern,
    mask: familyMask(pattern.tactics.map(familyOf).filter((family) => family !== null)),
    lowest: levels.indexOf(pattern.minLevel),
  }));
}

const marks = new WeakMap<readonly PreparedPattern[], string>();

/** A short text that differs where these patterns differ: what was found out about some of them holds for no others. */
export function steadyMark(patterns: readonly PreparedPattern[]): string {
  const known = marks.get(patterns);
  if (known !== undefined) return known;
  const mark = createHash("sha256").update(JSON.stringify(patterns)).digest("hex").slice(0, 8);
  marks.set(patterns, mark);
  return mark;
}

/** Whether a rule's detections belong to the pattern. */
export function belongs(
  pattern: PreparedPattern,
  rule: { level: number; mask: number; techniques: readonly string[] },
): boolean {
  if (rule.level < pattern.lowest) return false;
  if (rule.mask & pattern.mask) return true;
  if (pattern.techniques.length === 0) return pattern.mask === 0 && rule.mask !== 0;
  return rule.techniques.some((id) =>
    pattern.techniques.some((wanted) => id === wanted || id.startsWith(`${wanted}.`)),
  );
}
