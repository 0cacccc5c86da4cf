/** Every setting of ticket systems: its section, the form it has to have, and what counts when it is not given. */
import { campaignModes } from "../campaigns/campaign-tickets.ts";
import { asText, type Form, fraction, matching, oneOf, trueOrFalseText, wholeNumber } from "./forms.ts";
import type { SettingsSection } from "./sections/sections.ts";
import {
  anyProxy,
  authority,
  cron,
  headerValue,
  instance,
  line,
  longestAuthority,
  maskPatterns,
  names,
  noProxy,
  numbers,
  policies,
  problemOfPatterns,
  projectKey,
  proxy,
  rightPatterns,
  severity,
  systems,
  url,
} from "./ticket-forms.ts";
import {
  closeColumnNames,
  columnNames,
  fieldValues,
  jiraFieldNames,
  people,
  routes,
  stateValues,
  statusMeanings,
  transitionFieldNames,
} from "./ticket-maps.ts";

export interface TicketDefinition {
  section: SettingsSection;
  form: Form<unknown>;
  /** Text that counts when nothing is given. */
  fallback: string;
  secret: boolean;
  /** A list in a request is a JSON list, not names with commas between them. */
  isJsonList?: true;
  /** The most characters that are saved; default 10,000, on one line. With it there may be many lines. */
  longest?: number;
  /** What is wrong with a text, where the form alone does not say it well; null = nothing. */
  explain?(text: string): string | null;
  /** What still counts of a text with something wrong in it; undefined = nothing. */
  left?(text: string): unknown;
}

const set = (section: SettingsSection, form: Form<unknown>, fallback = "", secret = false): TicketDefinition => ({
  section,
  form,
  fallback,
  secret,
});
const positive = (max: number) => asText(fraction(0, max, true));

