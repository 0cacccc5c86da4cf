/** @jsxImportSource hono/jsx */
/** `/assets`: hosts and accounts of an entity, with their roles, where each comes from, and what that does to scores. */
import { may } from "../../../../../core/access/caller.ts";
import {
  assetKinds,
  assetSources,
  criticalities,
  type ListedAsset,
  roleWords,
  usualCriticality,
} from "../../../../../core/assets/asset.ts";
import { roleEffect } from "../../../../../core/assets/role-effect.ts";
import { page } from "../../page.ts";
import { Select } from "../../parts/field.tsx";
import { Filters, SearchField } from "../../parts/filters.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Choice, type Column, NoMatch, PageHead, Table } from "../../parts/list.tsx";
import { words } from "../../parts/severity.tsx";
import { PageFoot } from "../../parts/table.tsx";
import { Empty } from "../../parts/words.tsx";
import { pageNumber, pageSize } from "../listing.ts";
import { type Asked, askedOf, entityAsked, filtersOf, roleOptions, sourceNames } from "./asset-rows.ts";

interface Data {
  asked: Asked;
  entity: string;
  /** Null = too many to choose from. */
  entities: string[] | null;
  rows: ListedAsset[];
  mayWrite: boolean;
}

export const assetsPage = page<Data>({
  path: "/assets",
  permission: "read",
  at: "/assets",
  title: () => "Assets",
  load: async (request) => {
    const { caller, ports } = request;
    const asked = askedOf(request);
    const [{ entity, rows }, known] = await Promise.all([
      ports.api.assets.list(caller, entityAsked(request), filtersOf(asked)),
      ports.overview.entities(caller),
    ]);
    const entities = known && [...new Set([...known, ...(caller.entities ?? []), entity])];
    return { asked, entity, entities, rows, mayWrite: may(caller, "assets:write") };
  },
  view: ({ asked, entity, entities, rows, mayWrite }, { url }) => {
    const first = (pageNumber(url) - 1) * pageSize;
    const shown = rows.slice(first, first + pageSize);
    const isNarrowed = Object.keys(filtersOf(asked)).length > 0;
    const of = `entity=${encodeURIComponent(entity)}`;
    return (
      <>
        <PageHead
          title="Assets"
          sub="What hosts and accounts are for: it weighs their evidence, and keeps advice from harming what matters."
        >
          {mayWrite ? (
            <div class="row">
              <a class="btn" href={`/assets/import?${of}`}>
                <Icon n="upload" />
                Import
              </a>
              <a class="btn" href={`/assets/edit?${of}&kind=account`}>
                New account
              </a>
              <a class="btn primary" href={`/assets/edit?${of}&kind=host`}>
                <Icon n="plus" />
                New host
              </a>
            </div>
          ) : null}
        </PageHead>
        <section class="panel list" aria-label="Assets">
          <Filters
            action="/assets"
            label="Assets"
            list="list"
            keep={entities === null || entities.length > 1 ? {} : { entity: asked.entity }}
          >
            <SearchField name="q" value={asked.q} label="Name or alias" />
            {entities === null ? (
              <SearchField name="entity" value={entity} label="Entity" />
            ) : entities.length > 1 ? (
              <Select
                bare
                label="Entity"
                name="entity"
                value={entity}
                options={entities.map((name) => [name, name] as const)}
              />
            ) : null}
            <Choice
              name="kind"
              label="Kind"
              value={asked.kind}
              any="Hosts and accounts"
              options={assetKinds.map((kind) => [kind, `${words(kind)}s`] as const)}
            />
            <Choice name="role" label="Role" value={asked.role} any="Any role" options={roleOptions(asked.kind)} />
            <Choice
              name="criticality"
              label="Criticality"
              value={asked.criticality}
              any="Any criticality"
              options={criticalities.map((one) => [one, one] as const)}
            />
            <Choice
              name="from"
              label="Source"
              value={asked.from}
              any="Any source"
              options={assetSources.map((one) => [one, sourceNames[one]] as const)}
            />
          </Filters>
          <div id="list">
            {shown.length > 0 ? (
              <Table
                caption={`Assets of ${entity}`}
                columns={columnsOf(entity, mayWrite)}
                rows={shown}
                id={() => null}
                keys={false}
              />
            ) : isNarrowed ? (
              <NoMatch icon="boxes" title="No asset matches." reset={`/assets?${of}`} />
            ) : (
              <Empty icon="boxes" title={`Nothing is known of hosts and accounts of ${entity} yet.`}>
                <p>Domain controllers and servers are found in logs; say what else matters.</p>
              </Empty>
            )}
            <PageFoot url={url} page={pageNumber(url)} size={pageSize} shown={shown.length} total={rows.length} />
            <div class="foot-bar">
              <Export asked={{ ...asked, entity }} />
            </div>
          </div>
        </section>
      </>
    );
  },
});

const Export = ({ asked }: { asked: Asked }) => (
  <Form action="/console/assets/export" class="row" plain label="Export">
    {Object.entries(asked).map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
    <button class="btn mini" name="format" value="csv">
      <Icon n="download" s={13} />
      Export CSV
    </button>
    <button class="btn mini" name="format" value="json">
      <Icon n="download" s={13} />
      Export JSON
    </button>
  </Form>
);

function columnsOf(entity: string, mayWrite: boolean): readonly Column<ListedAsset>[] {
  return [
    {
      head: "Name",
      class: "wide",
      cell: (row) => (
        <span class="two any">
          {mayWrite && row.from !== "file" ? (
            <a class="lead" href={editAddress(entity, row)}>
              {row.name}
            </a>
          ) : (
            <b>{row.name}</b>
          )}
          <small class="mono">{row.aliases.join(", ")}</small>
        </span>
      ),
    },
    { head: "Kind", class: "drop", cell: (row) => row.kind },
    {
      head: "Role",
      cell: (row) => (row.role === null ? <span class="quiet">not said</span> : roleWords(row.kind, row.role)),
    },
    {
      head: "Criticality",
      label: "criticality",
      cell: (row) => row.criticality ?? <span class="quiet">{usualCriticality(row.role)}, by role</span>,
    },
    { head: "What it does", class: "wide small", cell: (row) => roleEffect(row.role, row.criticality) },
    { head: "Source", cell: (row) => <Source row={row} /> },
  ];
}

const Source = ({ row }: { row: ListedAsset }) => {
  if (row.from === "file")
    return (
      <span class="pin" title="Changed in the file, and by a reload">
        <Icon n="lock" s={12} />
        file, <code>assets.json</code>
      </span>
    );
  return <span class="tag">{row.from === "api" ? "list" : "found in logs"}</span>;
};

function editAddress(entity: string, { kind, name }: ListedAsset): string {
  return `/assets/edit?${new URLSearchParams({ entity, kind, name })}`;
}
