/** Campaigns: incidents that are one attack. They are joined by what their evidence shares and never merged (decision 24). */

/**
 * What joins two incidents: the same host, logon session or process; movement from one's host to the other's; the same crown jewel within
 * minutes; the same outbreak; two names of what turned out to be one actor.
 */
export const linkKinds = ["host", "logon", "process", "movement", "crown_jewel", "outbreak", "name"] as const;
export type LinkKind = (typeof linkKinds)[number];

/** Why two incidents are of one campaign. */
export interface CampaignLink {
  incidentId: string;
  otherId: string;
  kind: LinkKind;
  /** What they share, for the analyst: a host, an account, the title of a rule. Untrusted text. */
  what: string;
  /** When, in the detections' own time, epoch milliseconds. */
  at: number;
}

/** The same rule on many hosts within minutes, as the incident that it made shows it. */
export interface Outbreak {
  /** Title of the rule. */
  rule: string;
  /** In the order in which the rule fired on them first. */
  hosts: readonly string[];
  /** Epoch milliseconds of the detections' own time. */
  firstAt: number;
  lastAt: number;
}

/** The name under which the reader that finds campaigns keeps its position in the event log. */
export const campaignReader = "campaigns";
