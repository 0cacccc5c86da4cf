/** What is asked for by few among many is found by an index of its own: SQLite says how it carries out each statement of a page. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PageQuery, RowFilters } from "../../core/pages/page.ts";
import { Database } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { Sequences } from "../events/sequences.ts";
import { recordHourly } from "../intake/hourly.ts";
import { listPage } from "../lists/list-pages.ts";

const now = Date.UTC(2026, 2, 13, 4, 30);
const at = new Date(now).toISOString();
let folder: string;
let database: Database;
let said: { sql: string; args: readonly unknown[] }[] = [];
const { read } = Database.prototype;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-list-plans-"));
  database = await Database.open(join(folder, "rhythmx.db"));
  await migrate(database, at);
  const numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500)";
  await database.write([
    {
      sql: `${numbers} insert into incidents (incident_id, period_id, entity_name, group_key, actor_type, status, risk_score, risk_level, created_at,
          updated_at, escalated_at, created_seq, updated_seq)
        select 'INC-' || i, i, iif(i % 500 = 0, 'Few', 'Many'), 'a', 'user', 'OPEN', 90, 'critical', '${at}', '${at}', '${at}', i, i from n order by i`,
    },
  ]);
  Database.prototype.read = function (sql, args = []) {
    said.push({ sql, args });
    return read.call(this, sql, args);
  };
});
afterAll(() => {
  Database.prototype.read = read;
  database.close();
  rmSync(folder, { recursive: true });
});

/** How the statements of some work that read from this table are carried out, a line for each step. */
async function planOf(table: RegExp, work: () => Promise<unknown>): Promise<string> {
  said = [];
  await work();
  const plans: string[] = [];
  for (const { sql } of said.filter((one) => table.test(one.sql))) {
    const { rows } = await read.call(database, `explain query plan ${sql}`, []);
    plans.push(...rows.map(({ detail }) => String(detail)));
  }
  return plans.join("\n");
}

const page = (query: Pick<PageQuery, "collection" | "order"> & { filters?: RowFilters; entities?: string[] }) => () =>
  listPage(database, { entities: null, filters: {}, limit: 25, offset: 0, now, ...query }, [], null);
const walk = {
  kind: "walk",
  position: null,
  givenUpTo: null,
  since: null,
  positionIsBound: false,
  boundIsFiner: false,
} as const;
const newest = { ...walk, by: "created", direction: "down" } as const;
const polled = { ...walk, by: "created", direction: "up" } as const;
const byRisk = { kind: "sorted", by: "risk_score", direction: "down" } as const;
const open = ["OPEN", "IN_PROGRESS"];

test("the newest alerts of some entities", async () => {
  for (const entities of [["Few"], ["Few", "Fewer"]]) {
    const plan = await planOf(
      /from (alert_search|sigma_alerts)/,
      page({ collection: "alerts", order: newest, entities }),
    );
    expect(plan).toContain("s VIRTUAL TABLE INDEX");
    expect(plan).not.toMatch(/SCAN a\b|TEMP B-TREE/);
  }
});

test("how many alerts have a level, for who polls", async () => {
  const plan = await planOf(
    /sigma_alerts/,
    page({ collection: "alerts", order: polled, filters: { levels: ["critical"] } }),
  );
  expect(plan).toContain("alert_search VIRTUAL TABLE INDEX");
  expect(plan).not.toMatch(/SCAN a\b/);
});

test("open incidents of few entities are sorted, those of many are met in order", async () => {
  const ofEntity = (entity: string) =>
    page({ collection: "incidents", order: byRisk, filters: { statuses: open, entity } });
  expect(await planOf(/from incidents/, ofEntity("Few"))).toContain("incidents_open_entity (entity_name=?)");
  const many = await planOf(/from incidents/, ofEntity("Many"));
  expect(many).toContain("incidents_open_risk");
  expect(many).not.toContain("TEMP B-TREE");
});

test("incidents of a level by their score", async () => {
  const filters = { statuses: open, riskLevels: ["medium"] } as const;
  const plan = await planOf(/from incidents/, page({ collection: "incidents", order: byRisk, filters }));
  expect(plan).toContain("incidents_open_risk (risk_score>? AND risk_score<?)");
  expect(plan).not.toContain("TEMP B-TREE");
});

test("all incidents by their score, without sorting those that have the same", async () => {
  const plan = await planOf(/from incidents/, page({ collection: "incidents", order: byRisk }));
  expect(plan).toContain("SCAN incidents USING INDEX incidents_risk");
  expect(plan).not.toContain("TEMP B-TREE");
});

test("what nobody has is counted by its kind, what is late by when it was due", async () => {
  await planOf(/./, page({ collection: "incidents", order: byRisk, filters: { statuses: open, owner: null } }));
  expect(said.some(({ sql }) => sql.includes("from incident_totals"))).toBe(true);
  expect(said.some(({ sql }) => /count\(\*\) from \(select 1 from incidents/.test(sql))).toBe(false);
  const late = { statuses: open, sla: ["breached"] } as const;
  const plan = await planOf(
    /count\(\*\) from \(select 1 from incidents/,
    page({ collection: "incidents", order: byRisk, filters: late }),
  );
  expect(plan).toContain("COVERING INDEX incidents_due (due_at<?)");
});

test("alerts whose hour is over, without those whose hour is not", async () => {
  const sequences = await Sequences.load(database);
  const plan = await planOf(/sigma_alerts/, () => recordHourly(database, sequences, now, 3_600_000));
  expect(plan).toBe(
    ["<", ">"]
      .map((sign) => `SEARCH sigma_alerts USING INDEX sigma_alerts_untold (last_message_at${sign}?)`)
      .join("\n"),
  );
});
