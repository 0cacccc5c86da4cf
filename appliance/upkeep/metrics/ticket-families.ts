/** Ticket systems, and what stands still for them. */
import type { StuckCount } from "../../../store/lists/monitoring.ts";
import { counter, each, gauge } from "./families.ts";
import type { Family, Sample } from "./family.ts";
import type { Gathered, TicketMetrics } from "./sources.ts";

/** A cause is a word of this program; should one not look like it, its text makes no series. */
const causeForm = /^[a-z][a-z0-9_]{0,39}$/;

export function ticketFamilies(tickets: TicketMetrics, { database }: Gathered): Family[] {
  const of = each(tickets.systems, ({ system }) => ({ system }));
  const { deliveries = [], tickets: known = [], stuck = [] } = database ?? {};
  const byCause = stuckByCause(stuck);
  return [
    gauge("rhythmx_ticket_deliveries", "Deliveries to ticket systems that are not finished, by state.", () =>
      deliveries.map(({ system, state, count }) => [{ system, state }, count]),
    ),
    gauge("rhythmx_ticket_stuck", "Deliveries that wait for a person, by state and cause.", () =>
      byCause.map(({ system, state, cause, count }) => [{ system, state, cause }, count]),
    ),
    gauge("rhythmx_ticket_stuck_oldest_timestamp_seconds", "Since when the oldest of them waits.", () =>
      byCause.map(({ system, state, cause, oldest }) => [{ system, state, cause }, oldest / 1000]),
    ),
    gauge(
      "rhythmx_tickets",
      "Tickets that are known: there, gone from their target, and those that could not be read when they were last tried.",
      () =>
        known.flatMap(({ system, count, gone, unreadable }): Sample[] => [
          [{ system, state: "there" }, count - gone],
          [{ system, state: "gone" }, gone],
          [{ system, state: "unreadable" }, unreadable],
        ]),
    ),
    gauge(
      "rhythmx_ticket_second",
      "Open tickets of incidents that have another ticket, found after a fail-over of a cluster.",
      of(({ second }) => second),
    ),
    gauge(
      "rhythmx_ticket_system_enabled",
      "1 for a ticket system that is used.",
      of(({ isEnabled }) => (isEnabled ? 1 : 0)),
    ),
    gauge(
      "rhythmx_ticket_circuit_open",
      "1 while nothing is sent because the system does not answer.",
      of(({ isDown }) => (isDown ? 1 : 0)),
    ),
    counter("rhythmx_ticket_attempts_total", "Requests for deliveries by how they ended.", () =>
      tickets.systems().flatMap(({ system, confirmed, failed }): Sample[] => [
        [{ system, outcome: "confirmed" }, confirmed],
        [{ system, outcome: "failed" }, failed],
      ]),
    ),
    gauge(
      "rhythmx_ticket_last_success_timestamp_seconds",
      "When a delivery was last confirmed.",
      of(({ confirmedAt }) => (confirmedAt === null ? null : confirmedAt / 1000)),
    ),
    gauge(
      "rhythmx_ticket_sync_timestamp_seconds",
      "When changed tickets were last found.",
      of(({ syncedAt }) => (syncedAt === null ? null : syncedAt / 1000)),
    ),
    counter("rhythmx_ticket_webhooks_total", "Webhooks by what became of them.", () =>
      tickets.webhooks().map(({ count, system, outcome }) => [{ system, outcome }, count]),
    ),
  ];
}

function stuckByCause(stuck: readonly StuckCount[]): StuckCount[] {
  const joined = new Map<string, StuckCount>();
  for (const one of stuck) {
    const cause = one.cause === "" ? "none" : causeForm.test(one.cause) ? one.cause : "other";
    const key = [one.system, one.state, cause].join("\n");
    const before = joined.get(key);
    const count = one.count + (before?.count ?? 0);
    joined.set(key, { ...one, cause, count, oldest: Math.min(one.oldest, before?.oldest ?? one.oldest) });
  }
  return [...joined.values()];
}
