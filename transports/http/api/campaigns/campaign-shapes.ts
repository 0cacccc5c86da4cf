/** What the API answers about campaigns and outbreaks. */
import * as v from "valibot";
import { linkKinds } from "../../../../core/campaigns/campaign.ts";
import { actorTypes, incidentStatuses } from "../../../../core/incident.ts";
import { count, orNull, riskLevel, score, text, time } from "../shapes/field-shapes.ts";

const member = v.object({
  incident_id: text,
  group_key: text,
  actor_type: v.picklist(actorTypes),
  headline: orNull(text),
  risk_score: score,
  risk_level: riskLevel,
  status: v.picklist(incidentStatuses),
  assigned_analyst: orNull(text),
  external_ticket_id: orNull(text),
  external_ticket_url: orNull(text),
  external_system: orNull(text),
});

const link = v.object({
  incident_id: text,
  other_id: text,
  kind: v.picklist(linkKinds),
  what: v.pipe(text, v.description("What the two share: a host, an account, the title of a rule.")),
  why: v.pipe(text, v.description("The same as a sentence.")),
  at: v.pipe(time, v.description("In the detections' own time.")),
});

const parts = {
  incidents: v.pipe(v.array(member), v.description("Open ones first, then by risk; 500 at most.")),
  incidents_total: count,
  links: v.pipe(v.array(link), v.description("Why they are one, by time; 500 at most.")),
  links_total: count,
};

/** In the detail of an incident. */
export const campaignOfIncident = v.pipe(
  orNull(v.object({ campaign_id: text, ...parts })),
  v.description("The other incidents of its campaign. Its own links come first. Null = it is part of none."),
);

export const outbreak = v.pipe(
  orNull(
    v.object({
      rule: v.pipe(text, v.description("Title of the rule.")),
      hosts: v.pipe(v.array(text), v.description("In the order in which it fired on them first; 1,000 at most.")),
      hosts_total: count,
      first_seen: time,
      last_seen: time,
    }),
  ),
  v.description("The same rule on many hosts within minutes, which made this incident; null = none did."),
);

const head = { campaign_id: text, entity_name: text, created_at: time, updated_at: time };

export const campaignDetail = v.object({
  ...head,
  joined: v.pipe(
    orNull(text),
    v.description("Says so where the id that was asked for became part of this campaign; else null."),
  ),
  ...parts,
});

export const campaignPage = v.object({
  campaigns: v.array(
    v.object({
      ...head,
      incident_count: count,
      open_incident_count: count,
      risk_score: v.pipe(score, v.description("The highest of its incidents.")),
      risk_level: riskLevel,
      headline: v.pipe(orNull(text), v.description("Of that incident.")),
    }),
  ),
  total: count,
  limit: count,
  offset: count,
});
