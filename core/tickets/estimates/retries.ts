/** What settings of retries would have meant for what failed, and would mean for outages: pure arithmetic over recorded attempts. */
import { hourMs, minuteMs } from "../../time.ts";
import type { RetrySettings } from "../retry.ts";

/** A delivery that a ticket system did not take at once. Times are epoch milliseconds. */
export interface FailedDelivery {
  id: string;
  incidentId: string;
  system: string;
  kind: string;
  firstFailed: number;
  lastFailed: number;
  /** When it was taken; null = it was not yet, or is not going to be. */
  done: number | null;
  attempts: number;
}

export type Pace = Pick<RetrySettings, "maxRetries" | "baseDelaySeconds" | "maxDelaySeconds">;

/** Settings, and the first time of their schedule at or after a time. */
export interface Retries extends Pace {
  notBefore(time: number): number;
}

/** The course of one delivery. */
export interface Course {
  /** When each attempt is made, the first one included. */
  attempts: number[];
  end: "delivered" | "dead" | "waiting";
  /** Of the last attempt. */
  at: number;
}

/**
 * The course of what fails from `from` up to and including `until` and is taken afterwards; `now`: nothing is made later. Jitter, at most a tenth, is
 * left out.
 */
export function courseOf(from: number, until: number, retries: Retries, now = Number.POSITIVE_INFINITY): Course {
  const { maxRetries, baseDelaySeconds, maxDelaySeconds, notBefore } = retries;
  const attempts = [from];
  for (let failed = 1, at = from; ; failed++) {
    if (failed > maxRetries) return { attempts, end: "dead", at };
    const wait = Math.min(maxDelaySeconds, baseDelaySeconds * 2 ** (failed - 1)) * 1000;
    const next = notBefore(at + Math.ceil(wait));
    if (!(next <= now)) return { attempts, end: "waiting", at };
    attempts.push(next);
    if (next > until) return { attempts, end: "delivered", at: next };
    at = next;
  }
}

/** Figures of all deliveries together. */
export interface RetryFigures {
  attempts: number;
  /** Attempts in the fullest hour. */
  mostInHour: number;
  delivered: number;
  dead: number;
  waiting: number;
}

export interface ComparedDelivery extends FailedDelivery {
  present: Course;
  meant: Course;
}

export interface RetryComparison {
  present: RetryFigures;
  meant: RetryFigures;
  sooner: number;
  later: number;
  /** The longest that one of them gets sooner or later, milliseconds. */
  mostSooner: number;
  mostLater: number;
  deliveries: ComparedDelivery[];
}

/** What failed, as it would have gone with the present settings and with those that are meant. */
export function compareRetries(
  failed: readonly FailedDelivery[],
  present: Retries,
  meant: Retries,
  now: number,
): RetryComparison {
  const deliveries = failed.map((one): ComparedDelivery => {
    // What was never taken is counted as if it failed to this day.
    const until = one.done === null ? now : one.lastFailed;
    const course = (retries: Retries) => courseOf(one.firstFailed, until, retries, now);
    return { ...one, present: course(present), meant: course(meant) };
  });
  const both = deliveries.filter(({ present: a, meant: b }) => a.end === "delivered" && b.end === "delivered");
  const moved = both.map(({ present: a, meant: b }) => b.at - a.at);
  return {
    present: figuresOf(deliveries.map((one) => one.present)),
    meant: figuresOf(deliveries.map((one) => one.meant)),
    sooner: moved.filter((by) => by < 0).length,
    later: moved.filter((by) => by > 0).length,
    mostSooner: moved.reduce((most, by) => Math.max(most, -by), 0),
    mostLater: moved.reduce((most, by) => Math.max(most, by), 0),
    deliveries,
  };
}

function figuresOf(courses: readonly Course[]): RetryFigures {
  const hours = new Map<number, number>();
  const counts = { delivered: 0, dead: 0, waiting: 0 };
  let attempts = 0;
  for (const course of courses) {
    counts[course.end]++;
    attempts += course.attempts.length;
    for (const at of course.attempts) {
      const hour = Math.floor(at / hourMs);
      hours.set(hour, (hours.get(hour) ?? 0) + 1);
    }
  }
  let mostInHour = 0;
  for (const count of hours.values()) mostInHour = Math.max(mostInHour, count);
  return { attempts, mostInHour, ...counts };
}

/** An outage of so long, for one ticket alone and for a whole system. */
export interface Outage {
  hours: number;
  /** One ticket is refused for so long, and others go through. */
  alone: Course;
  /** The whole system is away: nothing is used up, and only probes are sent. */
  probes: number;
  mostProbesInHour: number;
  /** At most so long after its end everything goes on, milliseconds. */
  goesOnWithin: number;
}

export function outageOf(hours: number, retries: Retries, from: number): Outage {
  const length = hours * hourMs;
  // As the circuit does (`circuit.ts`): a quarter of the base delay, doubled up to twice the base delay.
  const longest = retries.baseDelaySeconds * 2000;
  let [probes, inFirstHour, pause] = [0, 0, retries.baseDelaySeconds * 250];
  let at = pause;
  // Once the pause is longest, the rest is a division.
  for (; at < length && pause < longest; at += pause) {
    probes++;
    if (at < hourMs) inFirstHour++;
    pause = Math.min(longest, pause * 2);
  }
  const rest = (until: number) => (at < until ? Math.floor((until - at) / pause) + 1 : 0);
  return {
    hours,
    alone: courseOf(from, from + length, retries),
    probes: probes + rest(length),
    mostProbesInHour: inFirstHour + rest(Math.min(length, hourMs)),
    goesOnWithin: Math.max(pause, minuteMs),
  };
}
