/** Objects that hold several records (a Zircolite rule with its matches, the answer to a search) as those records, one by one. */
import { itemsOf, lastMember } from "../../text/json-scan.ts";
import { parseRecord } from "../record-fields.ts";
import { type Engine, isMembers, type Members } from "./engine.ts";
import { alarmEngines, detectionEngines } from "./registry.ts";

/** A record of a batch before it is read. */
export interface RecordSource {
  text: string;
  /** What it was listed in, without the list; null when it came alone. */
  envelope: Members | null;
  /** NULs stood before it. */
  afterNuls?: true;
}

type Lists = readonly (readonly string[])[];

interface OpenList {
  /** The path's first member removed. */
  envelope: Members;
  /** Where the list's bracket opens and what follows the one that closes it. */
  start: number;
  end: number;
}

/** The paths of the lists of some engines, each once. */
export function listsOf(engines: readonly Engine<unknown>[]): Lists {
  const paths = engines.map((engine) => engine.list).filter((path) => path !== null);
  return paths.filter((path, index) => paths.findIndex((other) => other.join() === path.join()) === index);
}

/** The records that an object holds in one of the lists, at most `limit`; itself where it has none of them or is not valid JSON. */
export function unfold(text: string, lists: Lists, limit: number): RecordSource[] {
  const list = findList(text, lists);
  if (list === null) return [{ text, envelope: null }];
  const items = itemsOf(text, list.start, limit);
  return items.map((item) => ({ text: text.slice(item.start, item.end), envelope: list.envelope }));
}

/** An object in pieces of the same shape. */
export interface FoldedPart {
  text: string;
  /** How many records it holds. */
  records: number;
}

const anyList = listsOf([...Object.values(detectionEngines), ...Object.values(alarmEngines)]);

/** An object whose list is longer than a batch may be as several with parts of it, at most `records` records or about `length` characters each. */
export function foldedParts(text: string, records: number, length: number): FoldedPart[] {
  const list = findList(text, anyList);
  if (list === null) return [{ text, records: 1 }];
  const parts: FoldedPart[] = [];
  let part: string[] = [];
  let size = 0;
  const close = () => {
    parts.push({ text: `${text.slice(0, list.start)}[${part.join()}]${text.slice(list.end)}`, records: part.length });
    part = [];
    size = 0;
  };
  for (const item of itemsOf(text, list.start)) {
    if (part.length === records || (part.length > 0 && size + item.end - item.start > length)) close();
    part.push(text.slice(item.start, item.end));
    size += item.end - item.start;
  }
  if (part.length > 0) close();
  return parts;
}

function findList(text: string, lists: Lists): OpenList | null {
  // Most records hold no such name, and looking for it is far cheaper than parsing.
  const possible = lists.filter((path) => path.every((name) => text.includes(`"${name}"`)));
  const parsed = possible.length > 0 ? parseRecord(text) : null;
  // Unknown members of our own records may be called anything.
  if (!parsed?.ok || "rule_title" in parsed.members) return null;
  for (const path of possible) {
    if (!Array.isArray(path.reduce<unknown>((value, name) => (isMembers(value) ? value[name] : null), parsed.members)))
      continue;
    const { [path[0] ?? ""]: _list, ...envelope } = parsed.members;
    return { envelope, ...spanOf(text, path) };
  }
  return null;
}

function spanOf(text: string, path: readonly string[]): { start: number; end: number } {
  let start = 0;
  let end = text.length;
  for (const name of path) {
    const span = lastMember(text.slice(start, end), name);
    if (span === null) continue;
    end = start + span.end;
    start += span.start;
  }
  return { start, end };
}
