/** @jsxImportSource hono/jsx */
/** `/assets/import`: a file takes the place of an entity's list, after a look at what would change. And the way back: the list as a file. */
import { assetsAsCsv, assetWords, shownAsset } from "../../../../../core/assets/asset-list.ts";
import { UsageError } from "../../../../../core/errors.ts";
import { readAssetList } from "../../../api/assets/asset-routes.ts";
import type { AssetsChanged } from "../../../api/dependencies.ts";
import { BadRequest } from "../../../api/read-request.ts";
import type { ProblemError } from "../../../problem.ts";
import { type Action, page, type Shown } from "../../page.ts";
import { Area } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { type Column, PageHead, Table } from "../../parts/list.tsx";
import { State } from "../../parts/state.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import { askedOf, entityAsked, filtersOf } from "./asset-rows.ts";

const mebibyte = 1024 * 1024;
/** As much as the API takes, and what a form adds. */
const most = 9 * mebibyte;
const longest = 8 * mebibyte;

export const importAssetsPage = page<{ entity: string; count: number }>({
  path: "/assets/import",
  permission: "assets:write",
  at: "/assets",
  title: () => "Import assets",
  load: async (request) => {
    const { caller, ports } = request;
    const { entity, rows } = await ports.api.assets.list(caller, entityAsked(request), { from: "api" });
    return { entity, count: rows.length };
  },
  view: ({ entity, count }) => (
    <>
      <WayBack entity={entity} />
      <PageHead
        title="Import assets"
        sub={`The file takes the place of the list of ${entity}, which has ${count} ${count === 1 ? "row" : "rows"} now.`}
      />
      <Panel title="A list as CSV or JSON" id="import">
        <Form class="form one" action="/console/assets/preview" files>
          <input type="hidden" name="entity" value={entity} />
          <label>
            <span>File</span>
            <input class="field" type="file" name="file" accept=".csv,.json,text/csv,application/json" />
            <span class="hint">
              CSV as a spreadsheet saves it, its first row <code>kind,name,role,criticality,aliases</code>; or JSON as
              the API takes it.
            </span>
          </label>
          <Area label="Or its text" name="text" rows={6} maxlength={longest} />
          <p class="small soft">Nothing is changed yet: first you see what would be.</p>
          <button class="btn primary">Preview</button>
        </Form>
      </Panel>
    </>
  ),
});

const WayBack = ({ entity }: { entity: string }) => (
  <nav class="crumbs" aria-label="Way back">
    <a href={`/assets?entity=${encodeURIComponent(entity)}`}>Assets</a>
    <Icon n="chevron-right" s={13} />
    <span>{entity}</span>
  </nav>
);

function errorsPage(entity: string, errors: readonly ProblemError[]): Shown {
  const again = `/assets/import?entity=${encodeURIComponent(entity)}`;
  return {
    title: "The list has errors",
    at: "/assets",
    view: (
      <>
        <WayBack entity={entity} />
        <PageHead title="The list has errors" sub="Nothing was changed. Mend these and send the file once more." />
        <Panel title={`${errors.length} ${errors.length === 1 ? "error" : "errors"}`} id="errors">
          <Table caption="Errors by line" columns={errorColumns} rows={errors} id={() => null} keys={false} />
          <p class="body">
            <a class="btn" href={again}>
              Back to the import
            </a>
          </p>
        </Panel>
      </>
    ),
  };
}

const errorColumns: readonly Column<ProblemError>[] = [
  { head: "Where", class: "mono", cell: ({ name }) => name },
  { head: "What is wrong", class: "wide", cell: ({ reason }) => reason },
];

type Change = AssetsChanged["changes"][number];

const changeColumns: readonly Column<Change>[] = [
  {
    head: "Change",
    cell: (one) =>
      one.old === null ? (
        <State kind="good">Added</State>
      ) : one.new === null ? (
        <State kind="bad">Removed</State>
      ) : (
        <State kind="wait">Changed</State>
      ),
  },
  { head: "Name", class: "wide", cell: (one) => <b class="any">{(one.new ?? one.old)?.name}</b> },
  { head: "Kind", class: "drop", cell: (one) => (one.new ?? one.old)?.kind },
  {
    head: "What",
    class: "names",
    cell: (one) => (
      <span class="any small">
        {one.old === null ? null : assetWords(one.old)}
        {one.old === null || one.new === null ? null : " → "}
        {one.new === null ? null : assetWords(one.new)}
      </span>
    ),
  },
];

