/** Reads the members of one record and collects every complaint, so that a sender learns all of them at once. */

import { asciiJson } from "../text/ascii-json.ts";
import { lastMember } from "../text/json-scan.ts";
import { acceptedTimes, parseTime } from "../time.ts";
import { normaliseName } from "./identity.ts";

/** What reading a record needs to know besides the record. */
export interface ReadContext {
  /** Time of receipt, epoch milliseconds. */
  now: number;
  defaultEntity: string;
  /** Entities that the API key is limited to; null = all. */
  allowedEntities: readonly string[] | null;
  /** Whether the batch held bytes that were not UTF-8 and are U+FFFD now (`decodeBatch`). */
  repaired: boolean;
}

/** A record that was refused. `readable` is false where it is not even a JSON object. */
export interface RefusedRecord {
  ok: false;
  readable: boolean;
  error: string;
}

/** CONTRACT 2: a time further ahead than this becomes the time of receipt. */
const aheadMs = 5 * 60_000;

const ownNames: Readonly<Record<string, string>> = {};

/** Parses a record's text, or says why it is none. */
export function parseRecord(text: string): { ok: true; members: Readonly<Record<string, unknown>> } | RefusedRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason =
      controlCharacter(text) ?? (error instanceof Error ? error.message.replace(/^JSON Parse error: /, "") : "");
    return {
      ok: false,
      readable: false,
      error: `not valid JSON (${printable(reason)}), accepted: one JSON object per record`,
    };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { ok: false, readable: false, error: `${describe(value)}, accepted: one JSON object per record` };
  return { ok: true, members: value as Readonly<Record<string, unknown>> };
}

/** The first control character within a string, which parsers only call an unterminated string; null when there is none. */
function controlCharacter(text: string): string | null {
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) inString = !inString;
    else if (inString && code === 92) at++;
    else if (inString && code < 32)
      return `control character U+${code.toString(16).toUpperCase().padStart(4, "0")} in a string, at character ${at + 1}: it has to be escaped`;
  }
  return null;
}

export class RecordFields {
  readonly #text: string;
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #names: Readonly<Record<string, string>>;
  #error: string | null = null;
  #warning: string | null = null;

  /** `names`: what the sender calls the members, where that is not what they are called here; for complaints. */
  constructor(
    text: string,
    members: Readonly<Record<string, unknown>>,
    names: Readonly<Record<string, string>> = ownNames,
  ) {
    this.#text = text;
    this.#members = members;
    this.#names = names;
  }

  /** Every complaint on one line, null when there is none. */
  get error(): string | null {
    return this.#error;
  }

  get warning(): string | null {
    return this.#warning;
  }

