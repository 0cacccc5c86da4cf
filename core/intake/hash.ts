/** Keys that identify a detection's alert, its delivery and its batch. */
import { createHash, hash } from "node:crypto";
import type { Detection } from "../detection.ts";
import { normaliseHost, normaliseName, normaliseUser } from "./identity.ts";

export interface AlertKey {
  entity: string;
  ruleId: string | null;
  ruleTitle: string;
  user: string | null;
  host: string | null;
  srcIp: string | null;
}

/**
 * Dedup key of an alert (CONTRACT 2): 16 hex digits of SHA-256 over [entity, rule, user, host, ip], the source IP only where there
 * is neither user nor host. The user counts as given even where it is a machine account and the host is the actor of the incident:
 * an alert says what the log said, and lists of shared accounts may change without changing hashes.
 */
export function alertHash(key: AlertKey): string {
  const user = normaliseUser(key.user);
  const host = normaliseHost(key.host);
  const ip = user === "" && host === "" ? normaliseName(key.srcIp) : "";
  return hash("sha256", jsonOf(normaliseName(key.entity), ruleOf(key), user, host, ip), "hex").slice(0, 16);
}

/** Key under which a detection's `id` is remembered, scoped to (entity, rule): 16 bytes of SHA-256 as base64; null without id. */
export function idKeyOf(detection: Pick<Detection, "entity" | "ruleId" | "ruleTitle" | "id">): string | null {
  if (detection.id === null) return null;
  const key = JSON.stringify([normaliseName(detection.entity), ruleOf(detection), detection.id]);
  const digest = hash("sha256", key, "buffer");
  return digest.subarray(0, 16).toString("base64");
}

/**
 * Identifies a batch by kind, format and body, as hexadecimal SHA-256. The same bytes sent as alarms, or as
 * another engine's, are another batch: the first answer would be wrong for them.
 */
export function batchSha256(kind: "detections" | "alarms", format: string, body: Uint8Array): string {
  return createHash("sha256").update(`${kind} ${format}\n`).update(body).digest("hex");
}

function ruleOf(key: Pick<AlertKey, "ruleId" | "ruleTitle">): string {
  return normaliseName(key.ruleId) || normaliseName(key.ruleTitle);
}

/** JSON of an array of these texts, faster than JSON.stringify for the usual ones. */
function jsonOf(entity: string, rule: string, user: string, host: string, ip: string): string {
  return `[${quoted(entity)},${quoted(rule)},${quoted(user)},${quoted(host)},${quoted(ip)}]`;
}

function quoted(text: string): string {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // A control character, a quote or backslash, or perhaps half a surrogate pair.
    if (code < 32 || code > 126 || code === 34 || code === 92) return JSON.stringify(text);
  }
  return `"${text}"`;
}
