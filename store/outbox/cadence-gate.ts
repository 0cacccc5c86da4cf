/** Asks the cadence gate what tickets are told now (level, new rules, other incidents of their campaign) and plans the updates that it allows. */

import { followersGate, gravest } from "../../core/campaigns/campaign-tickets.ts";
import { hostsPath } from "../../core/correlation/actor-state.ts";
import type { RiskLevel } from "../../core/risk.ts";
import { cadenceGate, type GateDecision, sinceGate } from "../../core/tickets/cadence.ts";
import type {
  DeliveryKind,
  TicketSystemName,
  ToldIncident,
  ToldOutbreak,
  UpdateContent,
} from "../../core/tickets/ticket.ts";
import { hourMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso, timeOrNull } from "../database/iso.ts";
import { integer, integerOrNull, text, textOrNull } from "../database/rows.ts";
import type { Row, Statement } from "../database/statement.ts";
import { campaignMembers, type Member, openStatuses, planIn } from "./campaign-members.ts";
import { reviewCampaigns, type SettledCampaigns, settleCampaigns } from "./campaign-tickets.ts";
import { levelOfPriority, snowPushed } from "./snow-columns.ts";
import type { TicketRules } from "./ticket-updates.ts";
import { newDeliveryId } from "./tickets.ts";

/** The gate's decision about one ticket. */
export interface GateOutcome {
  incidentId: string;
  system: TicketSystemName;
  decision: GateDecision;
}

export interface GatePass {
  outcomes: GateOutcome[];
  campaigns: SettledCampaigns;
  /** When to ask next, epoch milliseconds; null = never. */
  nextAt: number | null;
}

/** So many incidents stand in one note. */
const mostInNote = 30;
/** So many hosts of each, and characters of a name or a headline. */
const mostHosts = 3;
const longestName = 64;
const longestHeadline = 200;

const gateWaits = "gate_at is not null and remote_id is not null and gone_at is null";

/**
 * Looks at campaigns that have changed (`review`: at all of them, because the rules have), then asks the gate about tickets that are due, up to 200,
 * and plans the updates it allows.
 */
export async function passGate(
  database: Database,
  rules: TicketRules,
  cadenceHours: number,
  now: number,
  review: boolean,
): Promise<GatePass> {
  if (review) await reviewCampaigns(database);
  const campaigns = await settleCampaigns(database, rules, now);
  const outcomes = await askDueTickets(database, rules, cadenceHours, now);
  // Retention keeps a ticket with deliveries that wait longer than its incident, of which there is nothing to tell.
  const { rows } = await database.read(
    `select gate_at as next_at from tickets t where ${gateWaits} and exists (select 1 from incidents i where i.incident_id = t.incident_id)
     order by gate_at limit 1`,
    [],
  );
  const nextAt = rows[0] === undefined ? null : integerOrNull(rows[0], "next_at");
  return { outcomes, campaigns, nextAt: campaigns.more ? now : nextAt };
}

async function askDueTickets(
  database: Database,
  rules: TicketRules,
  cadenceHours: number,
  now: number,
): Promise<GateOutcome[]> {
  const { rows } = await database.read(
    // For ServiceNow the level and time are in columns of the incident, under the seed's names.
    `select t.id, t.incident_id, t.system, t.created_at, t.untold_rules, t.untold_outbreak, i.risk_level, i.risk_score, i.campaign_id, i.status in ${openStatuses} as is_open,
       case when t.system = 'jira' then t.told_level else coalesce(${levelOfPriority}, t.told_level) end as told_level,
       case when t.system = 'jira' then t.told_at else i.last_snow_update_at end as told_at,
       (select max(told_at) from campaign_told c where c.ticket_id = t.id) as noted_at
     from tickets t join incidents i on i.incident_id = t.incident_id
     where (t.gate_at <= ?1 or t.gate_at > ?2) and t.remote_id is not null and t.gone_at is null order by t.gate_at, t.id limit 200`,
    // No ticket waits for longer than the cadence, unless the clock was set back.
    [now, now + cadenceHours * hourMs],
  );
  const campaigns = new Map<string, Awaited<ReturnType<typeof campaignMembers>>>();
  const outcomes: GateOutcome[] = [];
  const statements: Statement[] = [];
  for (const row of rows) {
    const campaignId = row.is_open === 1 ? textOrNull(row, "campaign_id") : null;
    if (campaignId !== null && !campaigns.has(campaignId))
      campaigns.set(campaignId, await campaignMembers(database, campaignId));
    const system = text(row, "system") as TicketSystemName;
    const members = campaigns.get(campaignId ?? "")?.[system] ?? [];
    const plan = planIn(system, members, rules);
    const leads = plan.lead?.ticket?.id === integer(row, "id");
    const highest = leads ? gravest(members) : null;
    const told = leads ? await describe(database, plan.tell) : [];
    const { decision, statements: planned } = ask(row, { campaignId, highest, told }, rules, cadenceHours, now);
    outcomes.push({ incidentId: text(row, "incident_id"), system, decision });
    statements.push(...planned);
  }
  if (statements.length > 0) await database.write(statements);
  return outcomes;
}

