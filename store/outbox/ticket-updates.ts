/** Plans updates of tickets when their incidents change: in the write of the change, each as a separate delivery. */

import type { Outbreak } from "../../core/campaigns/campaign.ts";
import type { CampaignMode } from "../../core/campaigns/campaign-tickets.ts";
import type { FieldChange } from "../../core/incident-event.ts";
import type { AutoPush } from "../../core/tickets/auto-push.ts";
import { defaultPolicies, type FieldPolicies, type TicketField } from "../../core/tickets/policy.ts";
import { type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import { noteFrom } from "../../core/tickets/updates.ts";
import { toIso } from "../../core/time.ts";
import type { Statement } from "../database/statement.ts";
import { newDeliveryId } from "./tickets.ts";

export type SystemPolicies = Readonly<Record<TicketSystemName, FieldPolicies>>;

/** The settings that apply to tickets at present. */
export interface TicketRules {
  /** Which incidents become tickets automatically; null = none. */
  push: AutoPush | null;
  policies: SystemPolicies;
  /** Whether a campaign has one ticket or each of its incidents. */
  campaigns: CampaignMode;
}

export const noTicketRules: TicketRules = {
  push: null,
  campaigns: "lead",
  policies: { jira: defaultPolicies, servicenow: defaultPolicies, proactive: defaultPolicies },
};

const systemsWith = (policies: SystemPolicies, field: TicketField) =>
  JSON.stringify(ticketSystems.filter((system) => policies[system][field] !== "once"));

/**
 * The tickets to update, at most one for each system, including those that are still being created. `?1` incident, `?2` systems, `?3` the
 * ticket that the change comes from (null = none), `?8` the only one that is meant (null = all).
 */
const ticketsToUpdate = `select t.id, t.system from tickets t where t.incident_id = ?1 and t.system in (select value from json_each(?2)) and t.id is not ?3
  and (?8 is null or t.id = ?8) and t.gone_at is null and t.generation = (select max(generation) from tickets u where u.incident_id = t.incident_id and u.system = t.system)
  and (t.remote_id is not null or exists (select 1 from deliveries c where c.ticket_id = t.id and c.kind = 'create' and c.state <> 'discarded'))`;

/** Field updates send the incident's value at the time of sending, so one planned update for each field is enough. */
const planAgainSql = `update deliveries set state = 'planned', attempts = 0, cause = null, detail = null, next_attempt_at = ?6, updated_at = ?7
  where kind = ?4 and state in ('parked', 'dead') and ticket_id in (select id from (${ticketsToUpdate}))`;
const planFieldSql = `insert into deliveries (id, ticket_id, kind, state, next_attempt_at, trigger, who, created_at, updated_at)
    select ?9->>j.system, j.id, ?4, 'planned', ?6, 'auto', ?5, ?7, ?7 from (${ticketsToUpdate}) j
    where not exists (select 1 from deliveries d where d.ticket_id = j.id and d.kind = ?4 and d.state = 'planned')
    order by j.id`;

/** No comment for a create that is not rendered yet: it will contain the change. */
const commentSql = `insert into deliveries (id, ticket_id, kind, state, content, next_attempt_at, trigger, who, created_at, updated_at)
  select ?9->>j.system, j.id, 'comment', 'planned', ?4, ?6, 'auto', ?5, ?7, ?7 from (${ticketsToUpdate}) j
  where not exists (select 1 from deliveries c where c.ticket_id = j.id and c.kind = 'create' and c.state = 'planned' and c.payload is null)
  order by j.id`;

/** `?9` of the statements above: a new delivery id for each system. Made here, because SQL that writes must be repeatable. */
function newDeliveryIds(): string {
  return JSON.stringify(Object.fromEntries(ticketSystems.map((system) => [system, newDeliveryId()])));
}

/**
 * Statements that plan updates of the incident's tickets for these changes, except of the ticket that they come from. `only`: of this ticket; `at`: when
 * it was changed, if not now.
 */
export function planUpdates(
  incidentId: string,
  changes: readonly FieldChange[],
  origin: { who: string; ticketId?: number; only?: number; at?: number },
  policies: SystemPolicies,
  now: number,
): Statement[] {
  const { who, ticketId = null, only = null, at = now } = origin;
  const args = (field: TicketField, what: string) => [
    ...[incidentId, systemsWith(policies, field), ticketId],
    ...[what, who, now, toIso(now), only],
  ];
  const field = (of: TicketField): Statement[] => [
    { sql: planAgainSql, args: args(of, of) },
    { sql: planFieldSql, args: [...args(of, of), newDeliveryIds()] },
  ];
  return changes.flatMap((change): Statement[] => {
    if (change.field === "status") return field("status");
    if (change.field === "assigned_analyst") return field("assignee");
    const note = noteFrom(change, who, at);
    return note === null ? [] : [{ sql: commentSql, args: [...args("notes", JSON.stringify(note)), newDeliveryIds()] }];
  });
}

/** Statements that plan status and assignee of a new ticket, if somebody already works on its incident. */
export function bringUpToDate(ticketId: number, policies: SystemPolicies, now: number): Statement[] {
  const kinds = [
    ["status", "status", "i.status <> 'OPEN'"],
    ["assignee", "assignee", "i.assigned_analyst is not null"],
  ] as const;
  return kinds.map(([kind, field, condition]) => ({
    sql: `insert into deliveries (id, ticket_id, kind, state, next_attempt_at, trigger, who, created_at, updated_at)
      select ?6, t.id, ?1, 'planned', ?3, 'auto', 'rhythmx', ?4, ?4
      from tickets t join incidents i on i.incident_id = t.incident_id
      where t.id = ?2 and t.system in (select value from json_each(?5)) and ${condition}
        and not exists (select 1 from deliveries d where d.ticket_id = t.id and d.kind = ?1 and d.state = 'planned')`,
    args: [kind, ticketId, now, toIso(now), systemsWith(policies, field), newDeliveryId()],
  }));
}

/** Discards parked updates of the previous ticket, which no longer exists: the new ticket contains everything. */
export function dropUpdatesOfPredecessor(ticketId: number, now: number): Statement {
  return {
    sql: `update deliveries set state = 'discarded', detail = 'another ticket was made', updated_at = ?2
      where state = 'parked' and cause = 'ticket_gone' and ticket_id in (select o.id from tickets o join tickets t
        on t.incident_id = o.incident_id and t.system = o.system and t.generation > o.generation where t.id = ?1)`,
    args: [ticketId, toIso(now)],
  };
}

/** Statements that make the cadence gate decide whether the tickets of these incidents are sent the new level. */
export function askGate(incidentIds: readonly string[], policies: SystemPolicies, now: number): Statement[] {
  if (incidentIds.length === 0) return [];
  return [
    {
      // One that is gone waits until it is back.
      sql: `update tickets set gate_at = ? where incident_id in (select value from json_each(?))
        and system in (select value from json_each(?))`,
      args: [now, JSON.stringify(incidentIds), systemsWith(policies, "priority")],
    },
  ];
}

/** Newest first, because older titles are the ones that a ticket may already have; far more than a note names. */
const longestUntold = 10_000;

/** Tickets whose content is rendered already; others will have what is new. */
const untold = `where not exists (select 1 from deliveries c where c.ticket_id = tickets.id and c.kind = 'create'
  and c.state = 'planned' and c.payload is null) and`;

/**
 * Statements that keep titles of new rules for the tickets of these incidents, and make the gate decide when they are told. A ticket whose
 * content is not rendered yet will have them. `only`: for this ticket.
 */
export function noteRules(
  incidents: readonly { incidentId: string; titles: readonly string[] }[],
  policies: SystemPolicies,
  now: number,
  only: number | null = null,
): Statement[] {
  return incidents.map(({ incidentId, titles }) => ({
    sql: `update tickets set gate_at = ?1, untold_rules = substr(?2 || coalesce(char(10) || untold_rules, ''), 1, ?3)
      ${untold} incident_id = ?4 and system in (select value from json_each(?5)) and (?6 is null or id = ?6)`,
    args: [
      now,
      titles.map((title) => title.replace(/\s+/g, " ")).join("\n"),
      longestUntold,
      incidentId,
      systemsWith(policies, "notes"),
      only,
    ],
  }));
}

/** The same for an outbreak that an incident has, or that has more hosts: the ticket is told of the newest. */
export function noteOutbreaks(
  incidents: readonly { incidentId: string; outbreak: Pick<Outbreak, "rule" | "hosts"> }[],
  policies: SystemPolicies,
  now: number,
  only: number | null = null,
): Statement[] {
  return incidents.map(({ incidentId, outbreak: { rule, hosts } }) => ({
    sql: `update tickets set gate_at = ?1, untold_outbreak = ?2
      ${untold} incident_id = ?3 and system in (select value from json_each(?4)) and (?5 is null or id = ?5)`,
    args: [now, JSON.stringify({ rule, hosts: hosts.length }), incidentId, systemsWith(policies, "notes"), only],
  }));
}
