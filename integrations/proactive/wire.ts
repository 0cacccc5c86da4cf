/**
 * The Proactive Case API as assumed until a customer provides a specification (CONTRACT 6, docs/proactive.md): only this file would change.
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

/** A case in an answer. */
export interface CaseAnswer {
  ticketNumber: string;
  ticketStatus: string;
  correlationId: string | null;
  /** Null if the answer does not contain them. */
  priority: string | null;
  shortDescription: string | null;
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

/** By lower-case `ticketStatus`; null and `OPEN` do not change an incident (seed 001 "Bi-Directional Sync"). */
export const meanings: ReadonlyMap<string, IncidentStatus | null> = new Map<string, IncidentStatus | null>(
  Object.entries({
    "work in progress": "IN_PROGRESS",
    resolved: "CLOSED",
    closed: "CLOSED",
    cancelled: "FALSE_POSITIVE",
    canceled: "FALSE_POSITIVE",
    new: "OPEN",
    pending: null,
    suspended: null,
  } as const),
);

/** States that are never reopened. */
export const finalStatus = /^(closed|cancell?ed)$/i;

export const limits = { shortDescription: 160, description: 32_000, workNotes: 32_000 };

/** Possible keys of a case's number; the first one is assumed. */
const numberKeys = ["ticketNumber", "ticket_number", "caseNumber", "case_number", "number"];

/** The cases of an answer: one, a list, or either under `result`. Those without a number are left out. */
export function casesOf(body: unknown): CaseAnswer[] {
  const inner = isObject(body) && "result" in body ? body.result : body;
  const list = Array.isArray(inner) ? inner : [inner];
  return list.filter(isObject).flatMap((one) => {
    const { ticketStatus, correlationId, priority, shortDescription } = one;
    const ticketNumber = numberKeys.map((key) => one[key]).find((value) => typeof value === "string" && value !== "");
    if (typeof ticketNumber !== "string") return [];
    return [
      {
        ticketNumber,
        ticketStatus: typeof ticketStatus === "string" ? ticketStatus : "",
        correlationId: typeof correlationId === "string" ? correlationId : null,
        priority: typeof priority === "string" ? priority : null,
        shortDescription: typeof shortDescription === "string" ? shortDescription : null,
      },
    ];
  });
}

/** The case number in the address of a new case; "" if there is none. */
export function numberInAddress(table: string, address: string): string {
  const parts = address.split(/[?#]/)[0]?.split("/") ?? [];
  const [number = "", name = ""] = [parts.at(-1), parts.at(-2)];
  return name.toLowerCase() === encodeURIComponent(table).toLowerCase() && numberForm.test(number) ? number : "";
}

/** Accepted forms of a number from a person. */
export const numberForm = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