/** What a ticket has to say of its campaign. */
interface CampaignNews {
  campaignId: string | null;
  /** The incident whose level the ticket carries; null: its own. */
  highest: Member | null;
  told: readonly ToldIncident[];
}

function ask(
  row: Row,
  { campaignId, highest, told }: CampaignNews,
  { policies }: TicketRules,
  cadenceHours: number,
  now: number,
): { decision: GateDecision; statements: Statement[] } {
  const [id, incidentId] = [integer(row, "id"), text(row, "incident_id")];
  const system = text(row, "system") as TicketSystemName;
  const present = highest?.level ?? (text(row, "risk_level") as RiskLevel);
  const from = (row.told_level ?? present) as RiskLevel;
  // A ticket whose priority is left alone is told of rules only.
  const level = policies[system].priority === "once" ? from : present;
  const rules = (textOrNull(row, "untold_rules") ?? "").split("\n").filter((title) => title !== "");
  const outbreak = JSON.parse(textOrNull(row, "untold_outbreak") ?? "null") as ToldOutbreak | null;
  const hasNews = rules.length > 0 || outbreak !== null;
  const toldAt = timeOrNull(row, "told_at");
  const since = toldAt ?? fromIso(text(row, "created_at"));
  const ofLevel = cadenceGate(level, { level: from, at: toldAt }, cadenceHours, now);
  const isSame = ofLevel.reason === "unchanged";
  const levels = told.map((one) => one.level);
  const asked = [
    ofLevel,
    ...(isSame && hasNews ? [sinceGate(since, cadenceHours, now)] : []),
    ...(told.length > 0
      ? [followersGate(levels, { last: timeOrNull(row, "noted_at"), since }, cadenceHours, now)]
      : []),
  ];
  const decision = asked.find(({ push }) => push) ?? asked.find(({ reason }) => reason !== "unchanged") ?? ofLevel;
  const times = asked.flatMap((one) => (one.reason === "within-cadence" ? [one.nextAt] : []));
  if (!decision.push) {
    const next = times.length === 0 ? null : Math.min(...times);
    return { decision, statements: [{ sql: "update tickets set gate_at = ? where id = ?", args: [next, id] }] };
  }
  const isLevel = ofLevel.push;
  const [first = [], ...more] = chunks(told);
  const campaign = campaignId ?? "";
  const news = { ...(rules.length === 0 ? {} : { rules }), ...(outbreak === null ? {} : { outbreak }) };
  const others = first.length === 0 ? {} : { campaign, incidents: first };
  const isOthers = highest !== null && highest.incidentId !== incidentId;
  const score = highest?.score ?? integer(row, "risk_score");
  const content: UpdateContent = isLevel
    ? {
        ...{ kind: "level", level, from, score, at: now, ...news, ...others },
        ...(isOthers ? { campaign, highest: namesOf(highest) } : {}),
      }
    : first.length === 0
      ? { kind: "rules", ...news, rules, at: now }
      : { kind: "campaign", campaign, incidents: first, ...news, at: now };
  const notes = [content, ...more.map((incidents) => ({ kind: "campaign" as const, campaign, incidents, at: now }))];
  const toldNow = isLevel || (isSame && hasNews);
  return {
    decision,
    statements: [
      {
        sql: "update tickets set gate_at = ?, untold_rules = null, untold_outbreak = null where id = ?",
        args: [!isLevel && ofLevel.reason === "within-cadence" ? ofLevel.nextAt : null, id],
      },
      ...(toldNow
        ? [{ sql: "update tickets set told_level = ?, told_at = ? where id = ?", args: [level, toIso(now), id] }]
        : []),
      ...(toldNow ? snowPushed(incidentId, system, level, now) : []),
      ...(isLevel ? [outdatedLevel(id, now), insertUpdate(id, "priority", newDeliveryId(), content, now)] : []),
      ...notes.flatMap((note) => {
        const delivery = newDeliveryId();
        const incidents = "incidents" in note ? (note.incidents ?? []) : [];
        return [insertUpdate(id, "comment", delivery, note, now), ...noteTold(id, delivery, incidents, now)];
      }),
    ],
  };
}

