/** Tickets and deliveries as the API answers them. */
import { putOff } from "../../core/campaigns/campaign-tickets.ts";
import { type Delivery, notIdentified, type Ticket } from "../../core/tickets/ticket.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { ToldIn } from "../../store/lists/ticket-lists.ts";
import type { FoundCandidates } from "./identify.ts";

type Json = Record<string, unknown>;

/** The state of a ticket that does not exist yet; its deliveries show more. */
function waitingState(stopped: string | null): string {
  if (stopped === "given up") return stopped;
  if (stopped === putOff) return "told in another";
  return stopped === notIdentified ? "made, not identified" : "on its way";
}

/** A ticket in lists and details. `told`: where incidents were told. */
export function ticketJson(ticket: Ticket & { stopped?: string | null }, told: readonly ToldIn[] = []): Json {
  const { incidentId, entity, system, generation, remote, remoteStatus, readAt, goneAt, mergedInto } = ticket;
  return {
    incident_id: incidentId,
    entity_name: entity,
    system,
    generation,
    ticket_id: remote?.key ?? null,
    ticket_url: remote?.url ?? null,
    ticket_status: remoteStatus || null,
    merged_into: mergedInto,
    state: goneAt !== null ? "gone" : remote === null ? waitingState(ticket.stopped ?? null) : "there",
    told_in: told.filter((one) => one.incidentId === incidentId && one.system === system).map(toldInJson)[0] ?? null,
    gone_at: isoOrNull(goneAt),
    last_read_at: isoOrNull(readAt),
    created_at: toIso(ticket.createdAt),
    updated_at: toIso(ticket.updatedAt),
  };
}

/** The ticket of another incident in which one was told. */
export function toldInJson({ system, lead, key, url, at }: ToldIn): Json {
  return { incident_id: lead, system, ticket_id: key, ticket_url: url, told_at: toIso(at) };
}

/** Characters of a title, or of what a state is called, that is shown to be recognised. */
const longestTitle = 255;
const shownText = (text: string) => text.slice(0, longestTitle).toWellFormed();

/** What a person may choose from to name a ticket. */
export function candidatesJson({ candidates, doubt }: FoundCandidates): { candidates: Json[]; doubt: string | null } {
  return {
    candidates: candidates.map(({ ticket: { key, url }, title, status, madeAt, ticketOf }) => ({
      number: key,
      url,
      title: shownText(title),
      status: shownText(status),
      made_at: madeAt,
      ticket_of: ticketOf,
    })),
    doubt,
  };
}

/** A delivery with its attempts. */
export function deliveryJson({
  history = [],
  ...d
}: Delivery & { history?: readonly { at: number; durationMs: number }[] }): Json {
  return {
    id: d.id,
    incident_id: d.incidentId,
    entity_name: d.entity,
    system: d.system,
    kind: d.kind,
    state: d.state,
    attempts: d.attempts,
    cause: d.cause,
    detail: d.detail,
    trigger: d.trigger,
    who: d.who,
    next_attempt_at: ["planned", "unknown"].includes(d.state) ? toIso(d.nextAttemptAt) : null,
    created_at: toIso(d.createdAt),
    updated_at: toIso(d.updatedAt),
    attempt_history: history.map(({ at, durationMs, ...one }) => ({ at: toIso(at), duration_ms: durationMs, ...one })),
  };
}
