/** What every engine's mapper is: a pure function from one of its records to members of our own record (CONTRACT 2). */
import { lastMember } from "../../text/json-scan.ts";
import type { OriginalLog } from "../raw-log.ts";

export type Members = Readonly<Record<string, unknown>>;

/** One detection or alarm as the engine wrote it. */
export interface EngineRecord {
  /** The record's text, which JSON.parse has accepted. */
  text: string;
  members: Members;
  /** What it was listed in, without the list: a Zircolite rule, a Chainsaw aggregate; null when it came alone. */
  envelope: Members | null;
}

/** Members under our own names, to be validated like those of an own record. */
export interface MappedAlarm {
  members: Members;
  /** What the engine calls them, for error messages. */
  names: Readonly<Record<string, string>>;
  /** What the sender should know about this record, null for nothing. */
  warning: string | null;
}

export interface MappedDetection extends MappedAlarm {
  /** Why it only repeats another record and is no detection of its own; absent if it is one. */
  repeats?: string;
  /** The original log, or the engine's record where it carries none; null where it is missing. */
  log: OriginalLog | null;
}

export interface Engine<Mapped> {
  /** Path of the list in which one object of this engine may hold several records; null when there is no such list. */
  list: readonly string[] | null;
  /** Where records of a batch complete each other: what each is to be given as its envelope, by its index. */
  relate?(texts: readonly string[]): ReadonlyMap<number, Members>;
  recognises(record: EngineRecord): boolean;
  map(record: EngineRecord): Mapped;
}

/** An object's members; none for anything else. */
export function membersOf(value: unknown): Members {
  return isMembers(value) ? value : {};
}

export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A meaningful value as text: logs write "" and "-" for nothing, `{"#text": …}` for a value with XML attributes, and an
 * array where a name occurs more than once, of which the first counts. Null for anything else.
 */
export function given(value: unknown): string | null {
  const first = Array.isArray(value) ? value[0] : value;
  const content = isMembers(first) ? first["#text"] : first;
  if (typeof content === "string") {
    const text = content.trim();
    return text === "" || text === "-" ? null : text;
  }
  // JSON.parse loses digits of larger integers: no value is better than a wrong one.
  if (typeof content !== "number" || (Number.isInteger(content) && !Number.isSafeInteger(content))) return null;
  return String(content);
}

/** The first meaningful value. */
export function firstGiven(...values: unknown[]): string | null {
  for (const value of values) {
    const text = given(value);
    if (text !== null) return text;
  }
  return null;
}

/** Texts of an array, or of one text. */
export function textsOf(value: unknown): string[] {
  const items = Array.isArray(value) ? value : [value];
  return items.map(given).filter((text) => text !== null);
}

/** The JSON text of a member of a member …, digits as received; null when there is none. */
export function memberText(text: string, ...path: string[]): string | null {
  let found = text;
  for (const name of path) {
    const span = found.startsWith("{") ? lastMember(found, name) : null;
    if (span === null) return null;
    found = found.slice(span.start, span.end);
  }
  return found;
}

/** A number that was written as text, as a number; anything else as it is. */
export function numberGiven(value: unknown): unknown {
  return typeof value === "string" && /^\s*\d{1,9}(?:\.\d{1,9})?\s*$/.test(value) ? Number(value) : value;
}

/** Words for a missing level, which is optional in Sigma. */
const noLevel = new Set(["unknown", "undefined", "undef", "none", "null", "n/a", ""]);

/** A rule's level in our words, `low` with a warning where the rule has none: its matches are not lost for it. */
export function levelGiven(level: unknown): { word: unknown; warning: string | null } {
  const word = typeof level === "string" ? level.trim().toLowerCase() : level;
  if (word === "info") return { word: "informational", warning: null };
  const missing = word === undefined || word === null || (typeof word === "string" && noLevel.has(word));
  return missing ? { word: "low", warning: "the rule has no level: taken as low" } : { word: level, warning: null };
}
