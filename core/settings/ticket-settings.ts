/** Settings of ticket systems as the program has them. */

import type { CampaignMode } from "../campaigns/campaign-tickets.ts";
import type { IncidentStatus } from "../incident.ts";
import type { LinearPattern } from "../text/linear-pattern.ts";
import type { AutoPush } from "../tickets/auto-push.ts";
import type { PeopleOfSystems } from "../tickets/people.ts";
import type { FieldPolicies } from "../tickets/policy.ts";
import type { RetrySettings } from "../tickets/retry.ts";
import type { SlaMinutes } from "../tickets/sla.ts";
import type { TicketSystemName } from "../tickets/ticket.ts";
import type { FieldValues, StatusMeanings, TicketRoute } from "./ticket-maps.ts";

export interface JiraConnection {
  /** With a path prefix where there is one; `https://api.atlassian.com/ex/jira/{cloudId}` for scoped tokens. */
  url: string;
  /** Empty: the token is a Bearer token (Data Center). */
  email: string;
  apiToken: string;
  projectKey: string;
  issueType: string;
  deployment: "cloud" | "datacenter" | "auto";
  caFile: string | null;
  proxy: string | null;
  extraFields: FieldValues;
  /** By id: for the screens of transitions that have them. */
  transitionFields: FieldValues;
  /** Statuses by name that mean something else than their category says. */
  statuses: StatusMeanings;
  /** Resolutions that mean a false positive, in lower case; the first that there is, is set. */
  falsePositiveResolutions: readonly string[];
}

export interface ServiceNowConnection {
  /** `acme`, `acme.service-now.com`, or an address. */
  instance: string;
  username: string;
  password: string;
  /** Name or sys_id; empty = none. */
  assignmentGroup: string;
  table: string;
  caFile: string | null;
  proxy: string | null;
  extraFields: FieldValues;
  /** By column: for records that are closed. */
  closeFields: FieldValues;
  /** The value of `state` for each status of an incident. */
  stateValues: Readonly<Record<IncidentStatus, string>>;
  /** States by value or name that mean something else than usual. */
  states: StatusMeanings;
  closeCode: string;
  falsePositiveCloseCode: string;
}

/** The Proactive Case API of an MSSP (seed 001). */
export interface ProactiveConnection {
  baseUrl: string;
  appId: string;
  secret: string;
  table: string;
  /** Of the request header `source`. */
  source: string;
  /** The configuration item that is registered for tickets of ours. */
  serviceIdentifier: string;
  /** False: certificates are not checked, for test systems only. */
  verifySsl: boolean;
  caFile: string | null;
  proxy: string | null;
}

export interface TicketSettings {
  /** Null: something is missing. `enabled` apart: a connection can be tested before it is used. */
  jira: JiraConnection | null;
  servicenow: ServiceNowConnection | null;
  proactive: ProactiveConnection | null;
  /** What a system lacks that is wanted and not configured; for people. */
  lacking: Readonly<Partial<Record<TicketSystemName, string>>>;
  enabled: Readonly<Record<TicketSystemName, boolean>>;
  autoPush: AutoPush | null;
  /** Whether a campaign gets one ticket, or each of its incidents its own. */
  campaigns: CampaignMode;
  retry: RetrySettings & { schedule: string };
  sla: SlaMinutes;
  /** Hosts that are reached without a proxy, with commas between them. */
  noProxy: string;
  /** Where people open incidents; null = not set. */
  baseUrl: string | null;
  routes: ReadonlyMap<string, TicketRoute>;
  /** Masked besides passwords and tokens. */
  maskPatterns: readonly LinearPattern[];
  /** Which fields are kept in step, and how. */
  policies: Readonly<Record<TicketSystemName, FieldPolicies>>;
  /** At least so long between two updates of risk, unless it becomes critical. */
  cadenceHours: number;
  /** When tickets that have changed are looked for. */
  syncSchedules: Readonly<Record<TicketSystemName, string>>;
  /** Null: webhooks of the system are refused. */
  webhookSecrets: Readonly<Record<TicketSystemName, string | null>>;
  people: PeopleOfSystems;
}

/** ServiceNow is the Proactive Case API where that is used, and the other way round. */
export function systemMeant(name: TicketSystemName, isProactive: boolean): TicketSystemName {
  if (name === "jira") return name;
  return isProactive ? "proactive" : "servicenow";
}
