/** Names of settings that exist, and the nearest one to a name that does not. */
import { distance } from "fastest-levenshtein";
import { ticketSettingNames } from "./ticket-definitions.ts";

/** Environment names of other parts of the appliance: known, read elsewhere. HTTP_PROXY is the platform's. */
export const otherEnvironmentNames: readonly string[] = ["RHYTHMX_CONFIG_DIR", ...ticketSettingNames, "HTTP_PROXY"];

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
