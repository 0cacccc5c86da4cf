/** Plans updates of tickets when their incidents change: in the write of the change, each as a separate delivery. */

import type { Outbreak } from "../../core/campaigns/campaign.ts";
import type { FieldChange } from "../../core/incident-event.ts";
import type { RiskLevel } from "../../core/risk.ts";
import type { AutoPush } from "../../core/tickets/auto-push.ts";
import { cadenceGate, type GateDecision, sinceGate } from "../../core/tickets/cadence.ts";
import { defaultPolicies, type FieldPolicies, type TicketField } from "../../core/tickets/policy.ts";
import {
  type DeliveryKind,
  type TicketSystemName,
  ticketSystems,
  type UpdateContent,
} from "../../core/tickets/ticket.ts";
import { noteFrom } from "../../core/tickets/updates.ts";
import { hourMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso, timeOrNull } from "../database/iso.ts";
import { integer, integerOrNull, text, textOrNull } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";
import { levelOfPriority, snowPushed } from "./snow-columns.ts";
import { newDeliveryId } from "./tickets.ts";

export type SystemPolicies = Readonly<Record<TicketSystemName, FieldPolicies>>;

/** The settings that apply to tickets at present. */
export interface TicketRules {
  /** Which incidents become tickets automatically; null = none. */
  push: AutoPush | null;
  policies: SystemPolicies;
}

export const noTicketRules: TicketRules = {
  push: null,
  policies: { jira: defaultPolicies, servicenow: defaultPolicies, proactive: defaultPolicies },
};

const systemsWith = (policies: SystemPolicies, field: TicketField) =>
  JSON.stringify(ticketSystems.filter((system) => policies[system][field] !== "once"));

/**
 * The tickets to update, at most one for each system, including those that are still being created. `?1` incident, `?2` systems, `?3` the
 * ticket that the change comes from (null = none).
 */
const ticketsToUpdate = `select t.id, t.system from tickets t where t.incident_id = ?1 and t.system in (select value from json_each(?2)) and t.id is not ?3
  and t.gone_at is null and t.generation = (select max(generation) from tickets u where u.incident_id = t.incident_id and u.system = t.system)
  and (t.remote_id is not null or exists (select 1 from deliveries c where c.ticket_id = t.id and c.kind = 'create' and c.state <> 'discarded'))`;

/** Field updates send the incident's value at the time of sending, so one planned update for each field is enough. */
const planAgainSql = `update deliveries set state = 'planned', attempts = 0, cause = null, detail = null, next_attempt_at = ?6, updated_at = ?7
  where kind = ?4 and state in ('parked', 'dead') and ticket_id in (select id from (${ticketsToUpdate}))`;
const planFieldSql = `insert into deliveries (id, ticket_id, kind, state, next_attempt_at, trigger, who, created_at, updated_at)
    select ?8->>j.system, j.id, ?4, 'planned', ?6, 'auto', ?5, ?7, ?7 from (${ticketsToUpdate}) j
    where not exists (select 1 from deliveries d where d.ticket_id = j.id and d.kind = ?4 and d.state = 'planned')
    order by j.id`;

/** No comment for a create that is not rendered yet: it will contain the change. */
const commentSql = `insert into deliveries (id, ticket_id, kind, state, content, next_attempt_at, trigger, who, created_at, updated_at)
  select ?8->>j.system, j.id, 'comment', 'planned', ?4, ?6, 'auto', ?5, ?7, ?7 from (${ticketsToUpdate}) j
  where not exists (select 1 from deliveries c where c.ticket_id = j.id and c.kind = 'create' and c.state = 'planned' and c.payload is null)
  order by j.id`;

/** `?8` of the statements above: a new delivery id for each system. Made here, because SQL that writes must be repeatable. */
function newDeliveryIds(): string {
  return JSON.stringify(Object.fromEntries(ticketSystems.map((system) => [system, newDeliveryId()])));
}

