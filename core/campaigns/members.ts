/** What a campaign consists of, as details and tickets show it. */
import type { Incident } from "../incident.ts";
import type { CampaignLink } from "./campaign.ts";
import type { LinkedActor } from "./why.ts";

/** An incident as its campaign names it. */
export type CampaignMember = Pick<
  Incident,
  | "incidentId"
  | "actor"
  | "actorType"
  | "score"
  | "level"
  | "status"
  | "assignedAnalyst"
  | "ticketId"
  | "ticketUrl"
  | "ticketSystem"
> & {
  /** What happened, where and by whom, in one line; null for rows of earlier versions. */
  headline: string | null;
};

/** A link, with the actors of its incidents; null where retention has taken one. */
export interface NamedLink {
  link: CampaignLink;
  of: { one: LinkedActor | null; other: LinkedActor | null };
}

export interface CampaignMembers {
  campaignId: string;
  /** Open ones first, then by risk. */
  members: CampaignMember[];
  membersTotal: number;
  /** In the order of what they share; those of an incident that asks for the others come first. */
  links: NamedLink[];
  linksTotal: number;
}
