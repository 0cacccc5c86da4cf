/** Entries as `GET /api/audit` has them, what an address asks for, and where an entry leads. */
import { type AuditFilters, auditOutcomes, auditSources, type Change } from "../../../../../core/access/audit.ts";
import { dayMs } from "../../../../../core/time.ts";
import { dayStart } from "../../parts/time.tsx";

export interface AuditRow {
  id: number;
  at: string;
  who: string;
  action: string;
  target: string;
  detail: Record<string, unknown>;
  address: string;
  source: string;
  outcome: "done" | "refused" | "failed";
}

/** The parameters of the address. Days are those of the viewer's zone. */
export const askedNames = ["who", "kind", "action", "target", "source", "outcome", "from", "to"] as const;
export type Asked = Record<(typeof askedNames)[number], string>;

/** What the filters of the API get. `to` is the last day that counts. */
export function filtersOf(asked: Asked, zone: string): AuditFilters {
  const { from, to, outcome, source, ...words } = asked;
  const [first, last] = [dayStart(from, zone), dayStart(to, zone) === null ? null : dayStart(dayAfter(to), zone)];
  const given = {
    ...words,
    source: auditSources.find((one) => one === source) ?? "",
    outcome: auditOutcomes.find((one) => one === outcome) ?? "",
  };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== "")),
    ...(first === null ? {} : { from: first }),
    ...(last === null ? {} : { to: last }),
  };
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, 10);
}

/** What is done here, by the first part of its action. */
export const auditKinds: readonly (readonly [kind: string, what: string])[] = [
  ["login", "Sign-ins"],
  ["logout", "Sign-outs"],
  ["user", "Users"],
  ["key", "API keys"],
  ["incident", "Incidents"],
  ["case", "Cases"],
  ["exception", "Exceptions"],
  ["assets", "Assets"],
  ["ticket", "Tickets"],
  ["delivery", "Deliveries"],
  ["settings", "Settings"],
  ["feed", "Syslog feeds"],
  ["certificate", "Certificate"],
  ["backup", "Backups"],
  ["support", "Support bundles"],
  ["secrets", "Secrets"],
  ["sample", "Sample data"],
  ["audit", "Audit log"],
];

/** The page of what an entry is about; null = it has none. */
export function placeOf({ action, target }: AuditRow): string | null {
  const [kind] = action.split(".");
  const id = encodeURIComponent(target);
  if (kind === "incident" || kind === "ticket") return /^INC-[0-9a-f]{8}$/.test(target) ? `/incidents/${id}` : null;
  if (kind === "case") return `/cases/${id}`;
  if (kind === "exception" && action !== "exception.delete") return `/exceptions/${id}`;
  if (kind === "user" && action !== "user.delete") return `/users/${id}`;
  if (kind === "key" && target.startsWith("key-")) return `/keys/${id}`;
  if (kind === "delivery" && !action.endsWith("_all")) return `/deliveries/${id}`;
  if (kind === "assets") return `/assets?entity=${id}`;
  if (kind === "settings") return "/settings/integrations";
  return null;
}

/** What changed field by field, and the rest of what the entry keeps. */
export function detailOf({ detail }: AuditRow): { changes: Change[]; others: [name: string, value: string][] } {
  const { changes, ...rest } = detail;
  const known = new Set(Array.isArray(changes) ? changes.map(({ name }: Change) => name) : []);
  const others = Object.entries(rest)
    .filter(([name]) => !known.has(name))
    .map(([name, value]): [string, string] => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  return { changes: Array.isArray(changes) ? (changes as Change[]) : [], others };
}
