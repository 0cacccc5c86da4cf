/** @jsxImportSource hono/jsx */
/** `/keys/new`. The key is on the answer to the form and nowhere else: no address shows it, and no form is taken twice. */
import { randomBytes } from "node:crypto";
import { type ApiKeyScope, apiKeyScopes } from "../../../../../core/api-key.ts";
import { UsageError } from "../../../../../core/errors.ts";
import { type Action, page, type Shown } from "../../page.ts";
import { EntityFields, readEntities } from "../../parts/access/entities.tsx";
import { OwnPassword } from "../../parts/access/own-password.tsx";
import { Boxes, Field, Select } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { PageHead } from "../../parts/list.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import { scopeWords } from "./key-rows.ts";

const lifetimes = [
  ["365", "one year"],
  ["90", "90 days"],
  ["30", "30 days"],
  ["1", "one day"],
  ["", "without end"],
] as const;

interface Data {
  entities: string[] | null;
  /** Of this form alone. */
  once: string;
}

export const newKeyPage = page<Data>({
  path: "/keys/new",
  permission: "administer",
  at: "/keys",
  title: () => "New API key",
  load: async ({ caller, ports }) => ({
    entities: await ports.overview.entities(caller),
    once: randomBytes(12).toString("base64url"),
  }),
  view: ({ entities, once }) => (
    <>
      <PageHead title="New API key" sub="One for each program, with what it needs and nothing else." />
      <Panel title="Key" id="key">
        <Form class="form" action="/console/keys">
          <input type="hidden" name="once" value={once} />
          <Field label="Name" name="name" required autofocus maxlength={100} hint="By which you know the program." />
          <Select label="Holds for" name="days" value="365" options={lifetimes} />
          <Boxes
            legend="It may"
            name="scopes"
            options={apiKeyScopes.map((scope) => ({
              value: scope,
              text: (
                <>
                  {scopeWords[scope].may} <code>{scope}</code>
                </>
              ),
              what: scopeWords[scope].opens,
            }))}
            ticked={[]}
          />
          <EntityFields known={entities} chosen={[]} />
          <OwnPassword of="new-" />
          <div class="row wide">
            <button class="btn primary">Create key</button>
            <a class="btn plain" href="/keys">
              Cancel
            </a>
          </div>
        </Form>
      </Panel>
    </>
  ),
});

/** The forms that were sent, the newest: a page that is loaded again does not make another key. */
const mostRemembered = 1_000;

export function newKeyAction(): Action {
  const sent = new Set<string>();
  const expectUnsent = (once: string) => {
    if (sent.has(once))
      throw new UsageError(
        "this form has made its key already, and a key is shown once: if it is lost, revoke it and make another",
      );
  };
  return {
    path: "/console/keys",
    permission: "administer",
    run: async ({ caller, form, ports }) => {
      const once = form.required("once", 40);
      expectUnsent(once);
      await ports.sessions.confirmPassword(caller, form.exact("own_password", 1_024));
      const scopes = apiKeyScopes.filter((scope) => form.all("scopes").includes(scope));
      if (scopes.length === 0) throw new UsageError("scopes: tick what the program has to do");
      const name = form.required("name", 100);
      const days = form.oneOf(
        "days",
        lifetimes.map(([value]) => value),
      );
      const expiresInDays = days === "" ? null : Number(days);
      const request = { name, scopes, entities: readEntities(form), expiresInDays };
      // Looked up anew: the same form may have been sent again while the password was checked.
      expectUnsent(once);
      sent.add(once);
      for (const oldest of sent) if (sent.size > mostRemembered) sent.delete(oldest);
      try {
        const made = (await ports.api.administration.createKey(caller, request)) as unknown as { key: string };
        return shown(name, made.key, scopes);
      } catch (error) {
        sent.delete(once);
        throw error;
      }
    },
  };
}

function shown(name: string, key: string, scopes: readonly ApiKeyScope[]): Shown {
  return {
    title: "The new key",
    at: "/keys",
    view: (
      <>
        <PageHead title="The new key" sub={`${name}: ${scopes.join(", ")}`} />
        <Panel title="Copy it now" id="new-key">
          <div class="body stack" data-once="">
            <Notice kind="wait">
              It is shown this once: the appliance keeps only its checksum. Whoever has it may do what its scopes say.
            </Notice>
            <p class="mono secret" id="key-text">
              {key}
            </p>
            <p class="row">
              <button type="button" class="btn primary scripted" data-copy="#key-text">
                <Icon n="copy" />
                Copy key
              </button>
              <a class="btn" href="/keys">
                Done
              </a>
            </p>
            <p class="small soft">
              Programs send it as <code>X-API-Key</code> or <code>Authorization: Bearer</code>.
            </p>
          </div>
        </Panel>
      </>
    ),
  };
}
