/** @jsxImportSource hono/jsx */
/** `/keys/:id`: one key, what it opens, and what stops when it is revoked. */
import { EdgeError } from "../../../../../core/errors.ts";
import { type Action, page } from "../../page.ts";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { PageHead } from "../../parts/list.tsx";
import { Person } from "../../parts/person.tsx";
import { lengthOf, Time } from "../../parts/time.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import { type KeyRow, keyState, readKeys, scopeWords } from "./key-rows.ts";
import { KeyState } from "./keys.tsx";

export const keyPage = page<KeyRow>({
  path: "/keys/:id",
  permission: "administer",
  at: "/keys",
  title: ({ name }) => name,
  load: async (request) => {
    const id = request.param("id");
    const key = (await readKeys(request)).find((one) => one.id === id);
    if (key === undefined) throw new EdgeError("key_unknown", `there is no key ${id.slice(0, 64)}`);
    return key;
  },
  view: (key, { viewing: { now } }) => (
    <>
      <nav class="crumbs" aria-label="Way back">
        <a href="/keys">API keys</a>
        <Icon n="chevron-right" s={13} />
        <span class="mono">{key.id}</span>
      </nav>
      <PageHead title={key.name} sub={<span class="mono">{key.prefix}…</span>} />
      <div class="halves">
        <Panel title="Key" id="key" actions={<KeyState row={key} />}>
          <dl class="kv body">
            <dt>Entities</dt>
            <dd>{key.entities.length === 0 ? "all" : key.entities.join(", ")}</dd>
            <dt>Made</dt>
            <dd>
              <Time at={key.created_at} />
              {key.created_by === null ? null : (
                <>
                  {" "}
                  by <Person login={key.created_by} />
                </>
              )}
            </dd>
            <dt>Last use</dt>
            <dd>
              <Time at={key.last_used_at} />
              {key.last_used_from === null ? null : (
                <>
                  {" "}
                  from <span class="mono">{key.last_used_from}</span>
                </>
              )}
            </dd>
            <dt>Expires</dt>
            <dd>
              <Time at={key.expires_at} />
            </dd>
            <dt>Refused uses</dt>
            <dd>
              <a href={`/audit?kind=key&target=${key.id}`}>In the audit log</a>
            </dd>
          </dl>
        </Panel>
        <div class="stack">
          <Panel title="What it opens" id="scopes">
            <dl class="kv body">
              {key.scopes.map((scope) => (
                <>
                  <dt class="mono">{scope}</dt>
                  <dd>
                    {scopeWords[scope].may}: {scopeWords[scope].opens}
                  </dd>
                </>
              ))}
            </dl>
          </Panel>
          {keyState(key, now) === "revoked" ? null : (
            <Panel title="Revoke" id="revoke">
              <div class="body stack">
                <Notice kind={lastUse(key, now) === null ? "idle" : "wait"}>{whatStops(key, now)}</Notice>
                <Form action={`/console/keys/${key.id}/revoke`}>
                  <button class="btn">
                    <Icon n="ban" />
                    Revoke key
                  </button>
                </Form>
              </div>
            </Panel>
          )}
        </div>
      </div>
    </>
  ),
});

function lastUse({ last_used_at: at }: KeyRow, now: number): string | null {
  return at === null ? null : lengthOf(now - Date.parse(at));
}

function whatStops(key: KeyRow, now: number): string {
  const age = lastUse(key, now);
  if (age === null) return "It has never been used, so nothing stops. It cannot be taken back.";
  const when = age === "now" ? "just now" : `${age} ago`;
  const from = key.last_used_from === null ? "" : ` from ${key.last_used_from}`;
  const words = key.scopes.map((scope) => scopeWords[scope].may.toLowerCase()).join(", ");
  return `The program that used it ${when}${from} can no longer ${words}, from its next request on. It cannot be taken back.`;
}

export const revokeAction: Action = {
  path: "/console/keys/:id/revoke",
  permission: "administer",
  run: async ({ caller, ports, param }) => {
    await ports.api.administration.revokeKey(caller, param("id"));
    return { to: "/keys", said: "The key is revoked: it opens nothing any more." };
  },
};
