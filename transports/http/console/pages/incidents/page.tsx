/** @jsxImportSource hono/jsx */
/** `/incidents`: the list. What is asked for is in its address alone. */
import { may } from "../../../../../core/access/caller.ts";
import { page } from "../../page.ts";
import { Icon } from "../../parts/icon.tsx";
import { PageFoot, Views, withParameters } from "../../parts/table.tsx";
import { Empty, Notice } from "../../parts/words.tsx";
import { type IncidentRows, readIncidents } from "../incident-rows.tsx";
import { type Asked, askedOf, columnOf, filtersOf, isNarrowed, type ViewName, views } from "./asked.ts";
import { BulkBar } from "./bulk-bar.tsx";
import { columnNames } from "./columns.ts";
import { ColumnChoice, Filters } from "./filters.tsx";
import { Table } from "./table.tsx";
import { countViews } from "./view-counts.ts";

const size = 25;

interface Data extends IncidentRows {
  asked: Asked;
  counts: Record<ViewName, number>;
  entities: string[] | null;
  /** Logins of those who may work on the incidents that are shown. */
  people: string[];
}

export const incidentsPage = page<Data>({
  path: "/incidents",
  permission: "read",
  at: "/incidents",
  title: ({ asked }) => (asked.q === "" ? `${asked.view.name} incidents` : `Incidents: ${asked.q}`),
  load: async (request) => {
    const { url, caller, ports } = request;
    const asked = askedOf(url);
    const [found, counts, entities] = await Promise.all([
      readIncidents(request, {
        filters: filtersOf(asked, caller.name),
        sortBy: columnOf(asked.sort),
        sortDir: asked.dir,
        limit: size,
        offset: (asked.page - 1) * size,
      }),
      countViews(request, asked.entity),
      ports.overview.entities(caller),
    ]);
    const shown = new Set(found.rows.map((row) => row.entity_name));
    const people = new Set([...shown].flatMap((entity) => ports.incidents.assignable(entity)));
    return { ...found, asked, counts, entities, people: [...people].sort() };
  },
  view: (data, { url, caller, preferences }) => {
    const { asked, rows, total, totalIsLeast, behind, counts, entities, people } = data;
    const here = `${url.pathname}${url.search}`;
    const mayChange = may(caller, "incident:write");
    const columns = columnNames.filter((name) => !preferences.hiddenColumns.includes(name));
    return (
      <>
        <div class="page-head">
          <h1 class="grow">Incidents</h1>
          {may(caller, "promote") ? (
            <a class="btn" href="/incidents/new" data-dialog>
              <Icon n="plus" />
              New incident by hand
            </a>
          ) : null}
        </div>
        <ViewTabs asked={asked} counts={counts} url={url} />
        <section class="panel list" aria-label={`${asked.view.name} incidents`}>
          <Filters asked={asked} entities={entities} people={people} />
          <div id="list">
            <a class="fresh" hidden href={here} data-fresh="incident_created">
              <b>0</b> new. Show
            </a>
            {behind > 0 && asked.q !== "" ? (
              <Notice kind="wait">The search does not know the newest {behind} incidents yet.</Notice>
            ) : null}
            {rows.length === 0 ? (
              <Nothing asked={asked} isEmpty={counts.all === 0} />
            ) : (
              <Table url={url} asked={asked} rows={rows} columns={columns} mayChange={mayChange} />
            )}
            {mayChange ? <BulkBar here={here} view={asked.view} people={people} caller={caller} /> : null}
            <PageFoot
              url={url}
              page={asked.page}
              size={size}
              shown={rows.length}
              total={total}
              totalIsLeast={totalIsLeast}
            >
              <Keys mayChange={mayChange} />
            </PageFoot>
          </div>
          <ColumnChoice shown={columns} here={here} />
        </section>
      </>
    );
  },
});

/** Another view begins anew, in the same entity and order, so that its count is what it shows. */
const ViewTabs = ({ asked, counts, url }: { asked: Asked; counts: Record<ViewName, number>; url: URL }) => {
  const none = { q: null, level: null, status: null, owner: null, ticket: null, sla: null, campaign: null, page: null };
  return (
    <Views
      views={Object.entries(views).map(([name, { id, name: title }]) => ({
        name: title,
        count: counts[name as ViewName],
        here: id === asked.view.id,
        href: withParameters(url, { ...none, view: id }),
      }))}
    />
  );
};

const Nothing = ({ asked, isEmpty }: { asked: Asked; isEmpty: boolean }) => {
  if (isEmpty && !isNarrowed(asked))
    return (
      <Empty icon="shield-check" title="There is no incident yet.">
        <p>Incidents are made from detections, as soon as an actor's risk is high enough.</p>
      </Empty>
    );
  if (!isNarrowed(asked))
    return (
      <Empty icon="shield-check" title={`Nothing in ${asked.view.name}.`}>
        <a class="btn" href="/incidents">
          Open incidents
        </a>
      </Empty>
    );
  return (
    <Empty title="No incident matches.">
      <a class="btn" href={asked.view.id === "" ? "/incidents" : `/incidents?view=${asked.view.id}`}>
        Reset the filters
      </a>
    </Empty>
  );
};

const keys = [
  ["j k", "move"],
  ["Enter", "open"],
] as const;
const keysOfChanges = [
  ["x", "select"],
  ["a", "assign to me"],
  ["s", "status"],
] as const;

const Keys = ({ mayChange }: { mayChange: boolean }) => (
  <>
    {[...keys, ...(mayChange ? keysOfChanges : []), ["t", "ticket"] as const, ["?", "all keys"] as const].map(
      ([key, what]) => (
        <span>
          {key.split(" ").map((one) => (
            <>
              <kbd>{one}</kbd>{" "}
            </>
          ))}
          {what}
        </span>
      ),
    )}
  </>
);