export const ticketDefinitions = {
  JIRA_URL: set("jira", url),
  JIRA_EMAIL: set("jira", line),
  JIRA_API_TOKEN: set("jira", line, "", true),
  JIRA_PROJECT_KEY: set("jira", projectKey),
  JIRA_ISSUE_TYPE: set("jira", line, "Task"),
  JIRA_ENABLED: set("jira", trueOrFalseText, "false"),
  JIRA_DEPLOYMENT: set("jira", oneOf(["cloud", "datacenter", "auto"]), "auto"),
  JIRA_CA_FILE: { ...set("jira", authority), longest: longestAuthority },
  JIRA_PROXY: set("jira", proxy),
  JIRA_EXTRA_FIELDS: set("jira", fieldValues(jiraFieldNames)),
  JIRA_TRANSITION_FIELDS: set("jira", fieldValues(transitionFieldNames)),
  JIRA_WEBHOOK_SECRET: set("jira", line, "", true),
  JIRA_SYNC_SCHEDULE: set("jira", cron, "*/5 * * * *"),
  JIRA_STATUS_MAP: set("jira", statusMeanings),
  JIRA_FALSE_POSITIVE_RESOLUTIONS: set(
    "jira",
    names,
    "False Positive, Won't Do, Won't Fix, Duplicate, Cannot Reproduce",
  ),
  JIRA_FIELD_POLICY: set("jira", policies),
  SERVICENOW_INSTANCE: set("servicenow", instance),
  SERVICENOW_USERNAME: set("servicenow", line),
  SERVICENOW_PASSWORD: set("servicenow", line, "", true),
  SERVICENOW_ASSIGNMENT_GROUP: set("servicenow", line),
  SERVICENOW_ENABLED: set("servicenow", trueOrFalseText, "false"),
  SERVICENOW_TABLE: set("servicenow", matching(/^[a-z][a-z0-9_]{0,79}$/, "a table such as incident"), "incident"),
  SERVICENOW_CA_FILE: { ...set("servicenow", authority), longest: longestAuthority },
  SERVICENOW_PROXY: set("servicenow", proxy),
  SERVICENOW_EXTRA_FIELDS: set("servicenow", fieldValues(columnNames)),
  SERVICENOW_CLOSE_FIELDS: set("servicenow", fieldValues(closeColumnNames)),
  SERVICENOW_WEBHOOK_SECRET: set("servicenow", line, "", true),
  SERVICENOW_STATE_VALUES: set(
    "servicenow",
    stateValues,
    '{"OPEN":"1","IN_PROGRESS":"2","CLOSED":"6","FALSE_POSITIVE":"8"}',
  ),
  SERVICENOW_STATE_MAP: set("servicenow", statusMeanings),
  SERVICENOW_CLOSE_CODE: set("servicenow", line, "Solution provided"),
  SERVICENOW_FALSE_POSITIVE_CLOSE_CODE: set("servicenow", line, "No resolution provided"),
  SERVICENOW_FIELD_POLICY: set("servicenow", policies),
  SNOW_SYNC_SCHEDULE: set("servicenow", cron, "*/5 * * * *"),
  SNOW_UPDATE_CADENCE_HOURS: set("servicenow", asText(fraction(0, 8760)), "24"),
  TICKET_INTEGRATION: set("proactive", oneOf(["standard", "proactive"]), "standard"),
  PROACTIVE_SNOW_BASE_URL: set("proactive", url),
  PROACTIVE_SNOW_APP_ID: set("proactive", line),
  PROACTIVE_SNOW_SECRET: set("proactive", line, "", true),
  PROACTIVE_SNOW_TABLE: set("proactive", matching(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, "a table such as Case"), "Case"),
  PROACTIVE_SNOW_SOURCE: set("proactive", headerValue, "Managed_services"),
  PROACTIVE_SNOW_SERVICE_IDENTIFIER: set("proactive", line),
  PROACTIVE_SNOW_VERIFY_SSL: set("proactive", trueOrFalseText, "true"),
  PROACTIVE_SNOW_CA_FILE: { ...set("proactive", authority), longest: longestAuthority },
  PROACTIVE_SNOW_PROXY: set("proactive", proxy),
  AUTO_PUSH_ENABLED: set("auto_push", trueOrFalseText, "false"),
  AUTO_PUSH_MIN_SEVERITY: set("auto_push", severity, "CRITICAL"),
  AUTO_PUSH_SYSTEMS: set("auto_push", systems, "jira"),
  AUTO_PUSH_CAMPAIGNS: set("auto_push", oneOf(campaignModes), "lead"),
  RETRY_MAX_RETRIES: set("retry", asText(wholeNumber(0, 20)), "5"),
  RETRY_BASE_DELAY_SECONDS: set("retry", positive(3600), "60"),
  RETRY_MAX_DELAY_SECONDS: set("retry", positive(86_400), "3600"),
  RETRY_SCHEDULE: set("retry", cron, "*/2 * * * *"),
  UNKNOWN_LOOKUP_DELAYS_SECONDS: set("retry", numbers, "60,300,900,3600"),
  UNKNOWN_OUTCOME: set("retry", oneOf(["resend", "ask"]), "resend"),
  SLA_CRITICAL_MINUTES: set("sla", positive(525_600), "240"),
  SLA_HIGH_MINUTES: set("sla", positive(525_600), "480"),
  SLA_MEDIUM_MINUTES: set("sla", positive(525_600), "1440"),
  SLA_LOW_MINUTES: set("sla", positive(525_600), "4320"),
  RHYTHMX_BASE_URL: set("network", url),
  HTTPS_PROXY: {
    ...set("network", anyProxy),
    explain: (text) => (proxy.read(text) === undefined ? `${proxy.accepted}, without a login` : null),
  },
  NO_PROXY: set("network", noProxy),
  TICKET_ROUTES: set("routing", routes),
  MASK_PATTERNS: { ...set("masking", maskPatterns), isJsonList: true, explain: problemOfPatterns, left: rightPatterns },
  TICKET_USERS: set("routing", people),
} as const satisfies Record<string, TicketDefinition>;

export type TicketSettingName = keyof typeof ticketDefinitions;
export const ticketSettingNames = Object.keys(ticketDefinitions) as TicketSettingName[];
