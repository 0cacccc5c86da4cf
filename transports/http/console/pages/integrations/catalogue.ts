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
  { id: "jira", title: "Jira", short: "Jira", path: null },
  { id: "servicenow", title: "ServiceNow", short: "ServiceNow", path: null },
  { id: "proactive", title: "Proactive", short: "Proactive", path: null },
] as const satisfies readonly Integration[];

export function integrationOf(id: string): Integration | undefined {
  return integrations.find((one) => one.id === id);
}
