/** @jsxImportSource hono/jsx */
/** Points in time, in the viewer's zone: today "19:18", else "26 Nov 01:57", in another year with it. The title has UTC and the age. */
import { useViewing } from "./viewing.ts";

const minute = 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string, month: "short" | "long"): Intl.DateTimeFormat {
  let format = formats.get(`${month} ${zone}`);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month,
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      weekday: "long",
    });
    // There are some four hundred zones.
    formats.set(`${month} ${zone}`, format);
  }
  return format;
}

function partsOf(
  at: number,
  zone: string,
  months: "short" | "long" = "short",
): Record<Intl.DateTimeFormatPartTypes, string> {
  return Object.fromEntries(
    formatOf(zone, months)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  ) as never;
}

/** Whether the zone is known here: an IANA name, or UTC. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

/** The beginning of a day such as `2026-03-13` in a zone, epoch milliseconds; null for what is no day. */
export function dayStart(day: string, zone: string): number | null {
  const utc = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(utc)) return null;
  // The zone's distance at about that time, and then at the time that follows from it, where clocks are put forward or back.
  return utc - distanceOf(utc - distanceOf(utc, zone), zone);
}

/** How far a zone is ahead of UTC, milliseconds. */
function distanceOf(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(at);
  const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign = "+", hours = "0", minutes = "0"] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * minute;
}

/** `at` and `now` in epoch milliseconds. */
export function stamp(at: number, { now, zone }: { now: number; zone: string }, seconds = false): string {
  const [then, today] = [partsOf(at, zone), partsOf(now, zone)];
  const clock = `${then.hour}:${then.minute}${seconds ? `:${then.second}` : ""}`;
  if (then.year !== today.year) return `${then.day} ${then.month} ${then.year} ${clock}`;
  return then.month === today.month && then.day === today.day ? clock : `${then.day} ${then.month} ${clock}`;
}

/** Such as `Saturday 28 November 2026, 19:36`. */
export function longStamp(at: number, zone: string): string {
  const { weekday, day, month, year, hour, minute: minutes } = partsOf(at, zone, "long");
  return `${weekday} ${day} ${month} ${year}, ${hour}:${minutes}`;
}

/** A length of time in milliseconds: `now`, `12 min`, `3 h 05`, `4 d 2 h`. */
export function lengthOf(milliseconds: number): string {
  const minutes = Math.round(Math.max(0, milliseconds) / minute);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
  const days = Math.floor(minutes / 1440);
  return days < 30 ? `${days} d ${Math.floor((minutes % 1440) / 60)} h` : `${days} d`;
}

/** `at`: ISO 8601 or epoch milliseconds; null says "never". `relative`: as an age. */
export const Time = ({
  at,
  seconds,
  relative,
}: {
  at: string | number | null;
  seconds?: boolean;
  relative?: boolean;
}) => {
  const viewing = useViewing();
  const then = typeof at === "number" ? at : Date.parse(at ?? "");
  if (Number.isNaN(then)) return <span class="quiet">never</span>;
  const iso = new Date(then).toISOString();
  const age = viewing.now - then;
  const when = age < 0 ? `in ${lengthOf(-age)}` : age < minute / 2 ? "now" : `${lengthOf(age)} ago`;
  return (
    <time datetime={iso} title={`${iso.slice(0, 19).replace("T", " ")} UTC, ${when}`}>
      {relative ? lengthOf(age) : stamp(then, viewing, seconds)}
    </time>
  );
};
