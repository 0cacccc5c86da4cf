/**
 * Reads the members of a detection in our own format in one pass over its text. The log, most of the record, is only walked over: JSON.parse
 * would build every value of it. Whatever is unusual is declined, and JSON.parse reads the record (`record-fields.ts`), so that
 * every complaint comes from one place.
 */
import { detached } from "../text/detached.ts";
import { StrictJson } from "../text/strict-json.ts";
import { deepestLog, type LogBody, spannedLogBody, textLogBody } from "./raw-log.ts";

/** What a record says, as JSON.parse would give it; members that it lacks are undefined. */
type OwnMembers = ReturnType<typeof noMembers> & Record<string, unknown>;

export interface OwnRecord {
  members: Readonly<OwnMembers>;
  log: LogBody;
}

/** All records are of one shape, which makes reading them fast. */
function noMembers() {
  const none: unknown = undefined;
  return {
    id: none,
    rule_id: none,
    rule_title: none,
    rule_author: none,
    tags: none,
    level: none,
    risk: none,
    ml_cluster: none,
    timestamp: none,
    entity: none,
    user: none,
    host: none,
    src_ip: none,
    dst_host: none,
    event_id: none,
    channel: none,
    provider: none,
    record_id: none,
  };
}

interface Member {
  name: string;
  /** What usually stands there: a number is read only where it is usual. */
  kind: "text" | "scalar" | "tags";
}

const scalars = new Set<string>(["risk", "ml_cluster", "timestamp", "event_id", "record_id"]);

/** Null: the log. */
const known = new Map<string, Member | null>([["raw", null]]);
for (const name of Object.keys(noMembers()))
  known.set(name, { name, kind: name === "tags" ? "tags" : scalars.has(name) ? "scalar" : "text" });

/** A member's name as a sender writes it, `"rule_id":`. */
interface Spelling {
  text: string;
  /** Undefined: none of ours. */
  member: Member | null | undefined;
}

/** The names of the record before: most senders write the same ones in the same order. */
const order: Spelling[] = [];
/** All that were met. */
const spellings = new Map<string, Spelling>();
const mostSpellings = 1_000;
const mostMembers = 64;
const longestName = 64;

const quote = 34;
const comma = 44;
const minus = 45;
const openBracket = 91;
const backslash = 92;
const openBrace = 123;
const closeBrace = 125;

/** The record, if it is an object whose log is an object or text and whose members are of the usual types; otherwise null. */
export function readOwnRecord(text: string): OwnRecord | null {
  const json = text.charCodeAt(0) === openBrace ? StrictJson.over(text, deepestLog) : null;
  if (json === null) return null;
  const members: OwnMembers = noMembers();
  let log: LogBody | null = null;
  let at = json.skip(1);
  for (let index = 0; ; index++) {
    const expected = order[index];
    const isExpected = expected !== undefined && text.startsWith(expected.text, at);
    const spelling = isExpected ? expected : spelled(text, at, json.afterName(at), index);
    if (spelling === null) return null;
    const start = json.skip(at + spelling.text.length);
    const { member } = spelling;
    if (member === null) json.isSpaced = false;
    const end = json.endOfValue(start);
    if (end < 0) return null;
    if (member === null) {
      log = logAt(text, start, end, json);
      if (log === null) return null;
    } else if (member !== undefined) {
      const value = memberValue(member, text, start, end, json);
      if (value === undefined) return null;
      members[member.name] = value;
    }
    at = json.skip(end);
    const code = text.charCodeAt(at);
    if (code === closeBrace) break;
    if (code !== comma) return null;
    at = json.skip(at + 1);
  }
  return json.skip(at + 1) === text.length && log !== null ? { members, log } : null;
}

/** The name from `start` to the end of its colon, expected there in the next record; null if it is none, or may be one of ours in disguise. */
function spelled(text: string, start: number, end: number, index: number): Spelling | null {
  const written = end < 0 ? "\\" : text.slice(start, end);
  const met = spellings.get(written);
  if (met === undefined && written.includes("\\")) return null;
  const spelling = met ?? { text: written, member: known.get(written.slice(1, written.lastIndexOf('"'))) };
  if (index >= mostMembers || written.length > longestName) return spelling;
  order[index] = met ?? remembered(spelling);
  return spelling;
}

function remembered({ text, member }: Spelling): Spelling {
  if (spellings.size >= mostSpellings) spellings.clear();
  const spelling = { text: detached(text), member };
  spellings.set(spelling.text, spelling);
  return spelling;
}

function logAt(text: string, start: number, end: number, { isSpaced }: StrictJson): LogBody | null {
  const code = text.charCodeAt(start);
  if (code === openBrace) return spannedLogBody(text, { start, end, spaced: isSpaced });
  return code === quote ? textLogBody(JSON.parse(text.slice(start, end)) as string) : null;
}

/** The value, if it is of a usual type; otherwise undefined. */
function memberValue(member: Member, text: string, start: number, end: number, json: StrictJson): unknown {
  const code = text.charCodeAt(start);
  if (member.kind === "tags" && code === openBracket) return tagsOf(text.slice(start, end));
  if (member.kind !== "tags" && code === quote)
    return json.isEscaped ? unescaped(text, start, end) : text.slice(start + 1, end - 1);
  if (member.kind === "scalar" && (code === minus || (code >= 48 && code <= 57))) return Number(text.slice(start, end));
  return text.startsWith("null", start) ? null : undefined;
}

/** The value of a string with escapes. Nearly always it is one backslash, that of a user's domain. */
function unescaped(text: string, start: number, end: number): string {
  const at = text.indexOf("\\", start);
  const next = text.indexOf("\\", at + 2);
  return text.charCodeAt(at + 1) === backslash && (next < 0 || next >= end)
    ? text.slice(start + 1, at + 1) + text.slice(at + 2, end - 1)
    : JSON.parse(text.slice(start, end));
}

/** A batch has few rules, each with its tags: their texts with what JSON.parse gives for them. */
const tagLists = new Map<string, unknown>();
const mostTagLists = 2_000;
const longestTags = 2_000;

function tagsOf(text: string): unknown {
  const read = tagLists.get(text);
  if (read !== undefined) return read;
  const tags: unknown = JSON.parse(text);
  if (text.length > longestTags) return tags;
  if (tagLists.size >= mostTagLists) tagLists.clear();
  tagLists.set(detached(text), tags);
  return tags;
}
