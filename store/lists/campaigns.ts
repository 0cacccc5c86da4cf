/** Campaigns for lists and details: which incidents each has, and why they are one. */
import type { LinkKind } from "../../core/campaigns/campaign.ts";
import type { CampaignMember, CampaignMembers, NamedLink } from "../../core/campaigns/members.ts";
import type { LinkedActor } from "../../core/campaigns/why.ts";
import { type RiskLevel, riskLevel } from "../../core/risk.ts";
import type { Database } from "../database/database.ts";
import { entitySpellings } from "../database/entity-spellings.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Row } from "../database/statement.ts";
import { Conditions } from "./conditions.ts";

/** The most incidents and links of one campaign; counts are of all. */
const mostMembers = 500;
const mostLinks = 500;
/** Joins one after the other that are followed; rows that name each other end there. */
const mostJoins = 1_000;

/** Times are epoch milliseconds of the appliance's clock. */
export interface CampaignDetail extends CampaignMembers {
  entity: string;
  createdAt: number;
  updatedAt: number;
}

/** A campaign in a list. */
export interface CampaignRow extends Pick<CampaignDetail, "campaignId" | "entity" | "createdAt" | "updatedAt"> {
  incidents: number;
  open: number;
  /** The highest of its incidents, and that incident's heading. */
  score: number;
  level: RiskLevel;
  headline: string | null;
}

/** The campaign that this one has become: itself, or the older one it was joined into, also by way of others. */
export async function campaignNow(database: Database, campaignId: string): Promise<string> {
  const { rows } = await database.read(
    `with recursive chain (id, steps) as (
       select ?1, 0
       union all
       select c.joined_into, chain.steps + 1 from chain join campaigns c on c.campaign_id = chain.id
       where c.joined_into is not null and chain.steps < ?2)
     select id from chain order by steps desc limit 1`,
    [campaignId.trim(), mostJoins],
  );
  return textOrNull(rows[0] ?? {}, "id") ?? campaignId;
}

