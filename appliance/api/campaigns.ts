/** Campaigns on behalf of a caller, limited to the caller's entities. */
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import type { CampaignMember, CampaignMembers, NamedLink } from "../../core/campaigns/members.ts";
import { linkSentence } from "../../core/campaigns/why.ts";
import { EdgeError } from "../../core/errors.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { toIso } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";

type Json = Record<string, unknown>;

export class Campaigns {
  readonly #reading: Store["reading"];

  constructor(reading: Store["reading"]) {
    this.#reading = reading;
  }

  /**
   * A campaign with its incidents; for the id of one that became part of another, that one.
   * @throws EdgeError campaign_unknown, also for one of an entity that the caller may not see
   */
  async campaign(caller: Caller, id: string): Promise<Json> {
    const found = await this.#reading.readCampaign(id);
    if (found === null || !seesEntity(caller, found.entity))
      throw new EdgeError("campaign_unknown", `there is no campaign ${id.slice(0, 32)}`);
    const { campaignId } = found;
    const asked = id.trim();
    return {
      campaign_id: campaignId,
      entity_name: found.entity,
      created_at: toIso(found.createdAt),
      updated_at: toIso(found.updatedAt),
      joined: asked === campaignId ? null : `${asked} became part of ${campaignId}`,
      ...campaignParts(found),
    };
  }

  /** Newest first. */
  async list(caller: Caller, query: { entity: string | null; limit: number; offset: number }): Promise<Json> {
    const { entity, limit, offset } = query;
    const seen = entity === null ? caller.entities : seesEntity(caller, entity) ? [normaliseName(entity)] : [];
    const { campaigns, total } = await this.#reading.listCampaigns({ entities: seen, limit, offset });
    return {
      campaigns: campaigns.map((one) => ({
        campaign_id: one.campaignId,
        entity_name: one.entity,
        created_at: toIso(one.createdAt),
        updated_at: toIso(one.updatedAt),
        incident_count: one.incidents,
        open_incident_count: one.open,
        risk_score: one.score,
        risk_level: one.level,
        headline: one.headline,
      })),
      total,
      limit,
      offset,
    };
  }
}

/** Incidents and links as details show them. */
export function campaignParts({ members, membersTotal, links, linksTotal }: CampaignMembers): Json {
  return {
    incidents: members.map(memberJson),
    incidents_total: membersTotal,
    links: links.map(linkJson),
    links_total: linksTotal,
  };
}

function memberJson(member: CampaignMember): Json {
  return {
    incident_id: member.incidentId,
    group_key: member.actor,
    actor_type: member.actorType,
    headline: member.headline,
    risk_score: member.score,
    risk_level: member.level,
    status: member.status,
    assigned_analyst: member.assignedAnalyst,
    external_ticket_id: member.ticketId,
    external_ticket_url: member.ticketUrl,
    external_system: member.ticketSystem,
  };
}

function linkJson({ link, of }: NamedLink): Json {
  const { incidentId, otherId, kind, what, at } = link;
  return { incident_id: incidentId, other_id: otherId, kind, what, why: linkSentence(link, of), at: toIso(at) };
}
