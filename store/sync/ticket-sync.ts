/** Applies what was read from a ticket to the ledger and to its incident. */

import { EdgeError } from "../../core/errors.ts";
import { type IncidentRequest, longestNotes, noteBytes } from "../../core/incident-change.ts";
import { nextReadAt, type OwnUpdate, planSync, type UnappliedChange } from "../../core/tickets/sync.ts";
import type {
  DeliveryKind,
  DeliveryState,
  RemoteComment,
  RemoteState,
  Ticket,
  TicketSystemName,
} from "../../core/tickets/ticket.ts";
import { notSeen, unknownOutcome } from "../../core/tickets/ticket.ts";
import { noteOfComment } from "../../core/tickets/updates.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { timeOrNull } from "../database/iso.ts";
import { text, textOrNull } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";
import { applyIncidentChange, type ChangeRules } from "../incidents/incident-changes.ts";
import { findIncidents, type IncidentRow } from "../incidents/incident-rows.ts";
import type { Author, UnitOfWork } from "../incidents/unit-of-work.ts";
import { missedWhileGone, statusNotSeen } from "../outbox/missed-updates.ts";
import { snowPolled } from "../outbox/snow-columns.ts";
import { wasBegun } from "../outbox/standing.ts";
import { ticketFromRow } from "../outbox/tickets.ts";
import { followStatus } from "./follow-status.ts";
import { knownComments } from "./ticket-readings.ts";

const longestComment = 5_000;

/** What was read from a ticket. */
export interface Reading {
  ticketId: number;
  remote: RemoteState;
  /** The assignee's user name here; null without an assignee. */
  analyst: string | null;
  /** Comments since the last reading; known ones may be among them. Null: they were not requested, and the ticket remains due. */
  comments: readonly RemoteComment[] | null;
}

/** What applying a reading changed. */
export interface SyncOutcome {
  /** The changed fields of the incident. */
  changed: string[];
  unapplied: UnappliedChange[];
  overruled: number;
}

/** Records that the target no longer has the ticket: parks its updates and adds an entry to the incident's history. Returns whether that is new. */
export async function ticketGone(unit: UnitOfWork, ticket: Ticket): Promise<boolean> {
  const { now } = unit;
  const at = toIso(now);
  const gone = ticket.goneAt ?? now;
  unit.add(
    {
      // Still read for a week, in case somebody restores it.
      sql: "update tickets set gone_at = ?, polled_at = ?, read_at = ?, updated_at = ? where id = ?",
      args: [
        toIso(gone),
        at,
        nextReadAt("CLOSED", gone, now),
        ticket.goneAt === null ? at : toIso(ticket.updatedAt),
        ticket.id,
      ],
    },
    {
      sql: `update deliveries set state = 'parked', cause = 'ticket_gone', detail = ?, updated_at = ?
        where ticket_id = ? and kind <> 'create' and state in ('planned', 'unknown')`,
      args: [
        `${ticket.remote?.key} is no longer there: make a new ticket of the incident, or discard this`,
        at,
        ticket.id,
      ],
    },
    ...snowPolled(ticket.incidentId, ticket.system, null, now),
  );
  if (ticket.goneAt === null)
    noteOfTicket(unit, ticket, { field: "ticket_state", old: ticket.remote?.key ?? null, new: "gone" });
  return ticket.goneAt === null;
}

