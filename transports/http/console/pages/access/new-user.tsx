/** @jsxImportSource hono/jsx */
/** `/new-user`: a user may be called "new". */
import { type Role, roles } from "../../../../../core/access/user.ts";
import { type Action, page } from "../../page.ts";
import { EntityFields, readEntities } from "../../parts/access/entities.tsx";
import { OwnPassword } from "../../parts/access/own-password.tsx";
import { Field } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { PageHead } from "../../parts/list.tsx";
import { Panel } from "../../parts/words.tsx";
import { roleWords } from "./user-rows.ts";

export const newUserPage = page<{ entities: string[] | null }>({
  path: "/new-user",
  permission: "administer",
  at: "/users",
  title: () => "New user",
  load: async ({ caller, ports }) => ({ entities: await ports.overview.entities(caller) }),
  view: ({ entities }) => (
    <>
      <PageHead title="New user" sub="The password that you choose opens nothing but the choice of another one." />
      <Panel title="Account" id="account">
        <Form class="form" action="/console/users">
          <Field
            label="Name"
            name="name"
            required
            autofocus
            maxlength={64}
            hint="Letters, digits, dots, hyphens, underscores or @, such as jane.doe."
          />
          <Field
            label="First password"
            name="password"
            type="password"
            required
            autocomplete="new-password"
            maxlength={1024}
            hint="12 characters or more. At the first sign-in it has to be changed; role soar keeps it."
          />
          <RoleBoxes chosen="viewer" />
          <EntityFields known={entities} chosen={[]} />
          <OwnPassword of="new-" />
          <div class="row wide">
            <button class="btn primary">Create user</button>
            <a class="btn plain" href="/users">
              Cancel
            </a>
          </div>
        </Form>
      </Panel>
    </>
  ),
});

/** One role, each with what it opens. */
export const RoleBoxes = ({ chosen }: { chosen: Role }) => (
  <fieldset class="ticks wide">
    <legend>Role</legend>
    {roles.map((one) => (
      <label class="row one">
        <input type="radio" name="role" value={one} checked={one === chosen} />
        <span class="any">
          {one} <small class="tiny quiet">{roleWords[one]}</small>
        </span>
      </label>
    ))}
  </fieldset>
);

export const newUserAction: Action = {
  path: "/console/users",
  permission: "administer",
  run: async ({ caller, form, ports }) => {
    await ports.sessions.confirmPassword(caller, form.exact("own_password", 1_024));
    const name = form.required("name", 64);
    const user = { name, role: form.oneOf("role", roles), entities: readEntities(form) };
    await ports.api.administration.createUser(caller, { ...user, password: form.exact("password", 1_024) });
    return { to: `/users/${encodeURIComponent(name)}`, said: `${name} may sign in.` };
  },
};
