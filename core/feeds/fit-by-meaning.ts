/**
 * A message of the incident/case feed that is too long is shortened by meaning: notes first, then its lists (hosts of an outbreak, related
 * cases, affected computers) from their ends, in structured data and JSON alike; only what is left then is shortened as any other text.
 */
import type { FieldChange } from "../incident-event.ts";
import { asciiJson } from "../text/ascii-json.ts";
import { composeMessage, type EncodedMessage, type MessageContent } from "./fit.ts";
import { encodeMessage, type MsgId, type SdElement } from "./rfc5424.ts";
import { metaElement } from "./sequence-id.ts";
import type { MessageOptions } from "./syslog-options.ts";

type Body = object & { changes?: FieldChange[] };

/** The parts of a body that may be left out, and the matching structured data. */
export interface Shrinking<B extends Body> {
  element(body: B): SdElement;
  /** Fields with text written by people. */
  notes: readonly (keyof B & string)[];
  /** Cut one after the other, each from its end and only as far as needed. */
  lists: readonly ShrinkingList<B>[];
}

export interface ShrinkingList<B extends Body> {
  /** How many there are; 0 where the body has no such list. */
  length(body: B): number;
  /** How many stay at least. */
  least: number;
  /** The body with so many of them. */
  keep(body: B, count: number): B;
  /** What the body says besides where the list is not whole: how long it was. */
  marks(length: number): object;
}

/** A list of the body by its key; `total` names the number that says how long it was. */
export function listOf<B extends Body>(key: keyof B & string, total: string): ShrinkingList<B> {
  const of = (body: B) => body[key] as readonly unknown[];
  return {
    length: (body) => of(body).length,
    least: 0,
    keep: (body, count) => ({ ...body, [key]: of(body).slice(0, count) }),
    marks: (length) => ({ [total]: length }),
  };
}

interface Header {
  severity: number;
  /** Epoch milliseconds. */
  timestamp: number;
  msgid: MsgId | null;
  /** Of the event. */
  seq: number;
}

/** The message with all that fits into `options.maxBytes`. */
export function fitByMeaning<B extends Body>(
  body: B,
  shrinking: Shrinking<B>,
  header: Header,
  options: MessageOptions,
): EncodedMessage {
  const content = (some: B, marks: object = {}): MessageContent => {
    const sd = [shrinking.element(some)];
    if (options.sequenceId) sd.push(metaElement(header.seq));
    return { ...header, sd, body: asciiJson(JSON.stringify({ ...some, ...marks })) };
  };
  const whole = content(body);
  if (sizeOf(whole, options) <= options.maxBytes) return composeMessage(whole, options);

  const fits = (some: B, marks: object) => sizeOf(content(some, marks), options) <= options.maxBytes;
  const truncated = { truncated: true };
  const longest = longestNote(body, shrinking);
  const length = largest(longest, (most) => fits(withNotes(body, shrinking, most), truncated));
  if (length >= 0) return shrunk(content(withNotes(body, shrinking, length), truncated), options);

  let some = withNotes(body, shrinking, 0);
  let marks: object = truncated;
  for (const { length: lengthOf, least, keep, marks: marksOf } of shrinking.lists) {
    const length = lengthOf(some);
    if (length <= least) continue;
    const whole = some;
    const marked = { ...marks, ...marksOf(length) };
    const more = largest(length - 1 - least, (count) => fits(keep(whole, least + count), marked));
    if (more >= 0) return shrunk(content(keep(whole, least + more), marked), options);
    some = keep(whole, least);
    marks = marked;
  }
  // Very long names, or a receiver with a very small limit.
  const { truncated: _, ...totals } = marks as { truncated?: true };
  return shrunk(content(some, totals), options);
}

function shrunk(content: MessageContent, options: MessageOptions): EncodedMessage {
  return { ...composeMessage(content, options), shrunk: true };
}

function sizeOf(content: MessageContent, options: MessageOptions): number {
  const { facility, timestampPrecision, hostname, appName, procid } = options;
  return encodeMessage({ ...content, facility, timestampPrecision, hostname, appName, procid }).length;
}

/** The largest number from 0 to `most` for which it holds, -1 for none; what holds for a number holds for all below. */
function largest(most: number, holds: (count: number) => boolean): number {
  let low = -1;
  let high = most;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Notes stand in the body, and in what has changed of it. */
function withNotes<B extends Body>(body: B, { notes }: Shrinking<B>, most: number): B {
  const names = new Set<string>(notes);
  const shorter = Object.fromEntries(notes.map((name) => [name, shortened(body[name], most)]));
  const changes = body.changes?.map((change) =>
    names.has(change.field)
      ? { ...change, old: shortened(change.old, most), new: shortened(change.new, most) }
      : change,
  );
  // Each at its own place: the order of the keys is the seed's.
  return { ...body, ...shorter, ...(changes === undefined ? {} : { changes }) };
}

function longestNote<B extends Body>(body: B, { notes }: Shrinking<B>): number {
  const texts = [
    ...notes.map((name) => body[name]),
    ...(body.changes ?? []).flatMap((change) => [change.old, change.new]),
  ];
  return Math.max(0, ...texts.map((text) => (typeof text === "string" ? text.length : 0)));
}

/** At most so many UTF-16 units and an ellipsis; null when nothing is left. */
function shortened<T>(text: T, most: number): T | string | null {
  if (typeof text !== "string" || text.length <= most) return text;
  if (most === 0) return null;
  const last = text.charCodeAt(most - 1);
  // Never cut between the halves of a surrogate pair.
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most)}…`;
}