/** Statements that plan updates of the incident's tickets for these changes, except of the ticket that they come from. */
export function planUpdates(
  incidentId: string,
  changes: readonly FieldChange[],
  origin: { who: string; ticketId?: number },
  policies: SystemPolicies,
  now: number,
): Statement[] {
  const { who, ticketId = null } = origin;
  const args = (field: TicketField, what: string) => [
    ...[incidentId, systemsWith(policies, field), ticketId],
    ...[what, who, now, toIso(now)],
  ];
  const field = (of: TicketField): Statement[] => [
    { sql: planAgainSql, args: args(of, of) },
    { sql: planFieldSql, args: [...args(of, of), newDeliveryIds()] },
  ];
  return changes.flatMap((change): Statement[] => {
    if (change.field === "status") return field("status");
    if (change.field === "assigned_analyst") return field("assignee");
    const note = noteFrom(change, who, now);
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
      sql: `update tickets set gate_at = ? where gone_at is null and incident_id in (select value from json_each(?))
        and system in (select value from json_each(?))`,
      args: [now, JSON.stringify(incidentIds), systemsWith(policies, "priority")],
    },
  ];
}

/** Newest first, because older titles are the ones that a ticket may already have; far more than a note names. */
const longestUntold = 10_000;

/** Tickets whose content is rendered already; others will have what is new. */
const untold = `where gone_at is null and not exists (select 1 from deliveries c where c.ticket_id = tickets.id and c.kind = 'create'
  and c.state = 'planned' and c.payload is null) and`;

/**
 * Statements that keep titles of new rules for the tickets of these incidents, and make the gate decide when they are told. A ticket whose
 * content is not rendered yet will have them.
 */
export function noteRules(
  incidents: readonly { incidentId: string; titles: readonly string[] }[],
  policies: SystemPolicies,
  now: number,
): Statement[] {
  return incidents.map(({ incidentId, titles }) => ({
    sql: `update tickets set gate_at = ?1, untold_rules = substr(?2 || coalesce(char(10) || untold_rules, ''), 1, ?3)
      ${untold} incident_id = ?4 and system in (select value from json_each(?5))`,
    args: [
      now,
      titles.map((title) => title.replace(/\s+/g, " ")).join("\n"),
      longestUntold,
      incidentId,
      systemsWith(policies, "notes"),
    ],
  }));
}

/** The same for an outbreak that an incident has, or that has more hosts: the ticket is told of the newest. */
export function noteOutbreaks(
  incidents: readonly { incidentId: string; outbreak: Pick<Outbreak, "rule" | "hosts"> }[],
  policies: SystemPolicies,
  now: number,
): Statement[] {
  return incidents.map(({ incidentId, outbreak: { rule, hosts } }) => ({
    sql: `update tickets set gate_at = ?1, untold_outbreak = ?2 ${untold} incident_id = ?3 and system in (select value from json_each(?4))`,
    args: [now, JSON.stringify({ rule, hosts: hosts.length }), incidentId, systemsWith(policies, "notes")],
  }));
}

/** The gate's decision about one ticket. */
export interface GateOutcome {
  incidentId: string;
  system: TicketSystemName;
  decision: GateDecision;
}

const gateWaits = "gate_at is not null and remote_id is not null and gone_at is null";

/** Asks the gate about tickets that are due, up to 200, and plans the updates it allows. `nextAt`: when to ask next; null = never. */
export async function passGate(
  database: Database,
  policies: SystemPolicies,
  cadenceHours: number,
  now: number,
): Promise<{ outcomes: GateOutcome[]; nextAt: number | null }> {
  const outcomes = await askDueTickets(database, policies, cadenceHours, now);
  const { rows } = await database.read(`select min(gate_at) as next_at from tickets where ${gateWaits}`, []);
  return { outcomes, nextAt: rows[0] === undefined ? null : integerOrNull(rows[0], "next_at") };
}

