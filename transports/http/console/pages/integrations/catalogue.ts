/** Everything that System Settings > Integrations has, in its order. A page of settings is linked from here once it has a path. */

interface Integration {
  /** The section of the API, or the ticket system. */
  id: string;
  title: string;
  short: string;
  /** Of the page where it is set up; null = there is none yet. */
  path: string | null;
}

export const integrations = [
  {
    id: "alert_syslog",
    title: "Alert Syslog Forwarding",
    short: "Alert syslog",
    path: "/settings/integrations/alert-syslog",
  },
  {
    id: "incident_syslog",
    title: "Incident/Case Syslog Forwarding",
    short: "Incident syslog",
    path: "/settings/integrations/incident-syslog",
  },
  { id: "jira", title: "Jira", short: "Jira", path: "/settings/integrations/jira" },
  { id: "servicenow", title: "ServiceNow", short: "ServiceNow", path: "/settings/integrations/servicenow" },
  { id: "proactive", title: "Proactive", short: "Proactive", path: "/settings/integrations/proactive" },
  { id: "auto_push", title: "Auto-push", short: "Auto-push", path: "/settings/integrations/auto-push" },
  { id: "retry", title: "Retries", short: "Retries", path: "/settings/integrations/retries" },
] as const satisfies readonly Integration[];

export function integrationOf(id: string): Integration | undefined {
  return integrations.find((one) => one.id === id);
}
