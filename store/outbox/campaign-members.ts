/** The open incidents of a campaign with their tickets in one system, as decisions about its tickets need them. */

import {
  type CampaignMember,
  type CampaignPlan,
  gravest,
  planCampaign,
  putOff,
} from "../../core/campaigns/campaign-tickets.ts";
import type { RiskLevel } from "../../core/risk.ts";
import { type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Row } from "../database/statement.ts";
import type { TicketRules } from "./ticket-updates.ts";

/** An open incident of a campaign, with what notes about it say. */
export interface Member extends CampaignMember {
  score: number;
  actor: string;
  headline: string;
  /** Its create, where there is one. */
  createId: string | null;
  /** The level that its ticket was told of. */
  toldLevel: RiskLevel | null;
}

export const openStatuses = "('OPEN', 'IN_PROGRESS')";

/** SQL: a ticket `t` that exists in the target and is not finished there, or is about to be reopened. */
export const isThere = `(t.remote_id is not null and t.gone_at is null and (t.ended_at is null or exists (select 1 from deliveries s
  where s.ticket_id = t.id and s.kind = 'status' and s.state in ('planned', 'sending', 'unknown'))))`;

/** SQL: a create `c` whose request may have arrived. */
const mayBeMade = `(c.lookups > 0 or coalesce(c.cause, '') in ('unknown_outcome', 'interrupted', 'restored', 'made_not_identified', 'send_again')
  or exists (select 1 from delivery_attempts a where a.delivery_id = c.id and (a.action = 'lookup'
    or a.outcome in ('timeout', 'connection_broke', 'server_error', 'no_json', 'answer_error', 'unexpected', 'defect'))))`;

const ofCampaign = `i.campaign_id = ? and i.status in ${openStatuses}`;
const newest = `t.generation = (select max(generation) from tickets u where u.incident_id = t.incident_id and u.system = t.system)`;

/** By system: all open incidents of the campaign, each with its ticket there. */
export async function campaignMembers(
  database: Database,
  campaignId: string,
): Promise<Readonly<Record<TicketSystemName, Member[]>>> {
  const incidents = await database.read(
    `select i.incident_id, i.risk_level, i.risk_score, i.group_key, coalesce(i.headline, '') as headline, i.created_at
     from incidents i where ${ofCampaign}`,
    [campaignId],
  );
  const tickets = await database.read(
    `select t.id, t.incident_id, t.system, t.told_level, c.id as create_id, c.cause, c.state,
       case when ${isThere} then 'there' when t.remote_id is not null then 'over' when c.state in ('planned', 'sending', 'unknown') then 'coming'
         when c.state in ('parked', 'dead') then 'stuck' when c.cause = '${putOff}' then 'put_off' else 'over' end as at,
       c.state = 'planned' and c.trigger = 'auto' and c.wanted = 0 and not ${mayBeMade} as can_put_off
     from incidents i join tickets t on t.incident_id = i.incident_id
       left join deliveries c on c.seq = (select max(seq) from deliveries d where d.ticket_id = t.id and d.kind = 'create')
     where ${ofCampaign} and ${newest}`,
    [campaignId],
  );
  const told = await database.read(
    `select c.ticket_id, c.incident_id, coalesce(d.state, '') in ('parked', 'dead', 'discarded') as stuck
     from incidents i join campaign_told c on c.incident_id = i.incident_id left join deliveries d on d.id = c.delivery_id where ${ofCampaign}`,
    [campaignId],
  );
  const ticketOf = new Map(tickets.rows.map((row) => [`${text(row, "system")} ${text(row, "incident_id")}`, row]));
  const toldOf = Map.groupBy(told.rows, (row) => text(row, "incident_id"));
  const membersIn = (system: TicketSystemName) =>
    incidents.rows.map((row) => {
      const id = text(row, "incident_id");
      return memberFrom(row, ticketOf.get(`${system} ${id}`), toldOf.get(id) ?? []);
    });
  const [jira, servicenow, proactive] = ticketSystems.map(membersIn);
  return { jira: jira ?? [], servicenow: servicenow ?? [], proactive: proactive ?? [] };
}

function memberFrom(row: Row, ticket: Row | undefined, told: readonly Row[]): Member {
  return {
    incidentId: text(row, "incident_id"),
    level: text(row, "risk_level") as RiskLevel,
    score: integer(row, "risk_score"),
    actor: text(row, "group_key"),
    headline: text(row, "headline"),
    createdAt: fromIso(text(row, "created_at")),
    ticket:
      ticket === undefined
        ? null
        : {
            id: integer(ticket, "id"),
            state: text(ticket, "at") as NonNullable<CampaignMember["ticket"]>["state"],
            canPutOff: ticket.can_put_off === 1,
          },
    told: told.map((one) => ({ ticketId: integer(one, "ticket_id"), stuck: one.stuck === 1 })),
    createId: ticket === undefined ? null : textOrNull(ticket, "create_id"),
    toldLevel: ticket === undefined ? null : (textOrNull(ticket, "told_level") as RiskLevel | null),
  };
}

/** The level that the incident's ticket in the system is to have: the campaign's highest where it stands for one; null without the incident. */
export async function levelOfTicket(
  database: Database,
  rules: TicketRules,
  incidentId: string,
  system: TicketSystemName,
): Promise<RiskLevel | null> {
  const { rows } = await database.read("select risk_level, campaign_id from incidents where incident_id = ?", [
    incidentId,
  ]);
  const [row] = rows;
  if (row === undefined) return null;
  const own = text(row, "risk_level") as RiskLevel;
  const campaignId = textOrNull(row, "campaign_id");
  if (campaignId === null) return own;
  const members = (await campaignMembers(database, campaignId))[system];
  const { lead } = planIn(system, members, rules);
  return lead?.incidentId === incidentId ? (gravest(members)?.level ?? own) : own;
}

/** What the rules in force make of a campaign's tickets in a system. Where notes are left alone, nobody can be told anything: each has its own. */
export function planIn(
  system: TicketSystemName,
  members: readonly Member[],
  { push, policies, campaigns }: TicketRules,
): CampaignPlan<Member> {
  const minLevel = push?.systems.includes(system) === true ? push.minLevel : null;
  return planCampaign(members, minLevel, policies[system].notes === "once" ? "each" : campaigns);
}
