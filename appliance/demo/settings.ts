/** The settings of the demo's appliance. */
import { resolveSettings } from "../../core/settings/resolve.ts";

/** Settings from the values given here alone, without files or environment. */
export function demoSettings(
  dataDir: string,
  password: string,
  jiraUrl: string,
  alertsPort: number,
  incidentsPort: number,
) {
  const fileOf = (name: string, port: number, daemon: object) => ({
    source: "the demo",
    folder: dataDir,
    content: { text: JSON.stringify({ syslog: { name, protocol: "tcp", host: "127.0.0.1", port }, daemon }) },
  });
  return resolveSettings({
    environment: {
      RHYTHMX_DATA_DIR: dataDir,
      RHYTHMX_ADMIN_PASSWORD: password,
      JIRA_URL: jiraUrl,
      JIRA_API_TOKEN: "demo-token",
      JIRA_EMAIL: "demo@rhythmx.example",
      JIRA_PROJECT_KEY: "SEC",
      JIRA_ENABLED: "true",
      AUTO_PUSH_ENABLED: "true",
      AUTO_PUSH_MIN_SEVERITY: "HIGH",
      RHYTHMX_LISTEN: "127.0.0.1:0",
      RHYTHMX_ALERT_HEALTH: "127.0.0.1:0",
      RHYTHMX_INCIDENT_HEALTH: "127.0.0.1:0",
      // Temporary folders are often small; the demo needs a few megabytes.
      RHYTHMX_MIN_FREE_BYTES: "10000000",
      RHYTHMX_MIN_FREE_PERCENT: "0",
    },
    envFile: null,
    // In the demo's seconds. The default of 30 would mean many turns in each real second.
    alertFeedFile: fileOf("alerts", alertsPort, { poll_interval_seconds: 300, hourly_interval_minutes: 60 }),
    incidentFeedFile: fileOf("incidents", incidentsPort, { poll_interval_seconds: 300 }),
    configDir: dataDir,
    defaultDataDir: dataDir,
  });
}
