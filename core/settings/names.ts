/** Names of settings that exist, and the nearest one to a name that does not. */
import { distance } from "fastest-levenshtein";

/** Environment names of other parts of the appliance: known, read elsewhere. Those with `HTTPS_PROXY` are the platform's. */
export const otherEnvironmentNames: readonly string[] = [
  "RHYTHMX_CONFIG_DIR",
  "RHYTHMX_BASE_URL",
  ...withPrefix("JIRA_", "URL EMAIL API_TOKEN PROJECT_KEY ISSUE_TYPE ENABLED DEPLOYMENT"),
  ...withPrefix("JIRA_", "WEBHOOK_SECRET CA_FILE PROXY EXTRA_FIELDS TRANSITION_FIELDS SYNC_SCHEDULE"),
  ...withPrefix("SERVICENOW_", "INSTANCE USERNAME PASSWORD ASSIGNMENT_GROUP ENABLED TABLE"),
  ...withPrefix("SERVICENOW_", "WEBHOOK_SECRET CA_FILE PROXY EXTRA_FIELDS CLOSE_FIELDS"),
  ...withPrefix("PROACTIVE_SNOW_", "BASE_URL APP_ID SECRET TABLE SOURCE SERVICE_IDENTIFIER VERIFY_SSL"),
  ...withPrefix("SNOW_", "SYNC_SCHEDULE UPDATE_CADENCE_HOURS"),
  ...withPrefix("RETRY_", "MAX_RETRIES BASE_DELAY_SECONDS MAX_DELAY_SECONDS SCHEDULE"),
  ...withPrefix("AUTO_PUSH_", "ENABLED MIN_SEVERITY SYSTEMS CAMPAIGNS"),
  ...withPrefix("SLA_", "CRITICAL_MINUTES HIGH_MINUTES MEDIUM_MINUTES LOW_MINUTES"),
  ...withPrefix("UNKNOWN_", "LOOKUP_DELAYS_SECONDS OUTCOME"),
  "TICKET_INTEGRATION",
  "TICKET_ROUTES",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
];

function withPrefix(prefix: string, names: string): string[] {
  return names.split(" ").map((name) => prefix + name);
}

/**
 * The known name that was probably meant, or null when none is near: one that goes on where this one ends, or is at most 2 edits (3 in 10
 * characters) away. Case does not count.
 */
export function nearestName(name: string, known: readonly string[]): string | null {
  const wanted = name.toLowerCase();
  // Far longer than any known name: not worth the quadratic time.
  if (wanted.length > 64) return null;
  const limit = Math.min(Math.max(2, Math.floor(wanted.length * 0.3)), wanted.length - 1);
  let best: { name: string; edits: number } | null = null;
  for (const candidate of known) {
    const other = candidate.toLowerCase();
    const edits = wanted.length >= 3 && other.startsWith(wanted) ? 0 : distance(wanted, other);
    if (edits <= limit && (best === null || edits < best.edits)) best = { name: candidate, edits };
  }
  return best?.name ?? null;
}
