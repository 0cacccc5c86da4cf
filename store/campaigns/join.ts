/** The write that joins incidents: what a step of the reader found becomes one commit with the reader's position. */
import { type CampaignLink, campaignReader } from "../../core/campaigns/campaign.ts";
import { join } from "../../core/campaigns/join.ts";
import { incidentBody } from "../../core/correlation/bodies.ts";
import type { PreparedPattern } from "../../core/correlation/patterns.ts";
import { isOpen } from "../../core/incident.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { toIso } from "../../core/time.ts";
import { newIds } from "../database/new-ids.ts";
import type { Statement } from "../database/statement.ts";
import { periodsById } from "../incidents/actor-periods.ts";
import { casesOfPeriods } from "../incidents/case-rows.ts";
import { findIncidents, type IncidentRow, saveIncidents } from "../incidents/incident-rows.ts";
import { activeOf, liveCases } from "../incidents/live-cases.ts";
import type { UnitOfWork } from "../incidents/unit-of-work.ts";
import {
  beginCampaigns,
  findCampaigns,
  membersOf,
  mergeCampaigns,
  saveLinks,
  touchCampaigns,
} from "./campaign-rows.ts";
import { type CampaignStep, readLooks, saveLooks } from "./looks.ts";

/** What a commit has joined. */
export interface Joined {
  /** Incidents that carry another campaign than before. */
  incidents: number;
  /** The campaigns that have them now. */
  campaignIds: string[];
}

/** What joining means for the tickets of a campaign: statements of the same commit. Reads see the incidents as they are joined. */
export type CampaignTickets = (campaignId: string) => Promise<readonly Statement[]>;

/**
 * Adds a step to the unit, which must be a transaction: the position, the looks, and what they join. Only incidents that are still open and of one entity are joined; those that a
 * younger campaign brings along may be closed.
 */
export async function joinIncidents(
  unit: UnitOfWork,
  patterns: readonly PreparedPattern[],
  step: CampaignStep,
  ticketsOf: CampaignTickets,
): Promise<Joined> {
  const { database, now } = unit;
  unit.add(...savePosition(step.upTo, now), ...saveLooks(step.found));
  if (step.links.length === 0) return { incidents: 0, campaignIds: [] };
  const incidents = await findIncidents(
    database,
    [...new Set(step.links.flatMap(({ incidentId, otherId }) => [incidentId, otherId]))].sort(),
  );
  const open = new Map([...incidents].filter(([, { status }]) => isOpen(status)));
  const links = step.links.filter((link) => areOfOneEntity(open, link));
  const looks = await readLooks(database, [...open.keys()]);
  const found = new Map(step.found.map((look) => [look.incidentId, look]));
  const members = [...open.values()].map(({ incidentId, campaignId }) => {
    const { isShared = false } = found.get(incidentId) ?? looks.get(incidentId) ?? {};
    return { incidentId, campaignId, isShared };
  });
  const campaigns = await findCampaigns(database, [...new Set(members.flatMap(({ campaignId }) => campaignId ?? []))]);
  const joining = join(members, campaigns, links);

  const ids = await newIds(database, "CMP", joining.begun.length);
  const begun = joining.begun.map((incidentIds, at) => ({ campaignId: ids[at] ?? "", incidentIds }));
  const campaignOf = new Map<string, string>();
  for (const { campaignId, incidentIds } of begun) for (const id of incidentIds) campaignOf.set(id, campaignId);
  for (const { incidentId, campaignId } of joining.joined) campaignOf.set(incidentId, campaignId);
  for (const { from, into } of joining.merged)
    for (const id of await membersOf(database, [from])) campaignOf.set(id, into);
  const changed = [...new Set(campaignOf.values())].sort();
  unit.add(
    ...beginCampaigns(
      begun.map(({ campaignId, incidentIds: [first = ""] }) => ({
        campaignId,
        entity: open.get(first)?.entity ?? "",
      })),
      now,
    ),
    ...mergeCampaigns(joining.merged, now),
    ...touchCampaigns(changed, now),
    ...saveLinks(
      joining.links.map((link) => {
        const present = open.get(link.incidentId)?.campaignId ?? "";
        return { ...link, campaignId: campaignOf.get(link.incidentId) ?? present };
      }),
    ),
  );
  await tellIncidents(unit, patterns, campaignOf);
  // Decisions about tickets read the incidents as they are now.
  await unit.flush();
  for (const campaignId of changed) unit.add(...(await ticketsOf(campaignId)));
  return { incidents: campaignOf.size, campaignIds: changed };
}

/** Adds row, history and event of each incident that is of another campaign now. */
async function tellIncidents(
  unit: UnitOfWork,
  patterns: readonly PreparedPattern[],
  campaignOf: ReadonlyMap<string, string>,
): Promise<void> {
  const { database, now } = unit;
  const rows = [...(await findIncidents(database, [...campaignOf.keys()])).values()].sort(
    (a, b) => a.createdSeq - b.createdSeq,
  );
  const periodIds = rows.map(({ periodId }) => periodId);
  const periods = new Map((await periodsById(database, periodIds)).map((period) => [period.id, period]));
  const cases = Map.groupBy(await casesOfPeriods(database, periodIds), ({ periodId }) => periodId);
  const saved: IncidentRow[] = [];
  for (const before of rows) {
    const period = periods.get(before.periodId);
    if (period === undefined) continue;
    const row: IncidentRow = {
      ...before,
      campaignId: campaignOf.get(before.incidentId) ?? before.campaignId,
      updatedAt: now,
    };
    const change = { field: "campaign_id", old: before.campaignId, new: row.campaignId };
    const active = activeOf(liveCases(cases.get(period.id) ?? [], period.state, patterns));
    const body = incidentBody(row, period.state, active, now, [change]);
    row.updatedSeq = unit.addEvent("incident_updated", row.incidentId, row.entity, JSON.stringify(body));
    unit.addHistory("incident", row.incidentId, { action: "CAMPAIGN_JOINED", ...change });
    saved.push(row);
  }
  unit.add(...saveIncidents(saved));
}

function areOfOneEntity(incidents: ReadonlyMap<string, IncidentRow>, { incidentId, otherId }: CampaignLink): boolean {
  const [one, other] = [incidents.get(incidentId), incidents.get(otherId)];
  return one !== undefined && other !== undefined && normaliseName(one.entity) === normaliseName(other.entity);
}

function savePosition(position: number, now: number): Statement[] {
  return [
    {
      sql: `insert into reader_positions (reader, position, updated_at) values (?1, ?2, ?3)
            on conflict (reader) do update set position = max(position, excluded.position), updated_at = excluded.updated_at`,
      args: [campaignReader, position, toIso(now)],
    },
  ];
}