async function askDueTickets(
  database: Database,
  policies: SystemPolicies,
  cadenceHours: number,
  now: number,
): Promise<GateOutcome[]> {
  const { rows } = await database.read(
    // For ServiceNow the level and time are in columns of the incident, under the seed's names.
    `select t.id, t.incident_id, t.system, t.created_at, t.untold_rules, t.untold_outbreak, i.risk_level, i.risk_score,
       case when t.system = 'jira' then t.told_level else coalesce(${levelOfPriority}, t.told_level) end as told_level,
       case when t.system = 'jira' then t.told_at else i.last_snow_update_at end as told_at
     from tickets t join incidents i on i.incident_id = t.incident_id
     where (t.gate_at <= ?1 or t.gate_at > ?2) and t.remote_id is not null and t.gone_at is null order by t.gate_at, t.id limit 200`,
    // No ticket waits for longer than the cadence, unless the clock was set back.
    [now, now + cadenceHours * hourMs],
  );
  if (rows.length === 0) return [];
  const outcomes: GateOutcome[] = [];
  const statements: Statement[] = [];
  for (const row of rows) {
    const [id, system] = [integer(row, "id"), text(row, "system") as TicketSystemName];
    const present = text(row, "risk_level") as RiskLevel;
    const from = (row.told_level ?? present) as RiskLevel;
    // A ticket whose priority is left alone is told of rules only.
    const level = policies[system].priority === "once" ? from : present;
    const rules = (textOrNull(row, "untold_rules") ?? "").split("\n").filter((title) => title !== "");
    const outbreak = JSON.parse(textOrNull(row, "untold_outbreak") ?? "null") as { rule: string; hosts: number } | null;
    const toldAt = timeOrNull(row, "told_at");
    const ofLevel = cadenceGate(level, { level: from, at: toldAt }, cadenceHours, now);
    const isSame = ofLevel.reason === "unchanged";
    const decision =
      isSame && (rules.length > 0 || outbreak !== null)
        ? sinceGate(toldAt ?? fromIso(text(row, "created_at")), cadenceHours, now)
        : ofLevel;
    outcomes.push({ incidentId: text(row, "incident_id"), system, decision });
    if (!decision.push) {
      const next = decision.reason === "within-cadence" ? decision.nextAt : null;
      statements.push({ sql: "update tickets set gate_at = ? where id = ?", args: [next, id] });
      continue;
    }
    const score = integer(row, "risk_score");
    const told = outbreak === null ? {} : { outbreak };
    const content: UpdateContent = isSame
      ? { kind: "rules", rules, at: now, ...told }
      : { kind: "level", level, from, score, at: now, ...(rules.length === 0 ? {} : { rules }), ...told };
    const kinds = isSame ? (["comment"] as const) : (["priority", "comment"] as const);
    statements.push(
      {
        sql: "update tickets set gate_at = null, untold_rules = null, untold_outbreak = null, told_level = ?, told_at = ? where id = ?",
        args: [level, toIso(now), id],
      },
      ...snowPushed(text(row, "incident_id"), system, level, now),
      ...(isSame ? [] : [outdatedLevel(id, now)]),
      ...kinds.map((kind) => insertUpdate(id, kind, content, now)),
    );
  }
  await database.write(statements);
  return outcomes;
}

/** An earlier update of the level is out of date. */
function outdatedLevel(ticketId: number, now: number): Statement {
  return {
    sql: `update deliveries set state = 'discarded', detail = 'another level followed', updated_at = ?
      where ticket_id = ? and kind = 'priority' and state in ('planned', 'parked', 'dead')`,
    args: [toIso(now), ticketId],
  };
}

function insertUpdate(ticketId: number, kind: DeliveryKind, content: UpdateContent, now: number): Statement {
  return {
    sql: `insert into deliveries (id, ticket_id, kind, state, content, next_attempt_at, trigger, who, created_at, updated_at)
      values (?, ?, ?, 'planned', ?, ?, 'auto', 'rhythmx', ?, ?)`,
    args: [newDeliveryId(), ticketId, kind, JSON.stringify(content), now, toIso(now), toIso(now)],
  };
}
