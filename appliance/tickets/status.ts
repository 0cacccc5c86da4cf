/** The state of the synchronisation with a ticket system, for the API. */

import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import { type FieldPolicies, ticketFields, winnerOf } from "../../core/tickets/policy.ts";
import type { TicketSystemName } from "../../core/tickets/ticket.ts";
import { isoOrNull } from "../../core/time.ts";
import type { TicketCount } from "../../store/lists/ticket-lists.ts";
import type { SyncStatus } from "./lane/search-source.ts";

type Json = Record<string, unknown>;

export function syncJson({ at, okAt, error }: SyncStatus): Json {
  return { last_search: isoOrNull(at), last_good_search: isoOrNull(okAt), error };
}

export function ticketsJson(counted: TicketCount | undefined): Json {
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

/** Names the winner on conflict (CONTRACT 6). */
export function policyJson(policies: FieldPolicies): Json {
  const fields = ticketFields.map((field) => [field, { policy: policies[field], winner: winnerOf(policies[field]) }]);
  return Object.fromEntries(fields) as Json;
}