/** Applies a reading. The unit has to be a transaction, because later changes of the incident read earlier ones. */
export async function applyReading(
  unit: UnitOfWork,
  rules: ChangeRules,
  reading: Reading,
): Promise<SyncOutcome | null> {
  const { database, now } = unit;
  const { policies } = rules;
  const { rows } = await database.read("select * from tickets where id = ?", [reading.ticketId]);
  const [row] = rows;
  if (row === undefined) return null;
  const ticket = ticketFromRow(row);
  const { remote } = reading;
  const known = { status: ticket.remoteStatus, assigneeId: textOrNull(row, "remote_assignee") };
  const before = new Set(await knownComments(database, ticket.id));
  // Each once: a new one moves the others on to the next page while they are read.
  const comments = (reading.comments ?? []).filter(({ id }) => before.size < before.add(id).size);
  unit.add(
    ...stateStatements(ticket, timeOrNull(row, "ended_at"), reading, now),
    ...commentStatements(ticket.id, comments),
    ...snowPolled(ticket.incidentId, ticket.system, remote.status, now),
  );
  const incident = (await findIncidents(database, [ticket.incidentId])).get(ticket.incidentId);
  const outcome: SyncOutcome = { changed: [], unapplied: [], overruled: 0 };
  // Retention has removed the incident.
  if (incident === undefined) return outcome;
  const missed = await missedWhileGone(database, ticket, policies, now);
  const pending = await ownUpdates(database, ticket.id);
  const wasUnseen = pending.some(({ state }) => state === "confirmed");
  if (wasUnseen) missed.push(...statusNotSeen(ticket, known.status === remote.status, policies, now));
  const { analyst } = reading;
  const decision = planSync({
    known,
    remote,
    incident,
    pending,
    policies: policies[ticket.system],
    analystOf: (person) => analyst ?? person.name,
  });
  if (ticket.goneAt !== null) decision.unapplied.push({ field: "ticket_state", old: "gone", new: remote.key });
  if (remote.mergedInto !== ticket.mergedInto)
    decision.unapplied.push({ field: "ticket_merged_into", old: ticket.mergedInto, new: remote.mergedInto });
  if (decision.overruled.length > 0) unit.add(overrule(decision.overruled, remote, now));
  outcome.overruled = decision.overruled.length;

  const author = (who: string): Author => ({
    who,
    source: syncSource(ticket.system),
    action: "EXTERNAL_SYNC",
    ticketId: ticket.id,
  });
  const request: IncidentRequest = { ...decision.request };
  if (ticket.remote !== null && ticket.remote.key !== remote.key)
    request.ticket = { id: remote.key, url: remote.url, system: ticket.system, instead: ticket.remote.key };
  const steps: [IncidentRequest, string][] = [[request, remote.changedBy?.name ?? ticket.system]];
  const notes = policies[ticket.system].notes === "two_way" ? newNotes(ticket, incident, remote.key, comments) : null;
  if (notes !== null) steps.push([{ investigationNotes: notes.text, pointerBytes: longestPointer }, notes.who]);
  for (const [step, who] of steps) {
    if (Object.keys(step).length === 0) continue;
    try {
      await unit.flush();
      await applyIncidentChange(unit.as(author(who)), rules, ticket.incidentId, step);
      outcome.changed.push(...Object.keys(step));
      if (step.status !== undefined)
        await followStatus(unit, rules, { ticket, incident, remote, author: author(who) }, step.status);
      if (step.status === "FALSE_POSITIVE") noteProposal(unit, ticket);
    } catch (error) {
      // Another incident of the actor is open: this one stays closed, and its history says why.
      if (!(error instanceof EdgeError) || error.code !== "incident_newer") throw error;
      decision.unapplied.push({
        field: "ticket_status",
        old: ticket.remoteStatus,
        new: `${remote.status}: ${error.message}`,
      });
    }
  }
  for (const one of decision.unapplied) noteOfTicket(unit, ticket, one, remote.changedBy?.name);
  unit.add(...missed);
  outcome.unapplied = decision.unapplied;
  return outcome;
}

function stateStatements(ticket: Ticket, endedBefore: number | null, reading: Reading, now: number): Statement[] {
  const { remote, comments } = reading;
  const ended = remote.means === "CLOSED" || remote.means === "FALSE_POSITIVE" ? (endedBefore ?? now) : null;
  return [
    {
      // The stored id may have been the ticket's number.
      sql: `update tickets set remote_id = ?, remote_key = ?, url = ?, remote_status = ?, remote_assignee = ?, merged_into = ?, polled_at = ?,
          gone_at = null, ended_at = ? where id = ?`,
      args: [
        ...[remote.id, remote.key, remote.url, remote.status, remote.assignee?.id ?? null, remote.mergedInto],
        ...[toIso(now), isoOrNull(ended), ticket.id],
      ],
    },
    ...(comments === null
      ? []
      : [
          firstReading(ticket.system, now),
          {
            sql: "update tickets set remote_updated = ?, remote_stamp = ?, read_at = ?, read_failures = 0 where id = ?",
            args: [remote.updated, remote.stamp, nextReadAt(remote.means, ended, now, remote.isFinal), ticket.id],
          },
        ]),
    ...(ticket.goneAt === null
      ? []
      : [
          {
            // What may have arrived before it was gone is looked up first.
            sql: `update deliveries set state = case when ${wasBegun} then 'unknown' else 'planned' end, attempts = 0, lookups = 0, cause = null,
                detail = null, next_attempt_at = ?, updated_at = ?
              where ticket_id = ? and state = 'parked' and cause = 'ticket_gone'`,
            args: [now, toIso(now), ticket.id],
          },
        ]),
  ];
}

