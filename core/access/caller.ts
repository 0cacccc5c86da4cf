/** Who calls the API, and what each may do (CONTRACT 4). One table: routes name a permission, roles and scopes hold them. */
import type { ApiKeyScope } from "../api-key.ts";
import { normaliseName } from "../intake/identity.ts";
import type { Role } from "./user.ts";

export const permissions = [
  /** Incidents, cases, alerts, the stream, exceptions. */
  "read",
  /** Status, assignment and notes of incidents and cases. */
  "incident:write",
  /** Create an incident manually. */
  "promote",
  "exceptions:write",
  /** Lists of assets. */
  "assets:write",
  /** Tickets: preview, create, retry, discard. */
  "ticket:write",
  /** Users, API keys, the audit log. */
  "administer",
  /** The caller's own password, second factor and logins. */
  "self",
] as const;
export type Permission = (typeof permissions)[number];

const ofRole: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ["read", "self"],
  analyst: ["read", "incident:write", "promote", "exceptions:write", "assets:write", "ticket:write", "self"],
  soar: ["read", "incident:write", "self"],
  admin: permissions,
};

const ofScope: Readonly<Record<ApiKeyScope, readonly Permission[]>> = {
  "feed:read": ["read"],
  "incident:write": ["incident:write"],
  ingest: [],
  "metrics:read": [],
};

export interface Caller {
  kind: "user" | "key";
  id: string;
  /** The name shown in histories. */
  name: string;
  role: Role | null;
  scopes: readonly ApiKeyScope[];
  /** Entities the caller is limited to; null = all. */
  entities: readonly string[] | null;
  /** IP address. */
  address: string;
  /** Set for people who work in the console: histories and the audit log say so. */
  via?: "console";
}

export function may(caller: Caller, permission: Permission): boolean {
  if (caller.role !== null) return ofRole[caller.role].includes(permission);
  return caller.scopes.some((scope) => ofScope[scope].includes(permission));
}

/** Where a change of this caller comes from, as histories and the audit log name it. */
export function sourceOf({ via }: Pick<Caller, "via">): "api" | "console" {
  return via ?? "api";
}

/** Key scopes that grant a permission, named in a refusal. */
export function scopesWith(permission: Permission): ApiKeyScope[] {
  return (Object.keys(ofScope) as ApiKeyScope[]).filter((scope) => ofScope[scope].includes(permission));
}

export function rolesWith(permission: Permission): Role[] {
  return (Object.keys(ofRole) as Role[]).filter((role) => ofRole[role].includes(permission));
}

/** Whether the caller may see data of `entity`. */
export function seesEntity({ entities }: Pick<Caller, "entities">, entity: string): boolean {
  return entities === null || entities.some((one) => normaliseName(one) === normaliseName(entity));
}

/** Whether the client polls by its own clock, as the documented samples do; such clients must not miss rows (CONTRACT 4). */
export function keepsOwnClock({ kind, role }: Caller): boolean {
  return kind === "key" || role === "soar";
}
