/**
 * Settings of ticket systems. They may also be saved by API or console, so they are read in two steps: what environment and files say (which
 * pins a setting), then what was saved.
 */

import type { CampaignMode } from "../campaigns/campaign-tickets.ts";
import type { RiskLevel } from "../risk.ts";
import type { LinearPattern } from "../text/linear-pattern.ts";
import type { PeopleOfSystems } from "../tickets/people.ts";
import { defaultPolicies, type FieldPolicies } from "../tickets/policy.ts";
import type { RetrySettings } from "../tickets/retry.ts";
import type { TicketSystemName } from "../tickets/ticket.ts";
import { type Problem, shown } from "./problem.ts";
import {
  type TicketDefinition,
  type TicketSettingName,
  ticketDefinitions,
  ticketSettingNames,
} from "./ticket-definitions.ts";
import type { FieldValues, StatusMeanings, TicketRoute } from "./ticket-maps.ts";
import { type JiraConnection, type ServiceNowConnection, systemMeant, type TicketSettings } from "./ticket-settings.ts";

/** A value and where it stands. */
export interface GivenValue {
  text: string;
  source: string;
  /** By environment or file: API and console cannot change it. */
  pinned: boolean;
}

const defaultStates = { OPEN: "1", IN_PROGRESS: "2", CLOSED: "6", FALSE_POSITIVE: "8" };

