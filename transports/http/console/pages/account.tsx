/** @jsxImportSource hono/jsx */
/** `/account`: one's own name, password and second factor, and how pages are shown. */
import { setSessionCookie, themes, zoneChoices } from "../cookies.ts";
import { safeReturn } from "../origin.ts";
import { type Action, page } from "../page.ts";
import { Field, Select } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { Time } from "../parts/time.tsx";
import { Panel } from "../parts/words.tsx";
import type { OriginPort } from "../ports.ts";
import { SecondFactor, secondFactorActions } from "./access/second-factor.tsx";
import { PasswordFields } from "./sign-in.tsx";

/** Of `GET /api/me`. */
interface Me {
  name: string;
  display_name: string | null;
  role: string;
  entities: string[];
  second_factor: boolean;
  recovery_codes_left: number;
  last_login_at: string | null;
}

export const accountPage = page<Me>({
  path: "/account",
  permission: "self",
  at: "/account",
  title: () => "Your account",
  load: async ({ caller, ports }) => ports.api.logins.me(caller) as unknown as Me,
  view: (me, { preferences, caller }) => (
    <>
      <div class="page-head">
        <div class="grow">
          <h1>Your account</h1>
          <p class="sub">
            {me.name} · {me.role} · {me.entities.length === 0 ? "all entities" : me.entities.join(", ")}
          </p>
        </div>
      </div>
      <div class="halves">
        <div class="stack">
          <Panel title="Name" id="name">
            <Form class="form one" action="/console/display-name">
              <Field
                label="How others see you"
                name="display_name"
                value={me.display_name ?? ""}
                placeholder={me.name}
                maxlength={80}
                hint="In lists, histories and notes. Empty: your login."
              />
              <button class="btn">Save name</button>
            </Form>
          </Panel>
          <Panel title="Password" id="password">
            <Form class="form one" action="/console/password">
              <input type="hidden" name="to" value="/account" />
              <input type="hidden" name="username" value={me.name} autocomplete="username" />
              <PasswordFields />
              <p class="small quiet">Everywhere else you are signed out.</p>
              <button class="btn">Change password</button>
            </Form>
          </Panel>
          <SecondFactor isSet={me.second_factor} codesLeft={me.recovery_codes_left} />
        </div>
        <div class="stack">
          <Panel title="Times and colours" id="zone">
            <Form class="form one" action="/console/preferences" plain>
              <input type="hidden" name="to" value="/account" />
              <Select
                label="Times"
                name="zone"
                value={preferences.zoneChoice}
                options={zoneChoices.map((one) => [one, one === "UTC" ? "UTC" : "the zone of this browser"] as const)}
                hint={`Now in ${preferences.zone.replaceAll("_", " ")}. Every time shows UTC too when you point at it.`}
              />
              <Select
                label="Theme"
                name="theme"
                value={preferences.theme}
                options={themes.map((one) => [one, one === "system" ? "as the system" : one] as const)}
              />
              <button class="btn">Save</button>
            </Form>
          </Panel>
          <Panel title="This session" id="session">
            <dl class="kv body">
              <dt>Signed in</dt>
              <dd>
                <Time at={me.last_login_at} />
              </dd>
              <dt>From</dt>
              <dd class="mono">{caller.address}</dd>
              <dt>Ends</dt>
              <dd>
                <Time at={caller.endsAt} /> at the latest, and after eight hours without use
              </dd>
            </dl>
          </Panel>
        </div>
      </div>
    </>
  ),
});

/** `origin`: for the cookie of the new session after a change of the password. */
export function accountActions(origin: OriginPort): Action[] {
  const own = { permission: "self" } as const;
  return [
    {
      ...own,
      path: "/console/display-name",
      run: async ({ caller, form, ports }) => {
        await ports.sessions.changeDisplayName(caller, form.text("display_name"));
        return { to: "/account", said: "Your name is saved." };
      },
    },
    {
      ...own,
      path: "/console/password",
      withInitialPassword: true,
      run: async ({ c, caller, form, ports }) => {
        const [current, next] = [form.exact("current_password", 1_024), form.exact("new_password", 1_024)];
        const { cookie } = await ports.sessions.changePassword(caller, current, next);
        setSessionCookie(c, origin, cookie);
        return { to: safeReturn(form.text("to", 2_000)), said: "Your password is changed." };
      },
    },
    ...secondFactorActions,
  ];
}
