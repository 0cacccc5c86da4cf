/** @jsxImportSource hono/jsx */
/** `/users`: who may sign in, with what rights, and when and from where each last did. */
import { roles } from "../../../../../core/access/user.ts";
import { page } from "../../page.ts";
import { Entities } from "../../parts/access/entities.tsx";
import { Filters, SearchField } from "../../parts/filters.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Choice, type Column, NoMatch, PageHead, Table } from "../../parts/list.tsx";
import { Who } from "../../parts/person.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { chosen, parameter } from "../listing.ts";
import { readUsers, type UserRow } from "./user-rows.ts";

interface Data {
  asked: { q: string; role: string };
  users: UserRow[];
  total: number;
}

export const usersPage = page<Data>({
  path: "/users",
  permission: "administer",
  at: "/users",
  title: () => "Users",
  load: async (request) => {
    const { url } = request;
    const asked = { q: parameter(url, "q"), role: chosen(url, "role", roles)[0] ?? "" };
    const all = readUsers(request);
    const q = asked.q.toLowerCase();
    const users = all.filter(
      ({ name, display_name: shown, role }) =>
        (asked.role === "" || role === asked.role) && `${name}\n${shown ?? ""}`.toLowerCase().includes(q),
    );
    return { asked, users, total: all.length };
  },
  view: ({ asked, users, total }) => (
    <>
      <PageHead title="Users" sub="People who sign in here, and programs that log in by the API (role soar).">
        <a class="btn primary" href="/new-user">
          <Icon n="user-plus" />
          New user
        </a>
      </PageHead>
      <section class="panel list" aria-label="Users">
        <Filters action="/users" label="Users" list="list">
          <SearchField name="q" value={asked.q} label="Name" />
          <Choice
            name="role"
            label="Role"
            value={asked.role}
            any="Any role"
            options={roles.map((role) => [role, role] as const)}
          />
        </Filters>
        <div id="list">
          {users.length === 0 ? (
            <NoMatch icon="users" title="No user matches." reset="/users" />
          ) : (
            <Table caption="Users by name" columns={columns} rows={users} id={({ name }) => `user-${name}`} />
          )}
          <div class="foot-bar">
            <span class="keys" />
            <span>{users.length === total ? `${total} in all` : `${users.length} of ${total}`}</span>
          </div>
        </div>
      </section>
    </>
  ),
});

const columns: readonly Column<UserRow>[] = [
  {
    head: "Name",
    class: "wide",
    cell: (user) => (
      <span class="row one">
        <Who login={user.name} />
        <span class="two any">
          <a class="lead" href={`/users/${encodeURIComponent(user.name)}`}>
            {user.display_name ?? user.name}
          </a>
          {user.display_name === null ? null : <small>{user.name}</small>}
        </span>
      </span>
    ),
  },
  { head: "Role", cell: (user) => <span class="tag">{user.role}</span> },
  { head: "Entities", class: "names", label: "entities", cell: (user) => <Entities names={user.entities} /> },
  {
    head: "Second factor",
    cell: (user) =>
      user.second_factor ? (
        <State kind="good">Second factor</State>
      ) : (
        <State kind={user.role === "admin" ? "wait" : "idle"}>No second factor</State>
      ),
  },
  {
    head: "Last sign-in",
    class: "nowrap",
    label: "last sign-in",
    cell: (user) => (
      <span class="two">
        <Time at={user.last_login_at} />
        <small class="mono">{user.last_login_from ?? ""}</small>
      </span>
    ),
  },
  { head: "State", cell: (user) => <UserState user={user} /> },
];

export const UserState = ({ user }: { user: UserRow }) => {
  if (user.disabled) return <State kind="idle">Disabled</State>;
  if (user.locked_until !== null)
    return (
      <State kind="wait">
        <span>
          Locked until <Time at={user.locked_until} seconds />
        </span>
      </State>
    );
  if (user.password_change_required) return <State kind="wait">Password to be changed</State>;
  return <State kind="good">Active</State>;
};
