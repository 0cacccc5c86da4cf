/** Rows of campaigns, and why their incidents are one. */
import type { CampaignLink } from "../../core/campaigns/campaign.ts";
import type { Known } from "../../core/campaigns/join.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";

export async function findCampaigns(database: Database, ids: readonly string[]): Promise<Known[]> {
  if (ids.length === 0) return [];
  const { rows } = await database.read(
    `select campaign_id, created_at, exists (select 1 from incidents i left join campaign_looks l on l.incident_id = i.incident_id
       where i.campaign_id = c.campaign_id and coalesce(l.is_shared, 0) = 0) as has_own
     from campaigns c where campaign_id in (select value from json_each(?))`,
    [JSON.stringify(ids)],
  );
  return rows.map((row) => ({
    campaignId: text(row, "campaign_id"),
    createdAt: fromIso(text(row, "created_at")),
    hasOwn: integer(row, "has_own") === 1,
  }));
}

/** The ids of all incidents of these campaigns, the oldest first. */
export async function membersOf(database: Database, campaignIds: readonly string[]): Promise<string[]> {
  if (campaignIds.length === 0) return [];
  const { rows } = await database.read(
    "select incident_id from incidents where campaign_id in (select value from json_each(?)) order by id",
    [JSON.stringify(campaignIds)],
  );
  return rows.map((row) => text(row, "incident_id"));
}

const beginSql = insertSql("campaigns", "campaign_id, entity_name, joined_into, created_at, updated_at");

export function beginCampaigns(begun: readonly { campaignId: string; entity: string }[], now: number): Statement[] {
  const at = toIso(now);
  return forRows(
    beginSql,
    begun.map(({ campaignId, entity }) => [campaignId, entity, null, at, at]),
  );
}

/** Statements that make campaigns a part of older ones, with all that have become a part of them before. */
export function mergeCampaigns(merged: readonly { from: string; into: string }[], now: number): Statement[] {
  const rows = merged.map(({ from, into }) => [from, into, toIso(now)]);
  return [
    ...forRows("update campaigns set joined_into = ?2, updated_at = ?3 where campaign_id = ?1", rows),
    ...forRows("update campaigns set joined_into = ?2 where joined_into = ?1 and ?3 is not null", rows),
    ...forRows("update campaign_links set campaign_id = ?2 where campaign_id = ?1 and ?3 is not null", rows),
  ];
}

export function touchCampaigns(ids: readonly string[], now: number): Statement[] {
  return forRows(
    "update campaigns set updated_at = ?2 where campaign_id = ?1",
    ids.map((id) => [id, toIso(now)]),
  );
}

const linkSql = insertSql(
  "campaign_links",
  "campaign_id, incident_id, other_id, kind, what, seen_at",
  "on conflict do nothing",
);

export function saveLinks(links: readonly (CampaignLink & { campaignId: string })[]): Statement[] {
  return forRows(
    linkSql,
    links.map((one) => [one.campaignId, one.incidentId, one.otherId, one.kind, one.what, one.at]),
  );
}
