/** `/incidents`: the list, with view, search, order and page in its address. */
import type { IncidentStatus } from "../../../../core/incident.ts";
import { type PageRequest, page } from "../page.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Who } from "../parts/person.tsx";
import { levelOf, Score, Sev } from "../parts/severity.tsx";
import { Status } from "../parts/state.tsx";
import { PageFoot, SortHead, Views, withParameters } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { Empty, Outside } from "../parts/words.tsx";
import { type IncidentRow, type IncidentSort, readIncidents } from "./incident-rows.tsx";

const size = 25;
const sorts: readonly IncidentSort[] = ["risk_score", "created_at", "last_alarm_time"];
const views: readonly { id: string; name: string; statuses?: readonly IncidentStatus[] }[] = [
  { id: "", name: "Open", statuses: ["OPEN", "IN_PROGRESS"] },
  { id: "finished", name: "Finished", statuses: ["CLOSED", "FALSE_POSITIVE"] },
  { id: "all", name: "All" },
];

interface Asked {
  view: (typeof views)[number] | undefined;
  text: string;
  sort: IncidentSort;
  direction: "asc" | "desc";
  page: number;
}

function askedOf({ url }: PageRequest): Asked {
  const { searchParams } = url;
  const number = Number(searchParams.get("page") ?? 1);
  return {
    view: views.find(({ id }) => id === (searchParams.get("view") ?? "")) ?? views[0],
    text: (searchParams.get("q") ?? "").trim().slice(0, 200),
    sort: sorts.find((one) => one === searchParams.get("sort")) ?? "risk_score",
    direction: searchParams.get("dir") === "asc" ? "asc" : "desc",
    page: Number.isInteger(number) && number >= 1 && number <= 100_000 ? number : 1,
  };
}

interface Data {
  asked: Asked;
  rows: IncidentRow[];
  total: number;
  counts: number[];
}

export const incidentsPage = page<Data>({
  path: "/incidents",
  permission: "read",
  at: "/incidents",
  title: ({ asked }) => (asked.text === "" ? "Incidents" : `Incidents: ${asked.text}`),
  load: async (request) => {
    const asked = askedOf(request);
    const { rows, total } = await readIncidents(request, {
      ...(asked.view?.statuses === undefined ? {} : { statuses: asked.view.statuses }),
      actor: asked.text,
      sortBy: asked.sort,
      sortDir: asked.direction,
      limit: size,
      offset: (asked.page - 1) * size,
    });
    const counts = await Promise.all(
      views.map(({ statuses }) =>
        readIncidents(request, { ...(statuses === undefined ? {} : { statuses }), limit: 1 }).then((one) => one.total),
      ),
    );
    return { asked, rows, total, counts };
  },
  view: ({ asked, rows, total, counts }, { url }) => {
    const head = { url, current: asked.sort, direction: asked.direction };
    return (
      <>
        <div class="page-head">
          <h1 class="grow">Incidents</h1>
        </div>
        <Views
          views={views.map(({ id, name }, i) => ({
            name,
            count: counts[i] ?? 0,
            here: id === asked.view?.id,
            href: withParameters(url, { view: id, page: null }),
          }))}
        />
        <section class="panel list" aria-label={`${asked.view?.name ?? ""} incidents`}>
          <form class="filters" role="search" aria-label="Incidents" action="/incidents" data-filter="#list">
            {asked.view?.id ? <input type="hidden" name="view" value={asked.view.id} /> : null}
            <span class="search">
              <Icon n="search" />
              <input
                class="field"
                type="search"
                name="q"
                value={asked.text}
                placeholder="User, host or address"
                aria-label="User, host or address"
                maxlength={200}
              />
            </span>
            <a class="btn plain" href="/incidents">
              Reset
            </a>
          </form>
          <a class="fresh" hidden href={`${url.pathname}${url.search}`} data-fresh="incident_created">
            <b>0</b> new. Show
          </a>
          <div id="list">
            {rows.length === 0 ? (
              <Empty icon={counts[2] === 0 ? "shield-check" : "search"} title="No incident matches.">
                {counts[2] === 0 ? (
                  <p>There is none yet: incidents are made from detections.</p>
                ) : (
                  <a class="btn" href="/incidents">
                    Reset the filters
                  </a>
                )}
              </Empty>
            ) : (
              <table class="grid cards" data-rows>
                <caption class="vh">{`${asked.view?.name ?? ""} incidents`}</caption>
                <thead>
                  <tr>
                    <SortHead {...head} by="risk_score">
                      Risk
                    </SortHead>
                    <th scope="col">What happened</th>
                    <th scope="col">Evidence</th>
                    <SortHead {...head} by="last_alarm_time">
                      Activity
                    </SortHead>
                    <th scope="col">Owner and status</th>
                    <th scope="col">Ticket</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row) => (
                    <Row row={row} />
                  ))}
                </tbody>
              </table>
            )}
            <PageFoot url={url} page={asked.page} size={size} shown={rows.length} total={total}>
              <span>
                <kbd>j</kbd> <kbd>k</kbd> move
              </span>
              <span>
                <kbd>Enter</kbd> open
              </span>
            </PageFoot>
          </div>
        </section>
      </>
    );
  },
});

const actorIcons: Readonly<Record<string, IconName>> = { user: "user", host: "monitor", ip: "globe" };

const Row = ({ row }: { row: IncidentRow }) => {
  const level = levelOf(row.risk_level);
  return (
    <tr id={row.incident_id} data-live={row.incident_id}>
      <td>
        <span class="two">
          <Score value={row.risk_score} level={level} />
          <Sev level={level} />
        </span>
      </td>
      <td class="fill">
        <div class="actor">
          <Icon n={actorIcons[row.actor_type] ?? "user"} />
          <a class="clip lead" href={`/incidents/${row.incident_id}`} title={row.headline ?? row.group_key}>
            {row.headline ?? row.group_key}
          </a>
          <small class="clip">
            {row.headline === null ? "" : `${row.group_key} · `}
            {row.entity_name} · <span class="mono">{row.incident_id}</span>
          </small>
        </div>
      </td>
      <td class="nowrap drop">
        <span class="two num">
          <span>{counted(row.sigma_alert_count, "detection")}</span>
          <small>{counted(row.threat_case_count, "case")}</small>
        </span>
      </td>
      <td class="nowrap" data-label="active">
        <Time at={row.last_alarm_time} relative />
      </td>
      <td class="own">
        <span class="row nowrap one">
          <Who login={row.assigned_analyst} />
          <Status status={row.status} />
        </span>
      </td>
      <td class="drop tiny">
        {row.external_ticket_id === null ? (
          <span class="quiet">none</span>
        ) : (
          <Outside href={row.external_ticket_url ?? ""}>{row.external_ticket_id}</Outside>
        )}
      </td>
    </tr>
  );
};

function counted(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}
