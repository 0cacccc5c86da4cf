/** The state of the synchronisation with a ticket system, for the API. */

import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import { type FieldPolicies, ticketFields, winnerOf } from "../../core/tickets/policy.ts";
import { type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { TicketCount } from "../../store/lists/ticket-lists.ts";
import type { Store } from "../../store/open-store.ts";
import type { SyncStatus } from "./lane/search-source.ts";

type Json = Record<string, unknown>;

function syncJson({ at, okAt, error, nextAt }: SyncStatus, enabled: boolean): Json {
  const next = enabled && nextAt > 0 && Number.isFinite(nextAt) ? nextAt : null;
  return { last_search: isoOrNull(at), last_good_search: isoOrNull(okAt), next_search: isoOrNull(next), error };
}

function ticketsJson(counted: TicketCount | undefined): Json {
  const { count = 0, gone = 0, unreadable = 0 } = counted ?? {};
  return { known: count, gone, unreadable };
}

/** Faults that somebody should fix, for people. */
export function warningsOf(settings: TicketSettings, system: TicketSystemName): string[] {
  const lacking = settings.enabled[system] ? settings.lacking[system] : undefined;
  return [
    ...(lacking === undefined ? [] : [`${lacking} is missing: nothing is sent to ${system}`]),
    ...(system === "proactive" && settings.enabled.proactive && settings.proactive?.verifySsl === false
      ? ["PROACTIVE_SNOW_VERIFY_SSL=false: certificates are not checked; for test systems only"]
      : []),
  ];
}

/** Until when a system is not asked as usual, for people. Epoch milliseconds; `readingHeldUntil`: because its credentials are refused. */
export function waitsOf(throttledUntil: number, readingHeldUntil: number, now: number): string[] {
  const again = "until the settings change or a connection test is good";
  return [
    ...(throttledUntil > now ? [`it wants no request before ${toIso(throttledUntil)} (Retry-After): all waits`] : []),
    ...(readingHeldUntil > now
      ? [
          `its credentials are refused: nothing is searched, read or looked up ${Number.isFinite(readingHeldUntil) ? `before ${toIso(readingHeldUntil)}, or ` : ""}${again}`,
        ]
      : []),
  ];
}

/** Names the winner on conflict (CONTRACT 6). */
function policyJson(policies: FieldPolicies): Json {
  const fields = ticketFields.map((field) => [field, { policy: policies[field], winner: winnerOf(policies[field]) }]);
  return Object.fromEntries(fields) as Json;
}

/** How each system does, as the dispatcher knows it. */
interface SystemStates {
  isDown(system: TicketSystemName): boolean;
  syncStatus(system: TicketSystemName): SyncStatus;
  /** See `waitsOf`. */
  waits(system: TicketSystemName): string[];
}

/** Configured, Enabled, Last Test (seed 001), and the state of deliveries, by system. */
export async function statusOf(
  settings: TicketSettings,
  { store, dispatcher }: { store: Store; dispatcher: SystemStates },
): Promise<Record<string, unknown>[]> {
  const tests = new Map((await store.tickets.listConnectionTests()).map((test) => [test.section, test]));
  const counts = await store.tickets.countDeliveries();
  const tickets = await store.tickets.countTickets();
  const shown = ticketSystems.filter((name) => name !== "proactive" || settings.enabled[name] || settings[name]);
  return shown.map((system) => {
    const test = tests.get(system);
    const waiting = Object.fromEntries(
      counts.filter((one) => one.system === system).map(({ state, count }) => [state, count]),
    );
    return {
      system,
      configured: settings[system] !== null,
      // Including what it waits for at present, and warnings of the last test.
      warnings: [
        ...warningsOf(settings, system),
        ...(settings.enabled[system] ? dispatcher.waits(system) : []),
        ...(test?.steps ?? [])
          .filter(({ warning }) => warning === true)
          .map(({ name, detail }) => `${name}: ${detail}`),
      ],
      enabled: settings.enabled[system],
      last_test: test === undefined ? null : { at: new Date(test.at).toISOString(), ok: test.ok, steps: test.steps },
      answers: !dispatcher.isDown(system),
      deliveries: waiting,
      sync: syncJson(dispatcher.syncStatus(system), settings.enabled[system]),
      tickets: ticketsJson(tickets.find((one) => one.system === system)),
      webhooks: settings.webhookSecrets[system] !== null,
      fields: policyJson(settings.policies[system]),
    };
  });
}
