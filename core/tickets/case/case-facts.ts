/** What a ticket is made of: the incident's own data, with one sample event for each rule. */
import type { InvolvedAssets } from "../../assets/involved.ts";
import type { CampaignMembers } from "../../campaigns/members.ts";
import type { ChainLink, RiskDetail, RuleSummary } from "../../correlation/summary.ts";
import type { IncidentStatus } from "../../incident.ts";
import type { IncidentBody } from "../../incident-event.ts";
import type { CaseSeverity } from "../../threat-case.ts";

/** One representative event of a rule. */
export interface RuleSample {
  /** The rule's key: its id, else its title, lower case. */
  key: string;
  /** Epoch milliseconds. */
  at: number;
  host: string;
  user: string;
  ip: string;
  /** As it came in; null where retention has taken it. */
  log: string | null;
}

export interface CaseFacts {
  incident: { createdAt: number; closedAt: number | null; escalatedAt: number; status: IncidentStatus };
  body: IncidentBody;
  risk: RiskDetail;
  chain: readonly ChainLink[];
  rules: readonly (RuleSummary & { author: string })[];
  /** Its hosts and accounts, with their roles. */
  assets: InvolvedAssets;
  cases: readonly { caseId: string; type: string; status: string; severity: CaseSeverity; alerts: number }[];
  users: readonly string[];
  alarms: readonly { alarmId: string; name: string; rbp: number; entity: string; at: number }[];
  /** Set if a person asked for the incident. */
  promotion?: { who: string; reason: string } | null;
  samples: readonly RuleSample[];
  /** The other incidents of its campaign; null = it is part of none. */
  campaign?: CampaignMembers | null;
}

/** Who asked for an incident and why, by its history; null where its score made it. */
export function promotionOf(
  history: readonly { action: string; who: string; new: string | null }[],
): { who: string; reason: string } | null {
  const entry = history.find(({ action }) => action === "PROMOTED");
  return entry === undefined ? null : { who: entry.who, reason: entry.new ?? "" };
}
