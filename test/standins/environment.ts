/** The settings by which an appliance works with the stand-ins of ticket systems. */
import type { JiraStandIn } from "./jira.ts";
import type { ServiceNowStandIn } from "./servicenow.ts";

export function jiraEnvironment({ url, options }: JiraStandIn): Record<string, string> {
  const cloud = options.deployment === "Cloud";
  return {
    JIRA_URL: `${url}${options.contextPath}`,
    ...(cloud ? { JIRA_EMAIL: "soc@acme.example" } : {}),
    JIRA_API_TOKEN: cloud ? "jira-token-1" : options.credentials,
    JIRA_PROJECT_KEY: "SEC",
    JIRA_ENABLED: "true",
  };
}

export function serviceNowEnvironment({ url }: ServiceNowStandIn): Record<string, string> {
  return {
    SERVICENOW_INSTANCE: url,
    SERVICENOW_USERNAME: "rhythmx",
    SERVICENOW_PASSWORD: "snow-password-1",
    SERVICENOW_ENABLED: "true",
    SERVICENOW_ASSIGNMENT_GROUP: "SOC Team",
  };
}

/** A ticket of each incident from medium on in those systems. */
export function autoPush(...systems: readonly ("jira" | "servicenow")[]): Record<string, string> {
  return {
    AUTO_PUSH_ENABLED: "true",
    AUTO_PUSH_MIN_SEVERITY: "MEDIUM",
    AUTO_PUSH_SYSTEMS: systems.join(","),
  };
}
