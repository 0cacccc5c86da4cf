/** What an administrator does to a user. */
import { roles, type UserChange } from "../../../../../core/access/user.ts";
import type { Action, ActionRequest } from "../../page.ts";
import { readEntities } from "../../parts/access/entities.tsx";
import { newUserAction } from "./new-user.tsx";

/** `isGrave`: asks for the administrator's own password. */
interface Deed {
  what: string;
  isGrave: boolean;
  change(request: ActionRequest): UserChange;
  said(name: string): string;
}

const deeds: readonly Deed[] = [
  {
    what: "display-name",
    isGrave: false,
    change: ({ form }) => ({ displayName: form.text("display_name") || null }),
    said: (name) => `The name of ${name} is saved.`,
  },
  {
    what: "rights",
    isGrave: true,
    change: ({ form }) => ({ role: form.oneOf("role", roles), entities: readEntities(form) }),
    said: (name) => `The rights of ${name} are saved.`,
  },
  {
    what: "disable",
    isGrave: false,
    change: () => ({ disabled: true }),
    said: (name) => `${name} is disabled and signed out.`,
  },
  {
    what: "enable",
    isGrave: true,
    change: () => ({ disabled: false }),
    said: (name) => `${name} may sign in again.`,
  },
  {
    what: "sessions",
    isGrave: false,
    change: () => ({ endSessions: true }),
    said: (name) => `${name} is signed out everywhere.`,
  },
  {
    what: "password",
    isGrave: true,
    change: ({ form }) => ({ password: form.exact("password", 1_024) }),
    said: (name) => `${name} has a new password, to be changed at the next sign-in.`,
  },
  {
    what: "second-factor",
    isGrave: true,
    change: () => ({ resetTotp: true }),
    said: (name) => `${name} has no second factor any more.`,
  },
];

const own = { permission: "administer" } as const;

export const userActions: readonly Action[] = [
  newUserAction,
  ...deeds.map(
    ({ what, isGrave, change, said }): Action => ({
      ...own,
      path: `/console/users/:name/${what}`,
      run: async (request) => {
        const { caller, form, ports, param } = request;
        const name = param("name");
        if (isGrave) await ports.sessions.confirmPassword(caller, form.exact("own_password", 1_024));
        await ports.api.administration.changeUser(caller, name, change(request), form.text("revision") || null);
        return { to: `/users/${encodeURIComponent(name)}`, said: said(name) };
      },
    }),
  ),
  {
    ...own,
    path: "/console/users/:name/remove",
    run: async ({ caller, form, ports, param }) => {
      await ports.sessions.confirmPassword(caller, form.exact("own_password", 1_024));
      await ports.api.administration.removeUser(caller, param("name"), form.text("revision") || null);
      return { to: "/users", said: `${param("name")} is removed.` };
    },
  },
];
