/** What settings of retries and of the cadence would have meant for the last week. */
import type { Clock } from "../../core/ports.ts";
import { type GivenValue, readTicketSettings } from "../../core/settings/tickets.ts";
import { updatesOf } from "../../core/tickets/estimates/cadence.ts";
import {
  type Course,
  compareRetries,
  courseOf,
  outageOf,
  type Retries,
  type RetryFigures,
} from "../../core/tickets/estimates/retries.ts";
import { dayMs, minuteMs, toIso } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import { Schedule } from "./lane/schedule.ts";

interface EstimateParts {
  reading: Pick<Store["reading"], "failedDeliveries" | "ticketLevels">;
  clock: Clock;
}

type Values = ReadonlyMap<string, GivenValue>;

const days = 7;
/** So many deliveries are gone through, so that the answer takes no longer with more of them. */
const mostDeliveries = 500;
const mostTickets = 2_000;
const mostShown = 20;
const outages = [1, 8, 72];

/** `present`: the settings in force; `meant`: with what is not saved yet. */
export async function retryEstimate({ reading, clock }: EstimateParts, present: Values, meant: Values) {
  const now = clock.now();
  const { deliveries, isWhole } = await reading.failedDeliveries(now - days * dayMs, mostDeliveries);
  const [before, after] = [retriesOf(present), retriesOf(meant)];
  const compared = compareRetries(deliveries, before, after, now);
  // A ticket that is never taken, from this moment on.
  const never = courseOf(now, Number.POSITIVE_INFINITY, after);
  return {
    days,
    deliveries: deliveries.length,
    is_whole: isWhole && deliveries.length < mostDeliveries,
    present: figuresJson(compared.present),
    meant: figuresJson(compared.meant),
    sooner: compared.sooner,
    later: compared.later,
    most_sooner_seconds: seconds(compared.mostSooner),
    most_later_seconds: seconds(compared.mostLater),
    dead_after_seconds: seconds(never.at - now),
    attempts_until_dead: never.attempts.length,
    outages: outages.map((hours) => {
      const { alone, probes, mostProbesInHour, goesOnWithin } = outageOf(hours, after, now);
      return {
        hours,
        alone: { ...courseJson(alone), after_seconds: seconds(alone.at - now) },
        probes,
        most_probes_in_hour: mostProbesInHour,
        goes_on_within_seconds: seconds(goesOnWithin),
      };
    }),
    examples: compared.deliveries.slice(0, mostShown).map((one) => ({
      delivery_id: one.id,
      incident_id: one.incidentId,
      system: one.system,
      kind: one.kind,
      first_failed: toIso(one.firstFailed),
      last_failed: toIso(one.lastFailed),
      taken: one.done === null ? null : toIso(one.done),
      present: courseJson(one.present),
      meant: courseJson(one.meant),
    })),
  };
}

/** How many updates of risk tickets would have got. */
export async function cadenceEstimate({ reading, clock }: EstimateParts, present: Values, meant: Values) {
  const now = clock.now();
  const since = now - days * dayMs;
  const tickets = await reading.ticketLevels(since, mostTickets);
  const hours = [present, meant].map((values) => readTicketSettings(values).settings.cadenceHours);
  const counted = tickets.map((ticket) => ({
    incident_id: ticket.incidentId,
    system: ticket.system,
    present: updatesOf(ticket, hours[0] ?? 0, since, now),
    meant: updatesOf(ticket, hours[1] ?? 0, since, now),
  }));
  const figures = (which: "present" | "meant") => ({
    updates: counted.reduce((sum, one) => sum + one[which], 0),
    most_of_one: counted.reduce((most, one) => Math.max(most, one[which]), 0),
  });
  return {
    days,
    tickets: tickets.length,
    changes: tickets.reduce(
      (sum, one) => sum + one.levels.filter(({ at, before }) => at >= since && before !== null).length,
      0,
    ),
    present: figures("present"),
    meant: figures("meant"),
    examples: counted.sort((a, b) => b.meant - a.meant || b.present - a.present).slice(0, mostShown),
  };
}

function retriesOf(values: Values): Retries {
  const { retry } = readTicketSettings(values).settings;
  const schedule = new Schedule();
  schedule.set(retry.schedule);
  // Times of a schedule without seconds are whole minutes, and many deliveries ask for the same one.
  const grain = retry.schedule.trim().split(/\s+/).length === 5 ? minuteMs : 1_000;
  const known = new Map<number, number>();
  const notBefore = (time: number) => {
    const key = Math.ceil(time / grain);
    const found = known.get(key) ?? schedule.notBefore(key * grain);
    known.set(key, found);
    return found;
  };
  return { ...retry, notBefore };
}

function figuresJson({ attempts, mostInHour, delivered, dead, waiting }: RetryFigures) {
  return { attempts, most_in_hour: mostInHour, delivered, dead, waiting };
}

function courseJson({ attempts, end, at }: Course) {
  return { attempts: attempts.map(toIso), end, at: toIso(at) };
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}
