/** @jsxImportSource hono/jsx */
/** `/cases`: attack patterns of one actor, by severity, kind and status. */
import { builtInPatterns } from "../../../../../core/correlation/patterns.ts";
import { type CaseStatus, caseSeverities } from "../../../../../core/threat-case.ts";
import { page } from "../../page.ts";
import { Select } from "../../parts/field.tsx";
import { Filters, SearchField } from "../../parts/filters.tsx";
import { Who } from "../../parts/person.tsx";
import { levelOf, Sev, words } from "../../parts/severity.tsx";
import { Status } from "../../parts/state.tsx";
import { PageFoot, RowKeys, Views, withParameters } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { Empty } from "../../parts/words.tsx";
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
  entities: string[];
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
      <div class="page-head">
        <div class="grow">
          <h1>Cases</h1>
          <p class="sub">Attack patterns over ATT&CK that one actor's detections fulfil.</p>
        </div>
      </div>
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
          <Select
            bare
            label="Severity"
            name="severity"
            value={asked.severity}
            options={[["", "Any severity"], ...caseSeverities.map((one) => [one, words(one)] as const)]}
          />
          <Select
            bare
            label="Pattern"
            name="kind"
            value={asked.kind}
            options={[["", "Any pattern"], ...kindsWith(asked.kind).map((one) => [one, words(one)] as const)]}
          />
          {entities.length > 1 ? (
            <Select
              bare
              label="Entity"
              name="entity"
              value={asked.entity}
              options={[["", "All entities"], ...entities.map((name) => [name, name] as const)]}
            />
          ) : null}
        </Filters>
        <div id="list">
          {rows.length === 0 ? (
            <Empty icon="layers" title="No case matches.">
              <a class="btn" href="/cases">
                Reset the filters
              </a>
            </Empty>
          ) : (
            <table class="grid cards" data-rows>
              <caption class="vh">{`${view.name} cases, newest first`}</caption>
              <thead>
                <tr>
                  <th scope="col">Severity</th>
                  <th scope="col">Pattern</th>
                  <th scope="col">Hosts</th>
                  <th scope="col" class="r">
                    Detections
                  </th>
                  <th scope="col">Last</th>
                  <th scope="col">Owner and status</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <Row row={row} />
                ))}
              </tbody>
            </table>
          )}
          <PageFoot url={url} page={pageNumber(url)} size={pageSize} shown={rows.length} total={total}>
            <RowKeys />
          </PageFoot>
        </div>
      </section>
    </>
  ),
});

/** The built-in kinds, and the one that is asked for, which may be a customer's. */
function kindsWith(asked: string): string[] {
  return [...new Set([...builtInPatterns.map(({ type }) => type), ...(asked === "" ? [] : [asked])])];
}

const Row = ({ row }: { row: CaseRow }) => {
  const [first, ...others] = row.affected_computers;
  return (
    <tr id={row.case_id} data-live={row.case_id}>
      <td>
        <Sev level={levelOf(row.severity)} />
      </td>
      <td class="wide">
        <a class="lead" href={`/cases/${row.case_id}`}>
          {words(row.case_type)}: {row.primary_user}
        </a>
        <div class="tiny quiet">
          {row.entity_name} · <span class="mono">{row.case_id}</span>
        </div>
      </td>
      <td class="drop mono tiny">
        {first === undefined ? <span class="quiet">none</span> : first}
        {others.length === 0 ? null : <span class="quiet"> and {others.length} more</span>}
      </td>
      <td class="r" data-label="detections">
        {row.alert_count}
      </td>
      <td class="nowrap" data-label="last">
        <Time at={row.last_alert} />
      </td>
      <td class="own">
        <span class="row nowrap one">
          <Who login={row.assigned_analyst} />
          <Status status={row.status} />
        </span>
      </td>
    </tr>
  );
};
