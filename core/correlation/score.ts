/**
 * An actor's score: the best of its seven-day windows. A window's score holds for seven days from when its newest evidence was recorded
 * (appliance time), then halves every seven days; so new evidence never lowers a score, only quiet does.
 */

import { levels } from "../detection.ts";
import { dayMs, hourMs, minuteMs } from "../time.ts";

import { scoreOf } from "./factors.ts";
import type { WindowFacts } from "./facts.ts";

const holdMs = 7 * dayMs;
const halfLifeMs = holdMs;
/** More than differ in practice: each has a higher score, or is newer, than all others. */
const mostWindows = 16;

export interface ScoredWindow {
  score: number;
  facts: WindowFacts;
}

/** A window's decayed score at `now` (epoch ms), rounded. */
export function decayed(window: ScoredWindow, now: number): number {
  const age = now - window.facts.recorded * minuteMs - holdMs;
  return age <= 0 ? window.score : Math.round(window.score * 2 ** (-age / halfLifeMs));
}

/** The window that gives the score at `now`, null without evidence; of equals the newest. */
export function bestWindow(windows: readonly ScoredWindow[], now: number): ScoredWindow | null {
  let best: ScoredWindow | null = null;
  for (const window of windows) {
    if (best === null) best = window;
    else {
      const difference = decayed(window, now) - decayed(best, now);
      if (difference > 0 || (difference === 0 && window.facts.at > best.facts.at)) best = window;
    }
  }
  return best;
}

/** Score at `now`. */
export function currentScore(windows: readonly ScoredWindow[], now: number): number {
  const best = bestWindow(windows, now);
  return best === null ? 0 : decayed(best, now);
}

/** When the score will next change if nothing happens, epoch milliseconds; null when it is 0. */
export function nextDecay(windows: readonly ScoredWindow[], now: number): number | null {
  const best = bestWindow(windows, now);
  const score = best === null ? 0 : decayed(best, now);
  if (best === null || score === 0) return null;
  // Rounded down below `score` once the exact value is under score - 0.5.
  const age = Math.log2(best.score / (score - 0.5)) * halfLifeMs;
  return Math.ceil(best.facts.recorded * minuteMs + holdMs + Math.max(0, age)) + 1;
}

/** The earliest time at which a score with evidence recorded at `now` can lose its first point. */
export function earliestDecay(now: number): number {
  return now + holdMs + Math.log2(100 / 99.5) * halfLifeMs;
}

/**
 * The windows worth keeping: those that no other equals or beats in score and time of record. `added` are all windows that the last
 * evidence changed; they replace their former versions.
 */
export function keepBest(windows: readonly ScoredWindow[], added: readonly WindowFacts[]): ScoredWindow[] {
  const endOf = ({ at }: WindowFacts) => Math.floor(at / hourMs);
  const changed = new Set(added.map(endOf));
  const all = windows.filter(({ facts }) => !changed.has(endOf(facts)));
  for (const facts of added) all.push({ score: scoreOf(facts), facts });
  // The best first, so that what comes later need only be compared with what is kept.
  all.sort((a, b) => b.score - a.score || b.facts.recorded - a.facts.recorded || b.facts.at - a.facts.at);
  const kept: ScoredWindow[] = [];
  for (const window of all) {
    const newest = kept.at(-1)?.facts.recorded ?? Number.NEGATIVE_INFINITY;
    if (window.facts.recorded > newest && kept.length < mostWindows) kept.push(window);
  }
  return kept;
}

const medium = levels.indexOf("medium");

/** What scanners, backups and deployments do by themselves takes so much more, unless a crown jewel is in it. */
const ordinaryAllowance = 30;

/** Whether a window makes an incident: at the threshold, and not on informational and low detections alone (CONTRACT 5). */
export function qualifies(facts: WindowFacts, minScore: number): boolean {
  const allowance = facts.isOrdinary && facts.floor?.crownJewel !== true ? ordinaryAllowance : 0;
  return facts.level >= medium && scoreOf(facts) >= minScore + allowance;
}
