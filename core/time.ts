/** Reading points in time as people, engines and SIEMs write them. */

/** Lengths of time in milliseconds. */
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** ISO 8601 UTC with milliseconds, always 24 characters between the years 0 and 9999, so that text order is time order. */
export function toIso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The same for a time that may be null. */
export function isoOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : toIso(epochMs);
}

/** What `parseTime` reads, for error messages. */
export const acceptedTimes =
  "ISO 8601 such as 2026-03-01T12:00:00Z (no zone = UTC), or epoch seconds or milliseconds, from 1970 to 9999";

/** 9999-12-31T23:59:59.999Z: the last time with a four-digit year. */
const lastMoment = 253_402_300_799_999;

/** Epoch numbers below this are seconds (until the year 5138), from here on milliseconds (since March 1973). */
const firstMilliseconds = 100_000_000_000;

/**
 * RFC 3339 with the liberties that logs take: a blank for the T, a comma for the point, no seconds, a blank before the zone, no colon or
 * no minutes in it; and a zone that says twice that it is UTC, `+00:00Z`, as Python's `isoformat() + "Z"` does. Where a Z stands beside
 * another offset, the Z was added to a time that had one, so the offset counts.
 */
const isoForm =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?[Zz]?(?:([+-])(\d\d)(?::?(\d\d))?)?(?:[Zz]|[+-]00:?00)?$/;
const epochForm = /^(\d+)(?:\.(\d+))?$/;

/**
 * Epoch milliseconds of a date-time or of epoch seconds or milliseconds in digits (CONTRACT 2). Digits beyond milliseconds are
 * dropped. Null for anything else: other forms, a day or hour that does not exist, times before 1970 or after 9999.
 */
export function parseTime(text: string): number | null {
  const usual = usualTime(text);
  if (usual !== null) return usual;
  const trimmed = text.trim();
  const epoch = epochForm.exec(trimmed);
  const time = epoch ? epochTime(epoch[1] ?? "", epoch[2]) : isoTime(trimmed);
  return time !== null && time >= 0 && time <= lastMoment ? time : null;
}

/** The day that was read last, such as `2026-03-01T`, and when it began: a batch has few. */
const lastDay = { text: "1970-01-01T", start: 0 };

/** What nearly all senders write, `2026-03-01T12:00:00Z`, perhaps with a fraction, on the day that was read last; null for anything else. */
function usualTime(text: string): number | null {
  const { length } = text;
  if (length < 20 || length > 30 || text.charCodeAt(length - 1) !== 90) return null;
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (hour > 23 || minute > 59 || second > 59 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return null;
  let fraction = 0;
  if (length > 20) {
    if (text.charCodeAt(19) !== 46 || length === 21) return null;
    for (let at = 20, worth = 100; at < length - 1; at++, worth = Math.floor(worth / 10)) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) return null;
      fraction += digit * worth;
    }
  }
  if (!text.startsWith(lastDay.text) && !rememberDay(text.slice(0, 11))) return null;
  return lastDay.start + hour * hourMs + minute * minuteMs + second * 1000 + fraction;
}

/** Two digits as a number; 100 if there are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 100;
}

/** `text`: `2026-03-01T`. False for anything else. */
function rememberDay(text: string): boolean {
  const start = text.endsWith("T") ? isoTime(`${text}00:00Z`) : null;
  if (start === null || start < 0) return false;
  lastDay.text = `${toIso(start).slice(0, 10)}T`;
  lastDay.start = start;
  return true;
}

/** Works on the digits, because seconds with a fraction lose milliseconds when multiplied as a double. */
function epochTime(whole: string, fraction: string | undefined): number {
  const value = Number(whole);
  return value < firstMilliseconds ? value * 1000 + milliseconds(fraction) : value;
}

function isoTime(text: string): number | null {
  const match = isoForm.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  if (year === undefined || month === undefined || day === undefined) return null;
  if (hour === undefined || minute === undefined || second === undefined) return null;
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  // Date.UTC takes years below 100 for those of the last century.
  if (year < 1969) return null;
  // A leap second is written :60 and is the first moment of the next minute for everything that counts seconds.
  if (hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return null;
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000;
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds(match[7]));
  return match[8] === "-" ? local + offset : local - offset;
}

/** Days of a month, 1-12: day 0 of the month after it. */
function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Whole milliseconds of the digits after the point. */
function milliseconds(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, "0"));
}
