/**
 * The Proactive Case API as it is assumed until a customer gives theirs (CONTRACT 6, docs/proactive.md): this file is all that has to change.
 *
 * `POST {BASE}/{TABLE}` makes a case, `GET {BASE}/{TABLE}/{ticketNumber}` reads it, `GET {BASE}/{TABLE}?correlationId=` finds it,
 * `PATCH {BASE}/{TABLE}/{ticketNumber}` updates it. HTTP Basic with application id and secret, header `source`.
 */
import type { IncidentStatus } from "../../core/incident.ts";
import type { RiskLevel } from "../../core/risk.ts";

export interface CaseBody {
  serviceIdentifier: string;
  correlationId: string;
  shortDescription: string;
  description: string;
  /** `P1` to `P4`. */
  priority: string;
  workNotes: string;
}

/** What an answer says of a case. */
export interface CaseAnswer {
  ticketNumber: string;
  ticketStatus: string;
  correlationId: string | null;
}

export const paths = {
  create: (table: string) => `/${encodeURIComponent(table)}`,
  one: (table: string, ticketNumber: string) => `/${encodeURIComponent(table)}/${encodeURIComponent(ticketNumber)}`,
  find: (table: string, correlationId: string) =>
    `/${encodeURIComponent(table)}?correlationId=${encodeURIComponent(correlationId)}`,
};

export function headers({ appId, secret, source }: { appId: string; secret: string; source: string }) {
  return { Authorization: `Basic ${Buffer.from(`${appId}:${secret}`).toString("base64")}`, source };
}

export const priorities: Readonly<Record<RiskLevel, string>> = { critical: "P1", high: "P2", medium: "P3", low: "P4" };

/** By `ticketStatus`, in lower case; null and `OPEN` change nothing in an incident (seed 001 "Bi-Directional Sync"). */
export const meanings: Readonly<Record<string, IncidentStatus | null>> = {
  "work in progress": "IN_PROGRESS",
  resolved: "CLOSED",
  closed: "CLOSED",
  cancelled: "FALSE_POSITIVE",
  canceled: "FALSE_POSITIVE",
  new: "OPEN",
  pending: null,
  suspended: null,
};

export const limits = { shortDescription: 160, description: 32_000, workNotes: 32_000 };

/** The cases of an answer: one, a list, or either under `result`. Those without a number are left out. */
export function casesOf(body: unknown): CaseAnswer[] {
  const inner = isObject(body) && "result" in body ? body.result : body;
  const list = Array.isArray(inner) ? inner : [inner];
  return list.filter(isObject).flatMap((one) => {
    const { ticketNumber, ticketStatus, correlationId } = one;
    if (typeof ticketNumber !== "string" || ticketNumber === "") return [];
    const status = typeof ticketStatus === "string" ? ticketStatus : "";
    return [
      { ticketNumber, ticketStatus: status, correlationId: typeof correlationId === "string" ? correlationId : null },
    ];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
