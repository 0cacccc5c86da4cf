/** @jsxImportSource hono/jsx */
/** `/cases`: attack patterns of one actor, by severity, kind and status. */
import { builtInPatterns } from "../../../../../core/correlation/patterns.ts";
import { type CaseStatus, caseSeverities } from "../../../../../core/threat-case.ts";
import { page } from "../../page.ts";
import { Filters, SearchField } from "../../parts/filters.tsx";
import { Choice, type Column, EntityChoice, NoMatch, PageHead, Table } from "../../parts/list.tsx";
import { Who } from "../../parts/person.tsx";
import { levelOf, Sev, words } from "../../parts/severity.tsx";
import { Status } from "../../parts/state.tsx";
import { PageFoot, RowKeys, Views, withParameters } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { chosen, pageNumber, pageSize, parameter, readRows } from "../listing.ts";
import type { CaseRow } from "./case-rows.ts";

const views: readonly { id: string; name: string; statuses: readonly CaseStatus[] }[] = [
  { id: "", name: "Active", statuses: ["OPEN", "IN_PROGRESS"] },
  { id: "closed", name: "Closed", statuses: ["CLOSED"] },
  { id: "all", name: "All", statuses: [] },
];

interface Data {
  view: (typeof views)[number];
  asked: { severity: string; kind: string; entity: string; actor: string };
  entities: string[] | null;
  rows: CaseRow[];
  total: number;
  counts: number[];
}

export const casesPage = page<Data>({
  path: "/cases",
  permission: "read",
  at: "/cases",
  title: () => "Cases",
  load: async (request) => {
    const { url } = request;
    const view = views.find(({ id }) => id === parameter(url, "view")) ?? (views[0] as (typeof views)[number]);
    const asked = {
      severity: chosen(url, "severity", caseSeverities)[0] ?? "",
      kind: parameter(url, "kind"),
      entity: parameter(url, "entity"),
      actor: parameter(url, "actor"),
    };
    const filters = {
      entity: asked.entity,
      primaryUser: asked.actor,
      severities: asked.severity === "" ? [] : [asked.severity],
      caseTypes: asked.kind === "" ? [] : [asked.kind],
    };
    const [entities, found, ...counted] = await Promise.all([
      request.ports.overview.entities(request.caller),
      readRows<CaseRow>(request, "cases", { ...filters, statuses: view.statuses }),
      ...views.map(({ statuses }) => readRows(request, "cases", { ...filters, statuses }, 1)),
    ]);
    return { view, asked, entities, ...found, counts: counted.map(({ total }) => total) };
  },
  view: ({ view, asked, entities, rows, total, counts }, { url }) => (
    <>
      <PageHead title="Cases" sub="Attack patterns over ATT&CK that one actor's detections fulfil." />
      <Views
        views={views.map(({ id, name }, i) => ({
          name,
          count: counts[i] ?? 0,
          here: id === view.id,
          href: withParameters(url, { view: id, page: null }),
        }))}
      />
      <section class="panel list" aria-label="Cases">
        <Filters action="/cases" label="Cases" list="list" keep={{ view: view.id }}>
          <SearchField name="actor" value={asked.actor} label="User, host or address" />
          <Choice
            name="severity"
            label="Severity"
            value={asked.severity}
            any="Any severity"
            options={caseSeverities.map((one) => [one, words(one)] as const)}
          />
          <Choice
            name="kind"
            label="Pattern"
            value={asked.kind}
            any="Any pattern"
            options={builtInPatterns.map(({ type }) => [type, words(type)] as const)}
          />
          <EntityChoice value={asked.entity} entities={entities} />
        </Filters>
        <div id="list">
          {rows.length === 0 ? (
            <NoMatch icon="layers" title="No case matches." reset="/cases" />
          ) : (
            <Table
              caption={`${view.name} cases, newest first`}
              columns={columns}
              rows={rows}
              id={(row) => row.case_id}
              live={(row) => row.case_id}
            />
          )}
          <PageFoot url={url} page={pageNumber(url)} size={pageSize} shown={rows.length} total={total}>
            <RowKeys />
          </PageFoot>
        </div>
      </section>
    </>
  ),
});

const columns: readonly Column<CaseRow>[] = [
  { head: "Severity", cell: (row) => <Sev level={levelOf(row.severity)} /> },
  {
    head: "Pattern",
    class: "wide",
    cell: (row) => (
      <>
        <a class="lead" href={`/cases/${row.case_id}`}>
          {words(row.case_type)}: {row.primary_user}
        </a>
        <div class="tiny quiet">
          {row.entity_name} · <span class="mono">{row.case_id}</span>
        </div>
      </>
    ),
  },
  {
    head: "Hosts",
    class: "drop mono tiny",
    cell: ({ affected_computers: [first, ...others] }) => (
      <>
        {first === undefined ? <span class="quiet">none</span> : first}
        {others.length === 0 ? null : <span class="quiet"> and {others.length} more</span>}
      </>
    ),
  },
  { head: "Detections", class: "r", label: "detections", cell: (row) => row.alert_count },
  { head: "Last", class: "nowrap", label: "last", cell: (row) => <Time at={row.last_alert} /> },
  {
    head: "Owner and status",
    class: "own",
    cell: (row) => (
      <span class="row nowrap one">
        <Who login={row.assigned_analyst} />
        <Status status={row.status} />
      </span>
    ),
  },
];