/** The campaign of this id, or the one it has become; null if there is none. */
export async function readCampaign(database: Database, campaignId: string): Promise<CampaignDetail | null> {
  const { rows } = await database.read(
    "select campaign_id, entity_name, created_at, updated_at from campaigns where campaign_id = ?",
    [await campaignNow(database, campaignId)],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return { ...factsOf(row), ...(await readMembers(database, text(row, "campaign_id"), null)) };
}

/** What a campaign consists of. `besides`: the incident that asks for the others; its own links come first. */
export async function readMembers(
  database: Database,
  campaignId: string,
  besides: string | null,
): Promise<CampaignMembers> {
  const asking = besides ?? "";
  const members = await database.read(
    `select incident_id, group_key, actor_type, headline, risk_score, risk_level, status, assigned_analyst, external_ticket_id, external_ticket_url,
       external_system, count(*) over () as total
     from incidents where campaign_id = ?1 and incident_id <> ?2
     order by status in ('CLOSED', 'FALSE_POSITIVE'), risk_score desc, created_seq limit ?3`,
    [campaignId, asking, mostMembers],
  );
  const links = await database.read(
    `select l.incident_id, l.other_id, l.kind, l.what, l.seen_at, count(*) over () as total,
       iif(l.other_id = ?2 or (l.incident_id <> ?2 and b.created_seq < a.created_seq), 1, 0) as swapped,
       a.group_key as one, a.actor_type as one_type, b.group_key as other, b.actor_type as other_type
     from campaign_links l left join incidents a on a.incident_id = l.incident_id left join incidents b on b.incident_id = l.other_id
     where l.campaign_id = ?1
     order by ?2 in (l.incident_id, l.other_id) desc, l.seen_at, l.kind, l.what, a.created_seq + b.created_seq, a.created_seq limit ?3`,
    [campaignId, asking, mostLinks],
  );
  const totalOf = ([first]: readonly Row[]) => (first === undefined ? 0 : integer(first, "total"));
  return {
    campaignId,
    members: members.rows.map(memberFrom),
    membersTotal: totalOf(members.rows),
    links: links.rows.map(linkFrom),
    linksTotal: totalOf(links.rows),
  };
}

/** Campaigns that stand for themselves, newest first. `entities`: those whose campaigns are wanted; null = all. */
export async function listCampaigns(
  database: Database,
  { entities, limit, offset }: { entities: readonly string[] | null; limit: number; offset: number },
): Promise<{ campaigns: CampaignRow[]; total: number }> {
  const all = new Conditions();
  all.add("joined_into is null");
  if (entities !== null)
    all.add(
      "entity_name in (select value from json_each(?))",
      JSON.stringify(await entitySpellings(database, entities)),
    );
  const counted = await database.read(`select count(*) as n from campaigns where ${all.where}`, all.args);
  const { rows } = await database.read(
    `with page as (select * from campaigns where ${all.where} order by created_at desc, campaign_id limit ? offset ?)
     select page.*, count(i.incident_id) as incidents, count(iif(i.status in ('OPEN', 'IN_PROGRESS'), 1, null)) as open,
       coalesce(max(i.risk_score), 0) as score, i.headline as headline
     from page left join incidents i on i.campaign_id = page.campaign_id
     group by page.campaign_id order by page.created_at desc, page.campaign_id`,
    [...all.args, limit, offset],
  );
  return { campaigns: rows.map(rowFrom), total: counted.rows[0] === undefined ? 0 : integer(counted.rows[0], "n") };
}

function factsOf(row: Row): Pick<CampaignDetail, "campaignId" | "entity" | "createdAt" | "updatedAt"> {
  return {
    campaignId: text(row, "campaign_id"),
    entity: text(row, "entity_name"),
    createdAt: fromIso(text(row, "created_at")),
    updatedAt: fromIso(text(row, "updated_at")),
  };
}

/** SQLite takes the heading from the row that has the highest score. */
function rowFrom(row: Row): CampaignRow {
  const score = integer(row, "score");
  return {
    ...factsOf(row),
    incidents: integer(row, "incidents"),
    open: integer(row, "open"),
    score,
    level: riskLevel(score),
    headline: textOrNull(row, "headline"),
  };
}

function memberFrom(row: Row): CampaignMember {
  return {
    incidentId: text(row, "incident_id"),
    actor: text(row, "group_key"),
    actorType: text(row, "actor_type") as CampaignMember["actorType"],
    headline: textOrNull(row, "headline"),
    score: integer(row, "risk_score"),
    level: text(row, "risk_level") as RiskLevel,
    status: text(row, "status") as CampaignMember["status"],
    assignedAnalyst: textOrNull(row, "assigned_analyst"),
    ticketId: textOrNull(row, "external_ticket_id"),
    ticketUrl: textOrNull(row, "external_ticket_url"),
    ticketSystem: textOrNull(row, "external_system"),
  };
}

/** The incident that asks stands first, else the older one. */
function linkFrom(row: Row): NamedLink {
  const sides = [
    { id: text(row, "incident_id"), actor: actorFrom(row, "one") },
    { id: text(row, "other_id"), actor: actorFrom(row, "other") },
  ] as const;
  const [first, second] = integer(row, "swapped") === 1 ? ([sides[1], sides[0]] as const) : sides;
  return {
    link: {
      incidentId: first.id,
      otherId: second.id,
      kind: text(row, "kind") as LinkKind,
      what: text(row, "what"),
      at: integer(row, "seen_at"),
    },
    of: { one: first.actor, other: second.actor },
  };
}

function actorFrom(row: Row, name: "one" | "other"): LinkedActor | null {
  const actor = textOrNull(row, name);
  return actor === null ? null : { actor, actorType: text(row, `${name}_type`) as LinkedActor["actorType"] };
}
