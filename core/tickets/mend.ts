/** A request that the target refused, mended by hand. */
import { UsageError } from "../errors.ts";

/** By these a ticket is found again: with others there would be two. */
const fixed = ["labels", "project", "correlation_id", "properties"];

/** The request with these fields instead; null takes a field away. Jira's stand in `fields`. @throws UsageError */
export function mendPayload(payload: string, changes: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(changes);
  if (names.length === 0) throw new UsageError("fields: name at least one");
  const kept = names.find((name) => fixed.includes(name.toLowerCase()));
  if (kept !== undefined) throw new UsageError(`fields.${kept}: stays, because the ticket is found by it`);
  const request = JSON.parse(payload) as Record<string, unknown>;
  const inner = request.fields;
  const isNested = typeof inner === "object" && inner !== null;
  const merged = { ...(isNested ? inner : request), ...changes };
  const fields = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  return JSON.stringify(isNested ? { ...request, fields } : fields);
}