/** The settings of these values; what is wrong has its default and is told. Never repeats a secret. */
export function readTicketSettings(given: ReadonlyMap<string, GivenValue>): {
  settings: TicketSettings;
  problems: Problem[];
} {
  const problems: Problem[] = [];
  // Every one of them, also those that no configured system asks for: a wrong value is told at once.
  const values = new Map(
    ticketSettingNames.map((name) => [name, readValue(name, given.get(name), (problem) => problems.push(problem))]),
  );
  const read = <T>(name: TicketSettingName) => values.get(name) as T | undefined;
  const text = (name: TicketSettingName) => read<string>(name) ?? "";
  const flag = (name: TicketSettingName) => read<boolean>(name) ?? false;
  const number = (name: TicketSettingName) => Number(read<number>(name) ?? 0);
  const generalProxy = read<string>("HTTPS_PROXY") ?? null;
  const isProactive = text("TICKET_INTEGRATION") === "proactive";
  const lacking = {
    ...missing(text, "jira", ["JIRA_URL", "JIRA_API_TOKEN", "JIRA_PROJECT_KEY"]),
    ...missing(text, "servicenow", ["SERVICENOW_INSTANCE", "SERVICENOW_USERNAME", "SERVICENOW_PASSWORD"]),
    ...missing(text, "proactive", [
      ...(["PROACTIVE_SNOW_BASE_URL", "PROACTIVE_SNOW_APP_ID", "PROACTIVE_SNOW_SECRET"] as const),
      "PROACTIVE_SNOW_SERVICE_IDENTIFIER",
    ]),
  };
  const configured = (name: TicketSystemName) => lacking[name] === undefined;
  const enabled = {
    jira: flag("JIRA_ENABLED"),
    servicenow: flag("SERVICENOW_ENABLED") && !isProactive,
    proactive: isProactive,
  };
  // Either name means the system that stands for ServiceNow here.
  const named = (read<TicketSystemName[]>("AUTO_PUSH_SYSTEMS") ?? []).map((name) => systemMeant(name, isProactive));
  const pushed = [...new Set(named)].filter((name) => enabled[name] && configured(name));
  const settings: TicketSettings = {
    jira: !configured("jira")
      ? null
      : {
          url: text("JIRA_URL"),
          email: text("JIRA_EMAIL"),
          apiToken: text("JIRA_API_TOKEN"),
          projectKey: text("JIRA_PROJECT_KEY"),
          issueType: text("JIRA_ISSUE_TYPE"),
          deployment: read<JiraConnection["deployment"]>("JIRA_DEPLOYMENT") ?? "auto",
          caFile: read<string>("JIRA_CA_FILE") ?? null,
          proxy: read<string>("JIRA_PROXY") ?? generalProxy,
          extraFields: read<FieldValues>("JIRA_EXTRA_FIELDS") ?? {},
          transitionFields: read<FieldValues>("JIRA_TRANSITION_FIELDS") ?? {},
          statuses: read<StatusMeanings>("JIRA_STATUS_MAP") ?? new Map(),
          falsePositiveResolutions: read<string[]>("JIRA_FALSE_POSITIVE_RESOLUTIONS") ?? [],
        },
    servicenow: !configured("servicenow")
      ? null
      : {
          instance: text("SERVICENOW_INSTANCE"),
          username: text("SERVICENOW_USERNAME"),
          password: text("SERVICENOW_PASSWORD"),
          assignmentGroup: text("SERVICENOW_ASSIGNMENT_GROUP"),
          table: text("SERVICENOW_TABLE"),
          caFile: read<string>("SERVICENOW_CA_FILE") ?? null,
          proxy: read<string>("SERVICENOW_PROXY") ?? generalProxy,
          extraFields: read<FieldValues>("SERVICENOW_EXTRA_FIELDS") ?? {},
          closeFields: read<FieldValues>("SERVICENOW_CLOSE_FIELDS") ?? {},
          stateValues: read<ServiceNowConnection["stateValues"]>("SERVICENOW_STATE_VALUES") ?? defaultStates,
          states: read<StatusMeanings>("SERVICENOW_STATE_MAP") ?? new Map(),
          closeCode: text("SERVICENOW_CLOSE_CODE"),
          falsePositiveCloseCode: text("SERVICENOW_FALSE_POSITIVE_CLOSE_CODE"),
        },
    proactive: !configured("proactive")
      ? null
      : {
          baseUrl: text("PROACTIVE_SNOW_BASE_URL"),
          appId: text("PROACTIVE_SNOW_APP_ID"),
          secret: text("PROACTIVE_SNOW_SECRET"),
          table: text("PROACTIVE_SNOW_TABLE"),
          source: text("PROACTIVE_SNOW_SOURCE"),
          serviceIdentifier: text("PROACTIVE_SNOW_SERVICE_IDENTIFIER"),
          verifySsl: flag("PROACTIVE_SNOW_VERIFY_SSL"),
          caFile: read<string>("PROACTIVE_SNOW_CA_FILE") ?? null,
          proxy: read<string>("PROACTIVE_SNOW_PROXY") ?? generalProxy,
        },
    lacking,
    enabled,
    autoPush: flag("AUTO_PUSH_ENABLED")
      ? { minLevel: read<RiskLevel>("AUTO_PUSH_MIN_SEVERITY") ?? "critical", systems: pushed }
      : null,
    campaigns: read<CampaignMode>("AUTO_PUSH_CAMPAIGNS") ?? "lead",
    retry: {
      maxRetries: number("RETRY_MAX_RETRIES"),
      baseDelaySeconds: number("RETRY_BASE_DELAY_SECONDS"),
      maxDelaySeconds: number("RETRY_MAX_DELAY_SECONDS"),
      schedule: text("RETRY_SCHEDULE"),
      lookupDelaysSeconds: read<number[]>("UNKNOWN_LOOKUP_DELAYS_SECONDS") ?? [],
      unknownOutcome: read<RetrySettings["unknownOutcome"]>("UNKNOWN_OUTCOME") ?? "resend",
    },
    sla: {
      critical: number("SLA_CRITICAL_MINUTES"),
      high: number("SLA_HIGH_MINUTES"),
      medium: number("SLA_MEDIUM_MINUTES"),
      low: number("SLA_LOW_MINUTES"),
    },
    noProxy: text("NO_PROXY"),
    baseUrl: read<string>("RHYTHMX_BASE_URL") ?? null,
    routes: read<Map<string, TicketRoute>>("TICKET_ROUTES") ?? new Map(),
    maskPatterns: read<LinearPattern[]>("MASK_PATTERNS") ?? [],
    policies: {
      jira: read<FieldPolicies>("JIRA_FIELD_POLICY") ?? defaultPolicies,
      servicenow: read<FieldPolicies>("SERVICENOW_FIELD_POLICY") ?? defaultPolicies,
      proactive: defaultPolicies,
    },
    cadenceHours: number("SNOW_UPDATE_CADENCE_HOURS"),
    syncSchedules: {
      jira: text("JIRA_SYNC_SCHEDULE"),
      servicenow: text("SNOW_SYNC_SCHEDULE"),
      proactive: text("SNOW_SYNC_SCHEDULE"),
    },
    webhookSecrets: {
      jira: read<string>("JIRA_WEBHOOK_SECRET") ?? null,
      servicenow: read<string>("SERVICENOW_WEBHOOK_SECRET") ?? null,
      // It cannot reach the appliance (seed 001).
      proactive: null,
    },
    people: read<PeopleOfSystems>("TICKET_USERS") ?? new Map(),
  };
  return { settings, problems };
}

function missing(
  text: (name: TicketSettingName) => string,
  system: TicketSystemName,
  names: readonly TicketSettingName[],
): Partial<Record<TicketSystemName, string>> {
  const absent = names.filter((name) => text(name) === "");
  return absent.length === 0 ? {} : { [system]: absent.join(", ") };
}

function readValue(name: TicketSettingName, given: GivenValue | undefined, tell: (problem: Problem) => void): unknown {
  const { form, fallback, secret, left: leftOf }: TicketDefinition = ticketDefinitions[name];
  const text = given?.text.trim() ?? "";
  const parsed = text === "" ? undefined : form.read(text);
  const left = text === "" || parsed !== undefined ? undefined : leftOf?.(text);
  if (text !== "" && parsed === undefined)
    tell({
      source: given?.source ?? "",
      key: name,
      found: secret ? "a secret of another form" : shown(text),
      accepted: secret ? form.accepted : (form.problem?.(text) ?? form.accepted),
      fatal: false,
      effect:
        left !== undefined ? "the rest of it counts" : fallback === "" ? "it counts as not set" : "the default is used",
    });
  return parsed ?? left ?? (fallback === "" ? undefined : form.read(fallback));
}
