/** @jsxImportSource hono/jsx */
/** `/`: what needs somebody, then figures, feeds, and what happened last. */
import { may } from "../../../../core/access/caller.ts";
import { page } from "../page.ts";
import { HourChart, LevelLegend, Spark } from "../parts/charts/chart.tsx";
import { FirstSteps } from "../parts/first-run/first-steps.tsx";
import { EntityChoice } from "../parts/list.tsx";
import { Bar, levelOf, Sev } from "../parts/severity.tsx";
import { withParameters } from "../parts/table.tsx";
import { longStamp } from "../parts/time.tsx";
import { Empty, Panel } from "../parts/words.tsx";
import { HighestRisk } from "./incident-rows.tsx";
import { Attention, Changes, Feeds } from "./overview-lists.tsx";
import { type OverviewData, readOverview } from "./overview-state.ts";

const levels = ["critical", "high", "medium", "low"] as const;

export const overviewPage = page<OverviewData>({
  path: "/",
  permission: "read",
  at: "/",
  title: () => "Overview",
  load: readOverview,
  view: (data, { viewing, url, caller }) => (
    <>
      <div class="page-head">
        <div class="grow">
          <h1>Overview</h1>
          <p class="sub">
            {longStamp(viewing.now, viewing.zone)} {viewing.zone.replaceAll("_", " ")}
          </p>
        </div>
        <Entities url={url} data={data} />
      </div>
      <div class="stack" id="overview" data-live="*">
        {data.isNew ? <FirstSteps address={url.origin} mayTry={may(caller, "administer")} /> : null}
        <Attention lines={data.attention} />
        {data.isNew ? null : <Figures data={data} />}
        <div class="cols">
          <div class="stack">
            <Panel title="Detections per hour" id="hours" actions={<LevelLegend />}>
              <div class="body">
                <HourChart hours={data.hours} />
              </div>
            </Panel>
            <Panel
              title="Highest risk"
              id="highest"
              actions={
                <a class="small" href={incidentsOf(data)}>
                  All incidents
                </a>
              }
            >
              <HighestRisk rows={data.top} />
            </Panel>
            <Feeds destinations={data.figures.destinations} targets={data.targets} />
          </div>
          <div class="stack">
            <Panel title="Open by level" id="levels">
              <div class="body dist">
                {levels.map((level) => (
                  <>
                    <Sev level={level} />
                    <Bar
                      of={Math.max(1, data.figures.incidents.open)}
                      value={ofLevel(data, level)}
                      tone={`f-${level}`}
                      h={8}
                    />
                    <a class="num lead" href={incidentsOf(data, { level })}>
                      {ofLevel(data, level)}
                    </a>
                  </>
                ))}
              </div>
            </Panel>
            <Panel title="Activity" id="activity">
              {data.changes.length === 0 ? (
                <Empty icon="history" title="Nobody has changed anything yet" />
              ) : (
                <Changes changes={data.changes} />
              )}
            </Panel>
          </div>
        </div>
      </div>
    </>
  ),
});

function ofLevel({ figures }: OverviewData, level: string): number {
  return figures.incidents.by_level[levelOf(level)] ?? 0;
}

/** The list of incidents with these filters, and the entity of this page. */
function incidentsOf({ entity }: OverviewData, filters: Record<string, string> = {}): string {
  const query = new URLSearchParams({ ...(entity === null ? {} : { entity }), ...filters }).toString();
  return query === "" ? "/incidents" : `/incidents?${query}`;
}

/** More than these are chosen from a list. */
const mostTabs = 5;

const Entities = ({ url, data }: { url: URL; data: OverviewData }) => {
  const { entities, entity } = data;
  if (entities !== null && entities.length < 2) return null;
  if (entities !== null && entities.length <= mostTabs)
    return (
      <nav class="seg" aria-label="Entity">
        <a href={withParameters(url, { entity: null })} aria-current={entity === null ? "true" : undefined}>
          All entities
        </a>
        {entities.map((name) => (
          <a href={withParameters(url, { entity: name })} aria-current={name === entity ? "true" : undefined}>
            {name}
          </a>
        ))}
      </nav>
    );
  return (
    <form class="row" action="/">
      <EntityChoice value={entity ?? ""} entities={entities} />
      <button class="btn" type="submit">
        Show
      </button>
    </form>
  );
};

const Figures = ({ data }: { data: OverviewData }) => {
  const { incidents, detections } = data.figures;
  const tickets = data.targets.reduce((sum, one) => sum + one.tickets, 0);
  const standing = data.targets.reduce((sum, one) => sum + one.standing, 0);
  return (
    <div class="kpis">
      <a class="panel kpi" href={incidentsOf(data)}>
        <span class="label">Open incidents</span>
        <span class="value">
          {incidents.open} <small>{incidents.new} new in 24 hours</small>
        </span>
        <span class="row small">
          {levels.slice(0, 3).map((level) => (
            <span class={level}>
              {ofLevel(data, level)} {level}
            </span>
          ))}
        </span>
      </a>
      <a class="panel kpi" href={incidentsOf(data, { owner: "none" })}>
        <span class="label">Without an owner</span>
        <span class="value">
          {incidents.unassigned} <small>of {incidents.open}</small>
        </span>
        <Bar of={Math.max(1, incidents.open)} value={incidents.unassigned} tone="f-high" />
      </a>
      <a class="panel kpi" href="/alerts">
        <span class="label">Detections, 24 hours</span>
        <span class="value">{detections.total.toLocaleString("en-US")}</span>
        <Spark values={data.hours.map(({ counts }) => Object.values(counts).reduce((sum, n) => sum + n, 0))} />
      </a>
      <a class="panel kpi" href="/deliveries">
        <span class="label">Tickets</span>
        <span class="value">
          {tickets} <small>{standing === 0 ? "none stands still" : `${standing} stand still`}</small>
        </span>
        <span class="small quiet">
          {data.targets.length === 0
            ? "no ticket system is set up"
            : data.targets.map((one) => `${one.tickets} in ${one.name}`).join(", ")}
        </span>
      </a>
    </div>
  );
};
