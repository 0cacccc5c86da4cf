/** Prepares one update of a ticket. Status and assignee are read first, so that no change by somebody else is overwritten. */
import { DeliveryError } from "../../../core/errors.ts";
import type { Incident } from "../../../core/incident.ts";
import type { Clock } from "../../../core/ports.ts";
import type { RiskLevel } from "../../../core/risk.ts";
import type { TicketSettings } from "../../../core/settings/ticket-settings.ts";
import { masked } from "../../../core/tickets/masking/masking.ts";
import { idInSystem } from "../../../core/tickets/people.ts";
import {
  type Delivery,
  notSeen,
  type RemotePerson,
  type RemoteState,
  type Ticket,
  type UpdateContent,
} from "../../../core/tickets/ticket.ts";
import type { TicketSystem, TitleChange, UpdateResult } from "../../../core/tickets/ticket-system.ts";
import { commentBlocks } from "../../../core/tickets/updates.ts";
import type { Store } from "../../../store/open-store.ts";
import type { DeliveryOutcome } from "../../../store/outbox/delivery-outcomes.ts";
import type { IncidentValue } from "../../../store/outbox/due-deliveries.ts";
import type { Drafts } from "./drafts.ts";

export interface UpdateParts {
  store: Store;
  clock: Clock;
  settings: TicketSettings;
  drafts: Drafts;
  /** The user name here of a person in the target. */
  analystOf(person: RemotePerson): string;
}

/** The ticket's values after the update, for the ledger. */
type Known = DeliveryOutcome["known"];

/** `cause`: what is left open although it was taken. */
type Sent = UpdateResult & { known?: Known; cause?: string | null };

export interface Update {
  /** The outcome of the attempt. */
  outcome: string;
  /** Null if there is nothing to send. */
  send: (() => Promise<Sent>) | null;
  payload: string | null;
  asked: string | null;
  /** The title that it gives the ticket. */
  title: string | null;
  known: Known;
  warning: string | null;
  /** A comment to add if the field cannot be set. */
  instead: UpdateContent | null;
  /** The value of the incident that it was made of; null: none that changes. */
  of: IncidentValue | null;
}

const nothing = (outcome: string, more: Partial<Update> = {}): Update => ({
  outcome,
  send: null,
  payload: null,
  asked: null,
  title: null,
  known: null,
  warning: null,
  instead: null,
  of: null,
  ...more,
});

/** What a comment has to say in the place of a field. */
export function insteadOf({ instead }: Update, result: UpdateResult, now: number): UpdateContent | null {
  if (result.instead === undefined) return instead;
  return { kind: "note", who: "RhythmX Edge", at: now, title: "Update", text: result.instead };
}

/** Null: a change of the ticket has overruled the update. @throws DeliveryError: `not_found` if the ticket does not exist */
export async function prepareUpdate(
  delivery: Delivery,
  ticket: Ticket,
  target: TicketSystem,
  parts: UpdateParts,
): Promise<Update | null> {
  const id = ticket.remote?.id ?? "";
  const { content } = delivery;
  switch (delivery.kind) {
    case "comment": {
      if (content === null) return nothing("nothing to say");
      const blocks = commentBlocks(
        content,
        { incidentId: delivery.incidentId, urlOf: (incidentId) => parts.drafts.url(incidentId) },
        parts.settings.maskPatterns,
      );
      const payload = delivery.payload ?? (await target.renderComment({ blocks, token: delivery.id }));
      return nothing("commented", { payload, send: () => target.comment(id, payload) });
    }
    case "priority": {
      if (content?.kind !== "level") return nothing("nothing to set");
      return priorityUpdate(delivery, content.level, ticket, target, parts);
    }
    default: {
      const remote = await readFirst(ticket, target, parts);
      const [now, incident] = [
        await parts.store.tickets.findDelivery(delivery.id),
        await parts.store.tickets.findIncident(delivery.incidentId),
      ];
      if (now?.state !== "planned") return null;
      if (incident === null) return nothing("the incident is no longer kept");
      return delivery.kind === "status"
        ? statusUpdate(incident, remote, target, parts)
        : assigneeUpdate(incident, remote, target, parts);
    }
  }
}