/** The first ticket that can be read proves that the account sees its own tickets: creates that waited for that are looked up again. */
function firstReading(system: TicketSystemName, now: number): Statement {
  return {
    sql: `update deliveries set state = 'unknown', lookups = 0, next_attempt_at = ?1, updated_at = ?2
      where kind = 'create' and state = 'parked' and cause = '${unknownOutcome}' and system = ?3
        and not exists (select 1 from tickets indexed by tickets_oldest where system = ?3 and remote_stamp is not null)`,
    args: [now, toIso(now), system],
  };
}

function commentStatements(ticketId: number, comments: readonly RemoteComment[]): Statement[] {
  if (comments.length === 0) return [];
  return [
    {
      sql: "insert into ticket_comments select ?1, value->>0, value->>1 from json_each(?2) where true order by rowid on conflict do nothing",
      args: [ticketId, JSON.stringify(comments.map(({ id, isUs }) => [id, isUs ? 1 : 0]))],
    },
  ];
}

/** The most bytes of the line that says where the remaining comments are. */
const longestPointer = 400;

/** The incident's notes with new comments of others; null if there are none. A single line replaces those that do not fit. */
function newNotes(
  ticket: Ticket,
  incident: IncidentRow,
  key: string,
  comments: readonly RemoteComment[],
): { text: string; who: string } | null {
  const others = comments.filter(({ isUs }) => !isUs).sort((a, b) => a.at - b.at);
  const before = incident.investigationNotes ?? "";
  const system = ticket.system === "jira" ? "Jira" : "ServiceNow";
  const pointer = `[${system} ${key}] further comments are in the ticket: these notes are full`;
  const added: string[] = [];
  let room = longestNotes - noteBytes(before);
  for (const comment of before.includes(pointer) ? [] : others) {
    const line = noteOfComment(system, key, comment, longestComment);
    room -= noteBytes(line) + 1;
    added.push(room < 0 ? pointer : line);
    if (room < 0) break;
  }
  // Notes from an earlier version may exceed the limit; they are left alone.
  if (added.length === 0 || noteBytes(before) > longestNotes) return null;
  const authors = new Set(others.map(({ author }) => author));
  return {
    text: [...(before === "" ? [] : [before]), ...added].join("\n"),
    who: authors.size === 1 ? (others[0]?.author ?? ticket.system) : ticket.system,
  };
}

async function ownUpdates(database: Database, ticketId: number): Promise<OwnUpdate[]> {
  const { rows } = await database.read(
    `select id, kind, state, asked from deliveries where ticket_id = ? and kind in ('status', 'assignee')
      and (state in ('planned', 'sending', 'parked', 'dead') or (state = 'confirmed' and cause = '${notSeen}'))`,
    [ticketId],
  );
  return rows.map((row) => ({
    id: text(row, "id"),
    kind: text(row, "kind") as DeliveryKind,
    state: text(row, "state") as DeliveryState,
    asked: textOrNull(row, "asked"),
  }));
}

/** If both sides changed, the ticket wins: discards our updates, except those that are being sent. */
function overrule(ids: readonly string[], { key, status }: RemoteState, now: number): Statement {
  return {
    sql: `update deliveries set state = 'discarded', cause = 'overruled', detail = ?, updated_at = ?
      where id in (select value from json_each(?)) and state in ('planned', 'parked', 'dead')`,
    args: [`${key} was changed meanwhile (${status.slice(0, 100)}): the ticket wins`, toIso(now), JSON.stringify(ids)],
  };
}

/** Nobody here sees the answer in which exceptions are proposed to who sets the status: the history says where they are. */
function noteProposal(unit: UnitOfWork, { incidentId, system }: Ticket): void {
  unit.as({ who: "rhythmx", source: syncSource(system) }).addHistory("incident", incidentId, {
    action: "EXCEPTION_PROPOSED",
    field: "exceptions",
    old: null,
    new: `GET /api/incidents/${incidentId}/exceptions`,
  });
}

/** The source in history entries. */
function syncSource(system: TicketSystemName): string {
  return system === "proactive" ? "proactive-snow-sync" : `${system}-sync`;
}

/** Adds a change of the ticket that does not change the incident to the incident's history. */
function noteOfTicket(unit: UnitOfWork, ticket: Ticket, change: UnappliedChange, who: string = ticket.system): void {
  const isSnowState = ticket.system === "proactive" && change.field === "ticket_status";
  unit.as({ who, source: syncSource(ticket.system) }).addHistory("incident", ticket.incidentId, {
    ...change,
    action: "EXTERNAL_SYNC",
    ...(isSnowState ? { field: "snow_ticket_state" } : {}),
  });
}
