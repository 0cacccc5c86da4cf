/** Users as `GET /api/users` has them, and what a page says of each. */
import type { Role } from "../../../../../core/access/user.ts";
import type { PageRequest } from "../../page.ts";

export interface UserRow {
  name: string;
  display_name: string | null;
  role: Role;
  entities: string[];
  disabled: boolean;
  second_factor: boolean;
  password_change_required: boolean;
  created_at: string;
  last_login_at: string | null;
  last_login_from: string | null;
  recovery_codes_left: number;
  revision: string;
  locked_until: string | null;
  sessions: number;
}

export function readUsers({ caller, ports }: PageRequest): UserRow[] {
  return ports.api.administration.users(caller) as unknown as UserRow[];
}

/** The only administrator who can sign in. */
export function isLastAdmin(user: UserRow, users: readonly UserRow[]): boolean {
  const others = users.filter((one) => one.role === "admin" && !one.disabled && one.name !== user.name);
  return user.role === "admin" && !user.disabled && others.length === 0;
}

export const roleWords: Readonly<Record<Role, string>> = {
  viewer: "reads incidents, cases, alerts and the state of the appliance",
  analyst: "also works on incidents and cases, makes tickets, exceptions and lists of assets",
  soar: "for programs: reads, and sets status, owner and notes by the API; the console is closed to it",
  admin: "everything, for all entities: users, keys, settings and the audit log too",
};
