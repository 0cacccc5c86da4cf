/** RFC 5424 messages as text and bytes (RFC 5424 section 6). Framing is the transports' business. */

import type { incidentEventKinds } from "../event.ts";
import { dayMs } from "../time.ts";
import { type MessageBody, type MessageBytes, ownBytes } from "./message-buffer.ts";

/** One SD-ELEMENT. The id and the names are the program's own constants; the values may hold any text. */
export interface SdElement {
  /** SD-ID: `name@<enterprise number>` or an IANA-registered name. */
  readonly id: string;
  readonly params: readonly (readonly [name: string, value: string])[];
  /**
   * Names of the values that may be shortened when a message is over its size, in that order. An element that has this may at
   * last be left out, unless it is the first.
   */
  readonly shorten?: readonly string[];
}

/** MSGID of the feeds' messages (CONTRACT 3). */
export type MsgId = "FIRST" | "HOURLY" | "STATUS" | "TEST" | (typeof incidentEventKinds)[number];

export interface SyslogMessage {
  /** 0-23. */
  facility: number;
  /** 0-7. */
  severity: number;
  /** Epoch milliseconds UTC. */
  timestamp: number;
  /** Fraction digits of TIMESTAMP. */
  timestampPrecision: 0 | 3 | 6;
  hostname: string;
  appName: string;
  procid: number;
  /** One of the program's own names, or null for the NILVALUE. */
  msgid: MsgId | null;
  /** At least one, because the seed's Logstash pattern does not match an SD of `-`. */
  sd: readonly SdElement[];
  /** One line of ASCII, so that no BOM is due (RFC 5424 6.4) and LF framing is safe. */
  body: MessageBody;
}

const NILVALUE = "-";
const utf8 = new TextEncoder();

/** The message as UTF-8, without BOM and framing. */
export function encodeMessage(message: SyslogMessage, bytes: MessageBytes = ownBytes): Uint8Array {
  return bytes.encode(encodeHead(message), message.body);
}

/** All of the message before the space and the body. */
export function encodeHead(message: SyslogMessage): string {
  const { facility, severity, timestamp, timestampPrecision, procid, msgid, sd } = message;
  const time = formatTime(timestamp, timestampPrecision);
  const sender = `${senderHost(message.hostname)} ${senderApp(message.appName)} ${procid}`;
  let head = `<${facility * 8 + severity}>1 ${time} ${sender} ${msgid ?? NILVALUE} `;
  for (const { id, params } of sd) {
    head += `[${id}`;
    for (const [name, value] of params) head += ` ${name}="${escapeParam(value)}"`;
    head += "]";
  }
  return head;
}

/** The bytes that this text takes as UTF-8; a lone surrogate counts as the U+FFFD that it becomes. */
export function utf8Length(text: string): number {
  return utf8.encode(text).length;
}

// The years 0000 to 9999: those that ISO 8601 writes with four digits.
const earliest = -62_167_219_200_000;
const latest = 253_402_300_799_999;

/** `00` to `59`. */
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));
/** Dates with their `T` by days since 1970: the times of a batch are of few days. */
const dates = new Map<number, string>();
const mostDates = 64;

function dateOf(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * dayMs).toISOString().slice(0, 11);
  if (dates.size === mostDates) dates.clear();
  dates.set(day, date);
  return date;
}

/** RFC 3339 UTC with `Z` and 0, 3 or 6 fraction digits; a time outside the years 0000-9999 becomes the nearest inside. */
export function formatTime(milliseconds: number, precision: 0 | 3 | 6): string {
  // A message has three times, and `toISOString` for each would be a sixth of what it costs.
  const time = Math.trunc(Math.min(Math.max(milliseconds, earliest), latest));
  const day = Math.floor(time / dayMs);
  const ofDay = time - day * dayMs;
  const second = Math.floor(ofDay / 1000);
  const minute = Math.floor(second / 60);
  const clock = `${twoDigits[Math.floor(minute / 60)]}:${twoDigits[minute % 60]}:${twoDigits[second % 60]}`;
  if (precision === 0) return `${dateOf(day)}${clock}Z`;
  const fraction = String(ofDay % 1000).padStart(3, "0");
  return `${dateOf(day)}${clock}.${fraction}${precision === 3 ? "Z" : "000Z"}`;
}

// What almost every value consists of: the test is much cheaper than three replacements that find nothing.
const plainAscii = /^[ !#-[^-~]*$/;
// Characters of which almost no other value has one.
const notPlain = /["\\\]\p{Cc}\p{Cs}\u2028\u2029]/u;

/**
 * PARAM-VALUE: `"`, `\` and `]` escaped and nothing else (RFC 5424 6.3.3). Control characters and the Unicode line ends become
 * spaces, since they would break LF framing or be rewritten by receivers; lone surrogates, which UTF-8 cannot carry, become U+FFFD.
 */
export function escapeParam(value: string): string {
  if (plainAscii.test(value) || !notPlain.test(value)) return value;
  return value
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]/gu, " ")
    .replace(/["\\\]]/g, "\\$&");
}

/** UTF-8 bytes that a code point of a value takes after `escapeParam`. */
export function escapedSize(codePoint: number): number {
  if (codePoint === 0x22 || codePoint === 0x5c || codePoint === 0x5d) return 2;
  if (codePoint < 0xa0 || codePoint === 0x2028 || codePoint === 0x2029) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint > 0xffff ? 4 : 3;
}

// The seed's Logstash pattern takes only this for HOSTNAME: labels of letters, digits and hyphens that do not begin with one.
const plainHostName = /^[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*$/;

/** HOSTNAME as the seed's pattern takes it: what does not fit becomes a hyphen. */
export function hostName(value: string): string {
  if (plainHostName.test(value) && value.length <= 255) return value;
  const labels = value.split(".").map((label) =>
    label
      .replace(/[^0-9A-Za-z]+/g, "-")
      .replace(/^-/, "")
      .slice(0, 63),
  );
  const name = labels.filter((label) => label !== "").join(".");
  return name.slice(0, 255) || NILVALUE;
}

/** Every message of a destination has the same names. */
const senderHost = rememberingLast(hostName);
const senderApp = rememberingLast(appName);

/** The same function, which does not work out again what it was asked last. */
function rememberingLast(work: (value: string) => string): (value: string) => string {
  let last: string | null = null;
  let result = "";
  return (value) => {
    if (value !== last) {
      result = work(value);
      last = value;
    }
    return result;
  };
}

const plainAppName = /^\w{1,48}$/;

/** APP-NAME as the seed's pattern takes it: `\w+`. */
function appName(value: string): string {
  if (plainAppName.test(value)) return value;
  return value.replace(/\W+/g, "_").slice(0, 48) || NILVALUE;
}
