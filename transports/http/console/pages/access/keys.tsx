/** @jsxImportSource hono/jsx */
/** `/keys`: what programs may do, since when, and when and from where each key was last used. */
import { page } from "../../page.ts";
import { Entities } from "../../parts/access/entities.tsx";
import { Icon } from "../../parts/icon.tsx";
import { type Column, PageHead, Table } from "../../parts/list.tsx";
import { Person } from "../../parts/person.tsx";
import { State } from "../../parts/state.tsx";
import { Views, withParameters } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { useViewing } from "../../parts/viewing.ts";
import { Empty, Notice } from "../../parts/words.tsx";
import { parameter } from "../listing.ts";
import { type KeyRow, keyState, readKeys, scopeWords } from "./key-rows.ts";

const views = [
  { id: "", name: "In use" },
  { id: "ended", name: "Ended" },
] as const;

interface Data {
  view: (typeof views)[number];
  keys: KeyRow[];
}

const hasEnded = (key: KeyRow, now: number) => /^(?:expired|revoked)$/.test(keyState(key, now));

export const keysPage = page<Data>({
  path: "/keys",
  permission: "administer",
  at: "/keys",
  title: () => "API keys",
  load: async (request) => {
    const asked = parameter(request.url, "view");
    return { view: views.find(({ id }) => id === asked) ?? views[0], keys: await readKeys(request) };
  },
  view: ({ view, keys }, { url, viewing: { now } }) => {
    const of = (id: string) => keys.filter((key) => hasEnded(key, now) === (id === "ended"));
    const rows = of(view.id).toReversed();
    const soon = keys.filter((key) => keyState(key, now) === "soon");
    return (
      <>
        <PageHead title="API keys" sub="For programs: each opens what its scopes say, and nothing else.">
          <a class="btn primary" href="/keys/new">
            <Icon n="plus" />
            New key
          </a>
        </PageHead>
        {soon.length === 0 ? null : (
          <Notice kind="wait">
            {soon.map(({ name }) => name).join(", ")} {soon.length === 1 ? "expires" : "expire"} within two weeks: make{" "}
            {soon.length === 1 ? "a new key" : "new keys"} and change the programs before.
          </Notice>
        )}
        <Views
          views={views.map(({ id, name }) => ({
            name,
            count: of(id).length,
            here: id === view.id,
            href: withParameters(url, { view: id }),
          }))}
        />
        <section class="panel list" aria-label="API keys">
          {rows.length === 0 ? (
            <Empty icon="key-round" title={view.id === "" ? "There is no key." : "No key has ended."}>
              <p>Senders need one with scope ingest, a SOAR one with feed:read.</p>
            </Empty>
          ) : (
            <Table caption={`API keys: ${view.name}`} columns={columns} rows={rows} id={({ id }) => id} />
          )}
        </section>
      </>
    );
  },
});

const columns: readonly Column<KeyRow>[] = [
  {
    head: "Name",
    class: "wide",
    cell: (key) => (
      <span class="two any">
        <a class="lead" href={`/keys/${key.id}`}>
          {key.name}
        </a>
        <small class="mono">{key.prefix}…</small>
      </span>
    ),
  },
  {
    head: "May",
    class: "names",
    cell: (key) => (
      <ul class="tight tiny">
        {key.scopes.map((scope) => (
          <li title={scopeWords[scope].opens}>{scopeWords[scope].may}</li>
        ))}
      </ul>
    ),
  },
  { head: "Entities", class: "names", label: "entities", cell: (key) => <Entities names={key.entities} /> },
  {
    head: "Made",
    class: "nowrap drop",
    cell: (key) => (
      <span class="two">
        <Time at={key.created_at} />
        <small>{key.created_by === null ? "" : <Person login={key.created_by} />}</small>
      </span>
    ),
  },
  {
    head: "Last use",
    class: "nowrap",
    label: "last use",
    cell: (key) => (
      <span class="two">
        <Time at={key.last_used_at} />
        <small class="mono">{key.last_used_from ?? ""}</small>
      </span>
    ),
  },
  { head: "Holds", class: "nowrap", cell: (key) => <KeyState row={key} /> },
];

export const KeyState = ({ row }: { row: KeyRow }) => {
  const { now } = useViewing();
  switch (keyState(row, now)) {
    case "revoked":
      return (
        <State kind="idle">
          <span>
            Revoked <Time at={row.revoked_at} />
          </span>
        </State>
      );
    case "expired":
      return (
        <State kind="bad">
          <span>
            Expired <Time at={row.expires_at} />
          </span>
        </State>
      );
    case "soon":
      return (
        <State kind="wait">
          <span>
            Until <Time at={row.expires_at} />
          </span>
        </State>
      );
    case "good":
      return row.expires_at === null ? (
        <State kind="good">Without end</State>
      ) : (
        <State kind="good">
          <span>
            Until <Time at={row.expires_at} />
          </span>
        </State>
      );
  }
};