  /** Complains about a member: what was found there and what is accepted. */
  refuse(name: string, accepted: string, found = describe(this.#members[name])): void {
    const error = `${this.#names[name] ?? name}: ${found}, accepted: ${accepted}`;
    this.#error = this.#error === null ? error : `${this.#error}; ${error}`;
  }

  warn(warning: string): void {
    this.#warning = this.#warning === null ? warning : `${this.#warning}; ${warning}`;
  }

  /** Trimmed text; null where it is absent, null or blank. */
  text(name: string): string | null {
    const value = this.#members[name];
    if (value === undefined || value === null) return null;
    if (typeof value === "string") return clean(value);
    this.refuse(name, "text or null");
    return null;
  }

  /** Text that has to be there; "" after a complaint. */
  requiredText(name: string): string {
    const value = this.#members[name];
    const text = typeof value === "string" ? clean(value) : null;
    if (text === null) this.refuse(name, "text");
    return text ?? "";
  }

  /** One of the given words, in any case; null after a complaint. */
  word<Word extends string>(name: string, words: readonly Word[]): Word | null {
    const value = this.#members[name];
    const text = typeof value === "string" ? normaliseName(value) : null;
    const word = words.find((known) => known === text);
    if (word === undefined) this.refuse(name, words.join(", "));
    return word ?? null;
  }

  /** A number or text, as text. Integers beyond 2^53 are taken from the record's text, digit for digit. */
  idText(name: string): string | null {
    const value = this.#members[name];
    if (value === undefined || value === null) return null;
    if (typeof value === "string") return clean(value);
    if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : this.#source(name);
    this.refuse(name, "a number or text");
    return null;
  }

  /** A number or text that has to be there, as text; "" after a complaint. */
  requiredIdText(name: string): string {
    const value = this.#members[name];
    const text = typeof value === "string" || typeof value === "number" ? this.idText(name) : null;
    if (text === null) this.refuse(name, "a number or text");
    return text ?? "";
  }

  /** A number within the bounds, rounded to an integer; null where it is absent or null. */
  score(name: string, lowest: number, highest: number): number | null {
    const value = this.#members[name];
    if (value === undefined || value === null) return null;
    if (typeof value === "number" && value >= lowest && value <= highest) return Math.round(value);
    this.refuse(name, `a number from ${lowest} to ${highest}`);
    return null;
  }

  /** A number within the bounds that has to be there, rounded; the lowest after a complaint. */
  requiredScore(name: string, lowest: number, highest: number): number {
    if ((this.#members[name] ?? null) === null) this.refuse(name, `a number from ${lowest} to ${highest}`);
    return this.score(name, lowest, highest) ?? lowest;
  }

  /** An integer; null where it is absent or null. */
  integer(name: string): number | null {
    const value = this.#members[name];
    if (value === undefined || value === null) return null;
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    this.refuse(name, "an integer");
    return null;
  }

  /** Texts of an array, blank ones left out. */
  texts(name: string): readonly string[] {
    const value = this.#members[name];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.refuse(name, "an array of texts");
      return [];
    }
    const texts: string[] = [];
    let isAsGiven = true;
    for (const item of value) {
      if (typeof item !== "string") {
        this.refuse(name, "an array of texts", `${describe(item)} in the array`);
        return [];
      }
      const text = clean(item);
      if (text !== null) texts.push(text);
      isAsGiven &&= text === item;
    }
    // The same array where it can be: the members of our own records share those of one rule.
    return isAsGiven ? value : texts;
  }

  /** A required point in time, epoch milliseconds. One that is ahead of the clock becomes the time of receipt, with a warning. */
  time(name: string, now: number): number {
    const value = this.#members[name];
    const text = typeof value === "string" || typeof value === "number" ? String(value) : null;
    const time = text === null ? null : parseTime(text);
    if (time === null) {
      this.refuse(name, acceptedTimes);
      return now;
    }
    if (time <= now + aheadMs) return time;
    this.warn(
      `${this.#names[name] ?? name}: ${describe(value)} is ahead of this appliance's clock by more than 5 minutes, time of receipt taken`,
    );
    return now;
  }

  /** The record's entity, else the API key's only one, else the default. Errors never tell which others there are. */
  entity(context: ReadContext): string {
    const given = this.text("entity");
    const allowed = context.allowedEntities;
    const only = allowed?.length === 1 ? allowed[0] : undefined;
    const entity = given ?? only ?? context.defaultEntity;
    if (allowed === null) return entity;
    // The key's own spelling: one tenant is one name.
    const known = allowed.find((name) => name.trim().toLowerCase() === entity.toLowerCase());
    if (known !== undefined) return known;
    this.refuse("entity", "an entity that this API key is for");
    return entity;
  }

  /** Shortens a text that is too long to be of use, with a warning: no detection is lost for a long field. */
  cap(name: string, text: string, longest: number): string;
  cap(name: string, text: string | null, longest: number): string | null;
  cap(name: string, text: string | null, longest: number): string | null {
    if (text === null || text.length <= longest) return text;
    this.warn(`${this.#names[name] ?? name}: cut to ${longest} of ${text.length} characters`);
    const last = text.charCodeAt(longest - 1);
    // Between the halves of a surrogate pair there is no character to cut at.
    return text.slice(0, last >= 0xd800 && last <= 0xdbff ? longest - 1 : longest);
  }

  /** Notes bytes that were not UTF-8 if this record may be where they stood. */
  noteRepair(repaired: boolean): void {
    if (repaired && this.#text.includes("\ufffd")) this.warn("bytes that are not UTF-8 were replaced by U+FFFD");
  }

  #source(name: string): string | null {
    const span = lastMember(this.#text, name);
    return span === null ? null : this.#text.slice(span.start, span.end);
  }
}

/** Trimmed; NUL and lone surrogates replaced because a database column cannot hold them; null when blank. */
function clean(value: string): string | null {
  if (isClean(value)) return value;
  const text = value.trim();
  if (text === "") return null;
  const stored = text.includes("\0") ? text.replaceAll("\0", "\ufffd") : text;
  return stored.isWellFormed() ? stored : stored.toWellFormed();
}

/** Whether it is short and of nothing but visible ASCII and blanks inside: the usual case, told faster than by the general way. */
function isClean(value: string): boolean {
  const { length } = value;
  if (length === 0 || length > 64 || value.charCodeAt(0) === 32 || value.charCodeAt(length - 1) === 32) return false;
  for (let at = 0; at < length; at++) {
    const code = value.charCodeAt(at);
    if (code < 32 || code > 126) return false;
  }
  return true;
}

/** A value for an error message: short, one line, ASCII. */
function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") return value.trim() === "" ? "blank" : printable(JSON.stringify(short(value)));
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function short(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}...`;
}

/** ASCII without control characters. */
function printable(text: string): string {
  return asciiJson(text.replace(/\p{Cc}+/gu, " "));
}
