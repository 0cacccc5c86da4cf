/** @jsxImportSource hono/jsx */
/** `/users/:name`: one user, and all that an administrator may change of it. */
import { EdgeError } from "../../../../../core/errors.ts";
import { page } from "../../page.ts";
import { EntityFields } from "../../parts/access/entities.tsx";
import { OwnPassword } from "../../parts/access/own-password.tsx";
import { Field } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { PageHead } from "../../parts/list.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import { RoleBoxes } from "./new-user.tsx";
import { isLastAdmin, readUsers, roleWords, type UserRow } from "./user-rows.ts";
import { UserState } from "./users.tsx";

interface Data {
  user: UserRow;
  isLast: boolean;
  isOwn: boolean;
  entities: string[] | null;
}

export const userPage = page<Data>({
  path: "/users/:name",
  permission: "administer",
  at: "/users",
  title: ({ user }) => user.name,
  load: async (request) => {
    const { caller, ports, param } = request;
    const users = readUsers(request);
    const user = users.find(({ name }) => name.toLowerCase() === param("name").toLowerCase());
    if (user === undefined) throw new EdgeError("user_unknown", `there is no user ${param("name").slice(0, 64)}`);
    const entities = await ports.overview.entities(caller);
    return { user, isLast: isLastAdmin(user, users), isOwn: user.name === caller.name, entities };
  },
  view: (data) => {
    const { user, isLast, isOwn } = data;
    return (
      <>
        <nav class="crumbs" aria-label="Way back">
          <a href="/users">Users</a>
          <Icon n="chevron-right" s={13} />
          <span>{user.name}</span>
        </nav>
        <PageHead title={user.display_name ?? user.name} sub={`${user.name} · ${user.role}: ${roleWords[user.role]}`} />
        <div class="stack">
          {isOwn ? (
            <Notice kind="run">
              This is your own account. Your name, password and second factor are under{" "}
              <a href="/account">your account</a>; other rights, or none, sign you out at once.
            </Notice>
          ) : null}
          {isLast ? (
            <Notice kind="wait">
              {user.name} is the last administrator who can sign in: before the role is changed, or the account disabled
              or removed, make another administrator.
            </Notice>
          ) : null}
          <div class="halves">
            <div class="stack">
              <Facts user={user} />
              <Rights {...data} />
            </div>
            <div class="stack">
              <Access {...data} />
              {isOwn ? null : <Credentials user={user} />}
              {isOwn || isLast ? null : <Removal user={user} />}
            </div>
          </div>
        </div>
      </>
    );
  },
});

/** What each form of a user carries: which state of it somebody looked at. */
const Revision = ({ user }: { user: UserRow }) => <input type="hidden" name="revision" value={user.revision} />;
const actionOf = ({ name }: UserRow, what: string) => `/console/users/${encodeURIComponent(name)}/${what}`;

const Facts = ({ user }: { user: UserRow }) => (
  <Panel title="Account" id="account" actions={<UserState user={user} />}>
    <dl class="kv body">
      <dt>Last sign-in</dt>
      <dd>
        <Time at={user.last_login_at} />
        {user.last_login_from === null ? null : (
          <>
            {" "}
            from <span class="mono">{user.last_login_from}</span>
          </>
        )}
      </dd>
      <dt>Signed in now</dt>
      <dd>{user.sessions === 0 ? "nowhere" : user.sessions === 1 ? "once" : `${user.sessions} times`}</dd>
      <dt>Second factor</dt>
      <dd>
        {user.second_factor
          ? `set up, ${user.recovery_codes_left} recovery ${user.recovery_codes_left === 1 ? "code" : "codes"} left`
          : "none"}
      </dd>
      <dt>Made</dt>
      <dd>
        <Time at={user.created_at} />
      </dd>
      <dt>What it did</dt>
      <dd>
        <a href={`/audit?who=${encodeURIComponent(user.name)}`}>In the audit log</a>
      </dd>
    </dl>
    <Form class="form one flush" action={actionOf(user, "display-name")}>
      <Revision user={user} />
      <Field
        label="How others see this person"
        name="display_name"
        value={user.display_name ?? ""}
        placeholder={user.name}
        maxlength={80}
      />
      <button class="btn">Save name</button>
    </Form>
  </Panel>
);

const Rights = ({ user, isLast, entities }: Data) => (
  <Panel title="Role and entities" id="rights">
    <Form class="form one" action={actionOf(user, "rights")}>
      <Revision user={user} />
      {isLast ? (
        <p class="small soft">The last administrator stays one, and sees every entity.</p>
      ) : (
        <>
          <RoleBoxes chosen={user.role} />
          <EntityFields known={entities} chosen={user.entities} />
          <p class="small quiet">A change ends every sign-in of the user.</p>
          <OwnPassword of="rights-" />
          <button class="btn">Save rights</button>
        </>
      )}
    </Form>
  </Panel>
);

const Access = ({ user, isLast, isOwn }: Data) => (
  <Panel title="Access" id="access">
    {user.disabled ? (
      <Form class="form one" action={actionOf(user, "enable")}>
        <Revision user={user} />
        <OwnPassword of="enable-" />
        <button class="btn">Enable user</button>
      </Form>
    ) : null}
    <div class="body row">
      {user.disabled || isLast ? null : (
        <Form action={actionOf(user, "disable")}>
          <Revision user={user} />
          <button class="btn">
            <Icon n="ban" />
            Disable user
          </button>
        </Form>
      )}
      {user.sessions === 0 ? null : (
        <Form action={actionOf(user, "sessions")}>
          <button class="btn">
            <Icon n="log-out" />
            End all sessions
          </button>
        </Form>
      )}
    </div>
    <p class="body small quiet">
      {isOwn
        ? "Both sign you out here too."
        : "Who is disabled is signed out at once and cannot sign in; what the user did stays as it is."}
    </p>
  </Panel>
);

const Credentials = ({ user }: { user: UserRow }) => (
  <Panel
    title="Password and second factor"
    id="credentials"
    actions={
      user.second_factor ? <State kind="good">Second factor</State> : <State kind="idle">No second factor</State>
    }
  >
    <Form class="form one" action={actionOf(user, "password")}>
      <Revision user={user} />
      <Field
        label="New password"
        name="password"
        type="password"
        required
        autocomplete="new-password"
        maxlength={1024}
        hint="It opens nothing but the choice of another one, and ends every sign-in of the user."
      />
      <OwnPassword of="password-" />
      <button class="btn">Set password</button>
    </Form>
    {user.second_factor ? (
      <Form class="form one flush" action={actionOf(user, "second-factor")}>
        <Revision user={user} />
        <p class="small soft">
          For a lost phone without recovery codes. Be sure that it is really {user.display_name ?? user.name} who asks:
          from then on the password alone is enough.
        </p>
        <OwnPassword of="factor-" />
        <button class="btn">Remove second factor</button>
      </Form>
    ) : null}
  </Panel>
);

const Removal = ({ user }: { user: UserRow }) => (
  <Panel title="Remove" id="remove">
    <Form class="form one" action={actionOf(user, "remove")}>
      <Revision user={user} />
      <p class="small soft">
        Histories and the audit log keep the name. Whoever only pauses is better disabled: a removed name may be taken
        again.
      </p>
      <OwnPassword of="remove-" />
      <button class="btn">
        <Icon n="trash-2" />
        Remove user
      </button>
    </Form>
  </Panel>
);
