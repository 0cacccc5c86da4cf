/** @jsxImportSource hono/jsx */
/** `/exceptions/new` and `/exceptions/:id/edit`: tried on the last 30 days before it is saved. */
import { page } from "../../page.ts";
import { Icon } from "../../parts/icon.tsx";
import { PageHead } from "../../parts/list.tsx";
import { newOnce, onceField } from "../../sent-forms.ts";
import { unknownException } from "./exception.tsx";
import { type ExceptionRow, readExceptions } from "./exception-rows.ts";
import { type Fields, fieldsOf, ScopePanel, TrialPanel, type Tried, tryFields } from "./trial.tsx";

const WayBack = ({ children }: { children?: string }) => (
  <nav class="crumbs" aria-label="Way back">
    <a href="/exceptions">Exceptions</a>
    <Icon n="chevron-right" s={13} />
    <span class="mono">{children}</span>
  </nav>
);

const covering = "Matching detections are still deduplicated and sent as alerts; they no longer count towards a score.";

export const newExceptionPage = page<{ fields: Fields; tried: Tried | null; once: string }>({
  path: "/exceptions/new",
  permission: "exceptions:write",
  at: "/exceptions",
  title: () => "New exception",
  load: async (request) => {
    const fields = fieldsOf(request.url);
    const isGiven = Object.values(fields).some((value) => value !== "");
    return { fields, tried: isGiven ? await tryFields(request, fields) : null, once: newOnce() };
  },
  view: ({ fields, tried, once }) => (
    <>
      <WayBack>new</WayBack>
      <PageHead title="New exception" sub={covering} />
      <div class="stack">
        <ScopePanel action="/exceptions/new" fields={fields} />
        <TrialPanel
          tried={tried}
          fields={fields}
          save="/console/exceptions"
          saveWords="Save exception"
          back="/exceptions"
          backWords="Cancel"
          more={{ [onceField]: once }}
        />
      </div>
    </>
  ),
});

interface Edited {
  row: ExceptionRow;
  /** As somebody saw it when the editing began. */
  revision: string;
  fields: Fields;
  tried: Tried;
}

export const editExceptionPage = page<Edited>({
  path: "/exceptions/:id/edit",
  permission: "exceptions:write",
  at: "/exceptions",
  title: ({ row }) => `Change ${row.id}`,
  load: async (request) => {
    const { param, url } = request;
    const row = (await readExceptions(request)).find(({ id }) => id === param("id"));
    if (row === undefined) throw unknownException(param("id"));
    const isBegun = url.searchParams.has("revision");
    const fields = isBegun ? fieldsOf(url) : presentFields(row);
    const revision = isBegun ? (url.searchParams.get("revision") ?? "").slice(0, 64) : row.revision;
    return { row, revision, fields, tried: await tryFields(request, fields) };
  },
  view: ({ row, revision, fields, tried }) => (
    <>
      <WayBack>{row.id}</WayBack>
      <PageHead
        title="Change exception"
        sub="What it has suppressed so far is not counted below: that comes back into the scores where it no longer covers it."
      />
      <div class="stack">
        <ScopePanel action={`/exceptions/${row.id}/edit`} fields={fields}>
          <input type="hidden" name="revision" value={revision} />
        </ScopePanel>
        <TrialPanel
          tried={tried}
          fields={fields}
          save={`/console/exceptions/${row.id}/change`}
          saveWords="Save changes"
          back={`/exceptions/${row.id}`}
          backWords="Cancel"
          more={{ revision, until_was: row.until ?? "" }}
        />
      </div>
    </>
  ),
});

function presentFields(row: ExceptionRow): Fields {
  const { rule, actor, host, process, command_line, hash, reason } = row;
  const entity = row.entity_name;
  const until = row.until?.slice(0, 10) ?? "";
  const all = { entity, rule, actor, host, process, command_line, hash, until, reason };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, value ?? ""]));
}
