/**
 * Fills the search index behind intake: alerts by their ids, incidents as they were marked. Each step is one small commit with its new
 * position, so a crash leaves nothing out and nothing twice.
 */
import type { Level } from "../../core/detection.ts";
import { alertTerms, incidentTerms, termsVersion } from "../../core/search/terms.ts";
import type { Database } from "../database/database.ts";
import { forRows } from "../database/insert-sql.ts";
import { integer, text } from "../database/rows.ts";
import type { Row, Statement, Value } from "../database/statement.ts";
import { periodsById } from "../incidents/actor-periods.ts";
import { findIncidents, type IncidentRow } from "../incidents/incident-rows.ts";

/** The most rows of one step: some milliseconds of the writer's time. Of a short one two or three, which costs a third more for each row. */
const alertsPerStep = 400;
const alertsPerShortStep = 60;
const incidentsPerStep = 40;
/** The most hosts, rules and tickets by which one incident is found. */
const mostHosts = 200;
const mostRules = 100;
const mostNumbers = 20;
/** Waiting incidents are counted up to so many. */
const mostCounted = 10_000;

export interface IndexStep {
  indexed: number;
  /** The newest alert that there is, and how many rows the index does not know yet. */
  newestAlert: number;
  behind: number;
  /** Milliseconds that it took the writer, without what was ahead of it. */
  tookMs: number;
}

const alertColumns = "id, hash, entity_name, rule_id, rule_title, level, user_name, host, src_ip";
const addAlertSql = "insert into alert_search (rowid, words, facts) values (?, ?, ?)";
const removeAlertSql = "insert into alert_search (alert_search, rowid, words, facts) values ('delete', ?, ?, ?)";

/** Indexes some of what is not indexed yet. `isShort`: who writes meanwhile is not to wait long. */
export async function indexSome(database: Database, isShort = false): Promise<IndexStep> {
  const begun = performance.now();
  const position = await expectVersion(database);
  const { rows } = await database.read(`select ${alertColumns} from sigma_alerts where id > ? order by id limit ?`, [
    position,
    isShort ? alertsPerShortStep : alertsPerStep,
  ]);
  const incidents = await pendingIncidents(database);
  const last = rows.at(-1);
  const statements = [
    ...forRows(addAlertSql, rows.map(alertRow)),
    ...(last === undefined ? [] : [stateOf("alerts", integer(last, "id"))]),
    ...incidents.statements,
  ];
  if (statements.length > 0) await database.write(statements);
  const left = await database.read(
    `select (select coalesce(max(id), 0) from sigma_alerts) as newest, (select count(*) from (select 1 from search_pending limit ?)) as pending`,
    [mostCounted],
  );
  const newestAlert = integer(left.rows[0] ?? {}, "newest");
  const reached = last === undefined ? position : integer(last, "id");
  return {
    indexed: rows.length + incidents.count,
    newestAlert,
    behind: Math.max(0, newestAlert - reached) + integer(left.rows[0] ?? {}, "pending"),
    tookMs: performance.now() - begun,
  };
}

/** The statements that take these alerts out of the index; to be written before their rows are gone. */
export async function forgetInSearch(database: Database, alertIds: readonly number[]): Promise<Statement[]> {
  const { rows } = await database.read(
    `select ${alertColumns} from sigma_alerts where id in (select value from json_each(?1))
      and id <= (select value from search_state where name = 'alerts') order by id`,
    [JSON.stringify(alertIds)],
  );
  return forRows(removeAlertSql, rows.map(alertRow));
}

/** The position in the alerts' ids; 0 after the index was emptied, because another version of the program makes other terms. */
async function expectVersion(database: Database): Promise<number> {
  const { rows } = await database.read("select name, value from search_state");
  const known = new Map(rows.map((row) => [text(row, "name"), integer(row, "value")]));
  if (known.get("version") === termsVersion) return known.get("alerts") ?? 0;
  await database.write([
    { sql: "insert into alert_search (alert_search) values ('delete-all')" },
    { sql: "delete from incident_search" },
    {
      sql: "insert into search_pending select incident_id from incidents where true order by incident_id on conflict do nothing",
    },
    stateOf("alerts", 0),
    stateOf("version", termsVersion),
  ]);
  return 0;
}

function stateOf(name: "alerts" | "version", value: number): Statement {
  return { sql: "insert into search_state values (?1, ?2) on conflict do update set value = ?2", args: [name, value] };
}

function alertRow(row: Row): Value[] {
  const { words, facts } = alertTerms({
    hash: text(row, "hash"),
    entity: text(row, "entity_name"),
    ruleId: text(row, "rule_id"),
    ruleTitle: text(row, "rule_title"),
    level: text(row, "level") as Level,
    user: text(row, "user_name"),
    host: text(row, "host"),
    ip: text(row, "src_ip"),
  });
  return [integer(row, "id"), words, facts];
}

async function pendingIncidents(database: Database): Promise<{ count: number; statements: Statement[] }> {
  const pending = await database.read("select incident_id from search_pending order by incident_id limit ?", [
    incidentsPerStep,
  ]);
  const ids = pending.rows.map((row) => text(row, "incident_id"));
  if (ids.length === 0) return { count: 0, statements: [] };
  const { rows } = await database.read(
    `select i.incident_id, i.id,
        (select json_group_array(number) from (select remote_key as number from tickets t where t.incident_id = i.incident_id and remote_key is not null
          order by t.id desc limit ?2)) as numbers,
        (select json_group_array(case_id) from (select case_id from threat_cases c where c.period_id = i.period_id order by c.id desc limit ?2)) as cases
      from incidents i where i.incident_id in (select value from json_each(?1))`,
    [JSON.stringify(ids), mostNumbers],
  );
  const incidents = await findIncidents(database, ids);
  const periodIds = [...incidents.values()].map(({ periodId }) => periodId);
  const periods = new Map((await periodsById(database, periodIds)).map((period) => [period.id, period.state.evidence]));
  const added: Value[][] = [];
  for (const row of rows) {
    const incident = incidents.get(text(row, "incident_id"));
    if (incident === undefined) continue;
    const { rules = [], hosts = [] } = periods.get(incident.periodId) ?? {};
    const { words, facts } = incidentTerms({
      entity: incident.entity,
      texts: [
        ...textsOf(incident),
        ...(JSON.parse(text(row, "numbers")) as string[]),
        ...(JSON.parse(text(row, "cases")) as string[]),
        ...hosts.slice(0, mostHosts),
        ...rules.slice(0, mostRules).map(({ title }) => title),
      ],
    });
    added.push([integer(row, "id"), words, facts]);
  }
  const statements = [
    { sql: "delete from incident_search where rowid = ?", rows: added.map(([id = 0]) => [id]) },
    { sql: "insert into incident_search (rowid, words, facts) values (?, ?, ?)", rows: added },
    { sql: "delete from search_pending where incident_id = ?", rows: ids.map((id) => [id]) },
  ];
  return { count: ids.length, statements: statements.flatMap(({ sql, rows: some }) => forRows(sql, some)) };
}

function textsOf({ headline, actor, incidentId, campaignId, ticketId }: IncidentRow): string[] {
  return [incidentId, actor, headline ?? "", ticketId ?? "", campaignId ?? ""];
}