function chunks(told: readonly ToldIncident[]): ToldIncident[][] {
  return Array.from({ length: Math.ceil(told.length / mostInNote) }, (_, n) =>
    told.slice(n * mostInNote, (n + 1) * mostInNote),
  );
}

function namesOf({ incidentId, headline }: Member): { incidentId: string; headline: string } {
  return { incidentId, headline: headline.slice(0, longestHeadline).toWellFormed() };
}

/** The gravest first, with their hosts. */
async function describe(database: Database, members: readonly Member[]): Promise<ToldIncident[]> {
  if (members.length === 0) return [];
  const { rows } = await database.read(
    `select i.incident_id, json_extract(p.state, '${hostsPath}') as hosts from incidents i join actor_periods p on p.id = i.period_id
     where i.incident_id in (select value from json_each(?))`,
    [JSON.stringify(members.map(({ incidentId }) => incidentId))],
  );
  const hostsOf = new Map(rows.map((row) => [text(row, "incident_id"), JSON.parse(textOrNull(row, "hosts") ?? "[]")]));
  const left = new Set(members);
  const ordered: Member[] = [];
  for (const level of ["critical", "high", "medium", "low"] as const)
    for (const one of left) if (one.level === level && left.delete(one)) ordered.push(one);
  return ordered.map((one) => {
    const hosts = hostsOf.get(one.incidentId) as string[] | undefined;
    return {
      ...namesOf(one),
      level: one.level,
      actor: one.actor.slice(0, longestName).toWellFormed(),
      hosts: (hosts ?? []).slice(0, mostHosts).map((host) => host.slice(0, longestName).toWellFormed()),
      moreHosts: Math.max(0, (hosts ?? []).length - mostHosts),
    };
  });
}

function noteTold(ticketId: number, deliveryId: string, incidents: readonly ToldIncident[], now: number): Statement[] {
  if (incidents.length === 0) return [];
  return [
    {
      sql: `insert into campaign_told (ticket_id, incident_id, told_at, delivery_id) select ?1, value, ?2, ?3 from json_each(?4) where true order by value
        on conflict do update set told_at = excluded.told_at, delivery_id = excluded.delivery_id, closed_at = null`,
      args: [ticketId, toIso(now), deliveryId, JSON.stringify(incidents.map(({ incidentId }) => incidentId))],
    },
  ];
}

/** An earlier update of the level is out of date. */
function outdatedLevel(ticketId: number, now: number): Statement {
  return {
    sql: `update deliveries set state = 'discarded', detail = 'another level followed', updated_at = ?
      where ticket_id = ? and kind = 'priority' and state in ('planned', 'parked', 'dead')`,
    args: [toIso(now), ticketId],
  };
}

/** Statement that plans an update of a ticket. */
export function insertUpdate(
  ticketId: number,
  kind: DeliveryKind,
  id: string,
  content: UpdateContent,
  now: number,
): Statement {
  return {
    sql: `insert into deliveries (id, ticket_id, kind, state, content, next_attempt_at, trigger, who, created_at, updated_at)
      values (?, ?, ?, 'planned', ?, ?, 'auto', 'rhythmx', ?, ?)`,
    args: [id, ticketId, kind, JSON.stringify(content), now, toIso(now), toIso(now)],
  };
}
