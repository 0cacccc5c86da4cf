/** @jsxImportSource hono/jsx */
/** `/alerts`: equal detections as one row, found by words, rule, host, user and level. */
import { type Level, levels } from "../../../../../core/detection.ts";
import { type PageRequest, page } from "../../page.ts";
import { Select } from "../../parts/field.tsx";
import { Filters, SearchField } from "../../parts/filters.tsx";
import { Sev, words } from "../../parts/severity.tsx";
import { PageFoot, RowKeys } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { Empty } from "../../parts/words.tsx";
import { chosen, pageNumber, pageSize, parameter, readRows } from "../listing.ts";
import { type AlertRow, alertsWith } from "./alert-rows.ts";

const texts = ["q", "rule", "host", "user", "hash"] as const;

interface Asked extends Record<(typeof texts)[number], string> {
  entity: string;
  level: Level | "";
}

interface Data {
  asked: Asked;
  entities: string[];
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
      <div class="page-head">
        <div class="grow">
          <h1>Alerts</h1>
          <p class="sub">Equal detections count as one alert: same rule, user and host.</p>
        </div>
      </div>
      <section class="panel list" aria-label="Alerts">
        <Filters action="/alerts" label="Alerts" list="list">
          <SearchField name="q" value={asked.q} label="Words of rule, host, user" />
          <Select
            bare
            label="Level"
            name="level"
            value={asked.level}
            options={[["", "Any level"], ...levels.toReversed().map((level) => [level, words(level)] as const)]}
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
          <SearchField name="rule" value={asked.rule} label="Rule" />
          <SearchField name="host" value={asked.host} label="Host" />
          <SearchField name="user" value={asked.user} label="User" />
        </Filters>
        <div id="list">
          {rows.length === 0 ? (
            <Empty icon="search" title="No alert matches.">
              <a class="btn" href="/alerts">
                Reset the filters
              </a>
            </Empty>
          ) : (
            <table class="grid cards" data-rows>
              <caption class="vh">Alerts, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">Level</th>
                  <th scope="col">Rule</th>
                  <th scope="col">User and host</th>
                  <th scope="col" class="r">
                    Detections
                  </th>
                  <th scope="col">First</th>
                  <th scope="col">Last</th>
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

const Row = ({ row }: { row: AlertRow }) => (
  <tr id={row.hash}>
    <td>
      <Sev level={row.level} />
    </td>
    <td class="wide">
      <a class="lead" href={`/alerts/${row.hash}`}>
        {row.rule_title}
      </a>
      <div class="tiny quiet">{row.entity_name}</div>
    </td>
    <td>
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
    </td>
    <td class="r" data-label="detections">
      {row.count}
    </td>
    <td class="nowrap drop">
      <Time at={row.first_seen} />
    </td>
    <td class="nowrap" data-label="last">
      <Time at={row.last_seen} />
    </td>
  </tr>
);
