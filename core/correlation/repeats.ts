/**
 * Repeats of an actor's newest hour, apart from the rest of its state: most detections only repeat what is known, and then a few numbers
 * change. They are stored by item until the state is written again, and added to it when it is read.
 */
import { type Detection, levels } from "../detection.ts";
import { hourMs, minuteMs } from "../time.ts";
import type { ActorState } from "./actor-state.ts";
import { type Evidence, type EvidenceHour, type EvidenceItem, hostName, ruleOf } from "./evidence.ts";
import type { WindowFacts } from "./facts.ts";
import { keepBest } from "./score.ts";

/** Detections that repeat one item of the newest hour. */
export interface Repeats {
  /** Index into the items of the newest hour. */
  item: number;
  count: number;
  /** Epoch milliseconds of the newest of them. */
  last: number;
  /** When the newest was recorded: epoch minutes of the appliance's clock. */
  recorded: number;
}

const high = levels.indexOf("high");

/**
 * Adds detections of one actor if all of them only repeat the newest hour of its evidence: rule and host are known there, none is riskier or
 * earlier than what is known, and none renames or retags its rule. Then only counts and times change. Returns that hour, and what was
 * added by item; null if one of them is anything else: then nothing was added.
 */
export function addRepeats(
  evidence: Evidence,
  detections: readonly Detection[],
  now: number,
): { hour: EvidenceHour; repeats: Repeats[] } | null {
  const hour = evidence.hours.at(-1);
  if (hour === undefined || hour.part !== evidence.part || detections.length === 0) return null;
  const items: EvidenceItem[] = [];
  for (const detection of detections) {
    const item = repeatedItem(evidence, hour, detection);
    if (item === null) return null;
    items.push(item);
  }
  const recorded = Math.floor(now / minuteMs);
  const repeats: Repeats[] = [];
  for (const [index, item] of items.entries()) {
    const timestamp = detections[index]?.timestamp ?? item.last;
    item.count++;
    item.last = Math.max(item.last, timestamp);
    const at = hour.items.indexOf(item);
    const known = repeats.find((one) => one.item === at);
    if (known === undefined) repeats.push({ item: at, count: 1, last: timestamp, recorded });
    else {
      known.count++;
      known.last = Math.max(known.last, timestamp);
    }
  }
  hour.recorded = Math.max(hour.recorded, recorded);
  return { hour, repeats };
}

function repeatedItem(evidence: Evidence, { hour, items }: EvidenceHour, detection: Detection): EvidenceItem | null {
  const { timestamp, risk } = detection;
  if (Math.floor(timestamp / hourMs) !== hour) return null;
  const rule = ruleOf(detection);
  const at = evidence.rules.findIndex(({ key, level }) => key === rule.key && level === rule.level);
  const known = evidence.rules[at];
  if (known === undefined || (known.mask | rule.mask) !== known.mask || rule.title < known.title) return null;
  if (rule.techniques.some((technique) => !known.techniques.includes(technique))) return null;
  const name = hostName(detection.host);
  const host = name === "" ? -1 : evidence.hosts.indexOf(name);
  // A host that is not known: it would be added.
  if (name !== "" && host < 0) return null;
  const item = items.find((one) => one.rule === at && one.host === host);
  return item === undefined || risk > item.risk || timestamp < item.first ? null : item;
}

/**
 * Adds repeats to a state as it was when they came in, with the same result as when they were assessed one batch after another. Only those
 * that changed neither cases nor an incident's score may be stored apart.
 */
export function addStoredRepeats(state: ActorState, repeats: readonly Repeats[]): void {
  const newest = state.evidence.hours.at(-1);
  if (newest === undefined || repeats.length === 0) return;
  const { activity, evidence } = state;
  let added = 0;
  for (const { item: index, count, last, recorded } of repeats) {
    const item = newest.items[index];
    if (item === undefined) continue;
    item.count += count;
    item.last = Math.max(item.last, last);
    newest.recorded = Math.max(newest.recorded, recorded);
    added += count;
    activity.detections += count;
    if ((evidence.rules[item.rule]?.level ?? 0) >= high) activity.highDetections += count;
    activity.lastAt = Math.max(activity.lastAt ?? last, last);
  }
  const facts = repeatedFacts(state, newest, added);
  if (facts !== null) state.windows = keepBest(state.windows, [facts]);
}

/** The facts of the window that ends with the newest hour after `added` repeats in it; null if that window is not kept. */
export function repeatedFacts(
  { evidence, windows }: ActorState,
  newest: EvidenceHour,
  added: number,
): WindowFacts | null {
  const window = windows.find(({ facts }) => Math.floor(facts.at / hourMs) === newest.hour);
  if (window === undefined) return null;
  const facts = { ...window.facts, detections: window.facts.detections + added };
  let inHour = 0;
  for (let at = evidence.hours.length - 1; evidence.hours[at]?.hour === newest.hour; at--)
    for (const item of evidence.hours[at]?.items ?? []) {
      inHour += item.count;
      if (item.last > facts.at) facts.at = item.last;
    }
  facts.peak = Math.max(facts.peak, inHour);
  facts.recorded = Math.max(facts.recorded, newest.recorded);
  return facts;
}