/** The level, and with it the title, unless that is a person's. */
async function priorityUpdate(
  { incidentId, system }: Delivery,
  level: RiskLevel,
  { id, remote, title }: Ticket,
  target: TicketSystem,
  { store, drafts }: UpdateParts,
): Promise<Update> {
  const draft = await drafts.updated(incidentId, system);
  let change: TitleChange | null = null;
  if (!title.isTheirs) {
    // Tickets from before titles were remembered have the one of the request that made them.
    const made = title.told === null ? await store.tickets.createPayload(id) : null;
    const told = title.told ?? (made === null ? null : target.titleOf(made));
    if (told !== null) change = { text: target.titleFor(level, draft), ours: [told, ...title.asked] };
  }
  return nothing(`priority for ${level}`, {
    asked: level,
    title: change?.text ?? null,
    send: () => target.setPriority(remote?.id ?? "", level, () => Promise.resolve(draft), change),
  });
}

/** Applies changes of the ticket to the incident before anything of ours is sent. */
async function readFirst(ticket: Ticket, target: TicketSystem, parts: UpdateParts): Promise<RemoteState> {
  const { store, clock, analystOf } = parts;
  const remote = await target.read(ticket.remote?.id ?? "");
  if (remote === null)
    throw new DeliveryError("not_found", `${ticket.remote?.key} is not there, or hidden from the account`, {
      retryable: false,
      data: { permanent: true, status: 404, words: "" },
    });
  const analyst = remote.assignee === null ? null : analystOf(remote.assignee);
  await store.tickets.applyReading({ ticketId: ticket.id, remote, analyst, comments: null }, clock.now());
  return remote;
}

function statusUpdate(incident: Incident, remote: RemoteState, target: TicketSystem, parts: UpdateParts): Update {
  const { status, resolutionNotes, incidentId } = incident;
  const of = { field: "status" as const, value: status };
  if (remote.means === status) return nothing(`${status} already`, { of });
  const notes = masked(resolutionNotes ?? `${status} in RhythmX Edge, ${incidentId}`, parts.settings.maskPatterns);
  return nothing(`status for ${status}`, {
    asked: status,
    of,
    send: async () => {
      const result = await target.setStatus(remote, status, notes);
      // If somebody else was faster, the next reading has to see the change as theirs.
      const isOurs = result.state !== undefined && result.state.changedBy?.isUs !== false;
      const isSeen = result.state !== undefined || result.instead !== undefined;
      return {
        ...result,
        known: isOurs ? { status: result.state?.status ?? "" } : null,
        cause: isSeen ? null : notSeen,
      };
    },
  });
}

async function assigneeUpdate(
  incident: Incident,
  remote: RemoteState,
  target: TicketSystem,
  { settings, analystOf, clock }: UpdateParts,
): Promise<Update> {
  const analyst = incident.assignedAnalyst;
  const of = { field: "assigned_analyst" as const, value: analyst };
  const current = remote.assignee;
  const same = current === null ? analyst === null : analystOf(current) === analyst;
  if (same) return nothing("assigned already", { of });
  const personId =
    analyst === null ? null : (idInSystem(settings.people, analyst, target.name) ?? (await target.findPerson(analyst)));
  if (analyst !== null && personId === null) {
    const text = `Assigned to ${analyst} in RhythmX Edge.`;
    return nothing("said in a comment", {
      of,
      warning: `there is no user ${analyst} in ${target.name}, or more than one: name the id in TICKET_USERS`,
      instead: { kind: "note", who: "RhythmX Edge", at: clock.now(), title: "Assignment", text },
    });
  }
  if (current?.id === personId) return nothing("assigned already", { of });
  return nothing(personId === null ? "unassigned" : `assigned to ${analyst}`, {
    asked: personId ?? "",
    of,
    send: async () => ({ ...(await target.setAssignee(remote.id, personId)), known: { assigneeId: personId } }),
  });
}
