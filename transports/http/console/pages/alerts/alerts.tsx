/** @jsxImportSource hono/jsx */
/** `/alerts`: equal detections as one row, found by words, rule, host, user and level. */
import { type Level, levels } from "../../../../../core/detection.ts";
import { type PageRequest, page } from "../../page.ts";
import { Filters, SearchField } from "../../parts/filters.tsx";
import { Choice, type Column, EntityChoice, NoMatch, PageHead, Table } from "../../parts/list.tsx";
import { Sev, words } from "../../parts/severity.tsx";
import { PageFoot, RowKeys } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { chosen, pageNumber, pageSize, parameter, readRows } from "../listing.ts";
import { type AlertRow, alertsWith } from "./alert-rows.ts";

const texts = ["q", "rule", "host", "user", "hash"] as const;

interface Asked extends Record<(typeof texts)[number], string> {
  entity: string;
  level: Level | "";
}

interface Data {
  asked: Asked;
  entities: string[] | null;
  rows: AlertRow[];
  total: number;
}

function askedOf({ url }: PageRequest): Asked {
  const given = Object.fromEntries(texts.map((name) => [name, parameter(url, name)])) as Record<
    (typeof texts)[number],
    string
  >;
  return { ...given, entity: parameter(url, "entity"), level: chosen(url, "level", levels)[0] ?? "" };
}

export const alertsPage = page<Data>({
  path: "/alerts",
  permission: "read",
  at: "/alerts",
  title: () => "Alerts",
  load: async (request) => {
    const asked = askedOf(request);
    const { q, entity, rule, host, user, hash, level } = asked;
    const [entities, found] = await Promise.all([
      request.ports.overview.entities(request.caller),
      readRows<AlertRow>(request, "alerts", {
        ...{ text: q, entity, rule, host, user, hash },
        ...(level === "" ? {} : { levels: [level] }),
      }),
    ]);
    return { asked, entities, ...found };
  },
  view: ({ asked, entities, rows, total }, { url }) => (
    <>
      <PageHead title="Alerts" sub="Equal detections count as one alert: same rule, user and host." />
      <section class="panel list" aria-label="Alerts">
        <Filters action="/alerts" label="Alerts" list="list">
          <SearchField name="q" value={asked.q} label="Words of rule, host, user" />
          <Choice
            name="level"
            label="Level"
            value={asked.level}
            any="Any level"
            options={levels.toReversed().map((level) => [level, words(level)] as const)}
          />
          <EntityChoice value={asked.entity} entities={entities} />
          <SearchField name="rule" value={asked.rule} label="Rule" />
          <SearchField name="host" value={asked.host} label="Host" />
          <SearchField name="user" value={asked.user} label="User" />
        </Filters>
        <div id="list">
          {rows.length === 0 ? (
            <NoMatch title="No alert matches." reset="/alerts" />
          ) : (
            <Table caption="Alerts, newest first" columns={columns} rows={rows} id={({ hash }) => hash} />
          )}
          <PageFoot url={url} page={pageNumber(url)} size={pageSize} shown={rows.length} total={total}>
            <RowKeys />
          </PageFoot>
        </div>
      </section>
    </>
  ),
});

const columns: readonly Column<AlertRow>[] = [
  { head: "Level", cell: (row) => <Sev level={row.level} /> },
  {
    head: "Rule",
    class: "wide",
    cell: (row) => (
      <>
        <a class="lead" href={`/alerts/${row.hash}`}>
          {row.rule_title}
        </a>
        <div class="tiny quiet">{row.entity_name}</div>
      </>
    ),
  },
  {
    head: "User and host",
    cell: (row) => (
      <span class="two">
        {row.user === null ? (
          <span class="quiet">no user</span>
        ) : (
          <a href={alertsWith({ user: row.user })}>{row.user}</a>
        )}
        <small class="mono">
          {row.host === null ? (row.src_ip ?? "") : <a href={alertsWith({ host: row.host })}>{row.host}</a>}
        </small>
      </span>
    ),
  },
  { head: "Detections", class: "r", label: "detections", cell: (row) => row.count },
  { head: "First", class: "nowrap drop", cell: (row) => <Time at={row.first_seen} /> },
  { head: "Last", class: "nowrap", label: "last", cell: (row) => <Time at={row.last_seen} /> },
];
