/** Changes by hand to a request that the target refused. */
import { UsageError } from "../errors.ts";

/**
 * The request with these fields instead; null removes a field. Jira's stand in `fields`. `fixed`: of the system, by which a ticket is found
 * again: with others there would be two. @throws UsageError
 */
export function mendPayload(
  payload: string,
  changes: Readonly<Record<string, unknown>>,
  fixed: readonly string[],
): string {
  const names = Object.keys(changes);
  if (names.length === 0) throw new UsageError("fields: name at least one");
  const kept = names.find((name) => fixed.some((one) => one.toLowerCase() === name.trim().toLowerCase()));
  if (kept !== undefined) throw new UsageError(`fields.${kept}: stays, because the ticket is found or routed by it`);
  const request = JSON.parse(payload) as Record<string, unknown>;
  const inner = request.fields;
  const isNested = typeof inner === "object" && inner !== null;
  const merged = { ...(isNested ? inner : request), ...changes };
  const fields = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  return JSON.stringify(isNested ? { ...request, fields } : fields);
}