function previewPage(changed: AssetsChanged, list: string): Shown {
  const { entity, added, changed: other, removed, hosts, accounts, leftOut, changes, revision } = changed;
  const count = added + other + removed;
  const back = `/assets/import?entity=${encodeURIComponent(entity)}`;
  return {
    title: "What would change",
    at: "/assets",
    view: (
      <>
        <WayBack entity={entity} />
        <PageHead
          title="What would change"
          sub={`The list of ${entity} would have ${hosts} hosts and ${accounts} accounts: ${added} added, ${other} changed, ${removed} removed.`}
        />
        <div class="stack">
          {leftOut === 0 ? null : (
            <Notice kind="run">{`${leftOut} rows only repeat what the file or logs say, and are left out.`}</Notice>
          )}
          {removed === 0 ? null : (
            <Notice kind="wait">{`${removed} ${removed === 1 ? "row is" : "rows are"} in the list now and not in the file.`}</Notice>
          )}
          <Panel
            title={count === 0 ? "Nothing would change" : `${count} changes`}
            id="changes"
            note={changes.length < count ? `the first ${changes.length}` : undefined}
          >
            {count === 0 ? null : (
              <Table caption="Changes" columns={changeColumns} rows={changes} id={() => null} keys={false} />
            )}
            <Form class="body row" action="/console/assets/replace" files>
              <input type="hidden" name="entity" value={entity} />
              <input type="hidden" name="revision" value={String(revision)} />
              <textarea name="list" hidden aria-label="The list" readonly>
                {list}
              </textarea>
              {count === 0 ? null : <button class="btn primary">Replace the list</button>}
              <a class="btn plain" href={back}>
                Cancel
              </a>
            </Form>
          </Panel>
        </div>
      </>
    ),
  };
}

/** JSON begins with a bracket; anything else is read as CSV. */
function readList(text: string) {
  return readAssetList({ format: /^\s*[[{]/.test(text) ? "json" : "csv", text });
}

export const importActions: readonly Action[] = [
  {
    path: "/console/assets/preview",
    permission: "assets:write",
    most,
    run: async ({ caller, ports, form }) => {
      const text = form.exact("file", longest) || form.exact("text", longest);
      if (text.trim() === "") throw new UsageError("file: choose a file, or paste its text");
      const given = form.text("entity") || null;
      // A tenant that the caller may not see is refused before anything is read.
      const { entity } = await ports.api.assets.list(caller, given, { from: "api" });
      try {
        const { rows } = readList(text);
        return previewPage(
          await ports.api.assets.replace(caller, entity, { rows, revision: null, isTrial: true }),
          text,
        );
      } catch (error) {
        if (error instanceof BadRequest) return errorsPage(entity, error.errors);
        throw error;
      }
    },
  },
  {
    path: "/console/assets/replace",
    permission: "assets:write",
    most,
    run: async ({ caller, ports, form }) => {
      const { rows } = readList(form.exact("list", longest));
      const revision = Number(form.required("revision", 20));
      if (!Number.isSafeInteger(revision)) throw new UsageError("revision: preview the list once more");
      const done = await ports.api.assets.replace(caller, form.text("entity") || null, { rows, revision });
      const said = `The list is replaced: ${done.added} added, ${done.changed} changed, ${done.removed} removed.`;
      return { to: `/assets?entity=${encodeURIComponent(done.entity)}`, said };
    },
  },
  {
    path: "/console/assets/export",
    permission: "read",
    run: async ({ caller, ports, form }) => {
      const format = form.oneOf("format", ["csv", "json"]);
      const names = ["entity", "q", "from", "kind", "role", "criticality"];
      const query = new URLSearchParams(names.map((name) => [name, form.text(name)] as [string, string]));
      const asked = askedOf({ url: new URL(`http://console.invalid/assets?${query}`) });
      const { entity, rows } = await ports.api.assets.list(caller, asked.entity || null, filtersOf(asked));
      if (format === "csv") return { file: "assets.csv", type: "text/csv; charset=utf-8", body: assetsAsCsv(rows) };
      const list = { entity_name: entity, total: rows.length, assets: rows.map(shownAsset) };
      return { file: "assets.json", type: "application/json", body: `${JSON.stringify(list, null, 2)}\n` };
    },
  },
];
