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
import { indexSome } from "../search/search-index.ts";

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
    {
      sql: `${numbers} insert into sigma_alerts (id, hash, entity_name, rule_id, rule_title, rule_author, level, tags, user_name, host, src_ip, risk,
          ml_cluster, count, sent_count, first_seen, last_seen, recorded_at, updated_at, last_message_at, first_seq, last_seq)
        select i, printf('%016x', i), iif(i % 500 = 0, 'Few', 'Many'), 'r', 'Rule', '', iif(i % 250 = 0, 'critical', 'high'), '[]', 'u', 'h', '',
          iif(i % 250 = 0, 95, 75), -1, 1, 1, '${at}', '${at}', '${at}', '${at}', '${at}', i, i from n order by i`,
    },
    {
      sql: `${numbers} insert into event_log (seq, at, kind, subject, entity_name, data)
        select i, ${now}, 'alert_first', printf('%016x', i), 'Many', '[]' from n order by i`,
    },
    {
      sql: "insert into row_counts select 'alerts', entity_name, '', count(*) from sigma_alerts group by entity_name order by 2",
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
const changed = { ...walk, by: "updated", direction: "down" } as const;
const polledChanges = { ...walk, by: "updated", direction: "up", positionIsBound: true } as const;
const byRisk = { kind: "sorted", by: "risk_score", direction: "down" } as const;
const open = ["OPEN", "IN_PROGRESS"];
/** The statement that reads a page's rows. */
const rowsOf = /as seq from/;

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

const searched = /from \(?(alert_search|sigma_alerts|event_log)/;

test.each([
  [{ minRisk: 90 }, 10],
  [{ minRisk: 90, entity: "Few" }, 5],
  [{ minRisk: 90, levels: ["critical"] }, 10],
  [{ minRisk: 90, levels: ["low"] }, 0],
  [{ minRisk: 70, entity: "Few" }, 5],
] as const)(
  "few alerts of at least a risk, in any order and however many others there are: %j",
  async (filters, total) => {
    while ((await indexSome(database)).behind > 0);
    for (const order of [newest, polled, { ...polled, position: 0 }, changed, { ...polledChanges, position: 0 }]) {
      const found = await page({ collection: "alerts", order, filters })();
      expect([found.count, found.total]).toEqual([total, total]);
      const plan = await planOf(rowsOf, page({ collection: "alerts", order, filters }));
      expect(plan).toMatch(/VIRTUAL TABLE INDEX|a USING INDEX sigma_alerts_risk \(risk>\?/);
      expect(plan).not.toMatch(/SCAN (a|e)\b|SEARCH a USING INTEGER PRIMARY KEY \(rowid[<>]/);
      expect(await planOf(/count\(\*\)/, page({ collection: "alerts", order, filters }))).not.toMatch(/SCAN (a|e)\b/);
    }
  },
);

test.each([{ entity: "Few" }, { levels: ["critical"] }, { entity: "Few", levels: ["high"] }] as const)(
  "alerts of few entities and levels for who polls from the beginning, or wants those that changed: %j",
  async (filters) => {
    while ((await indexSome(database)).behind > 0);
    const total = "levels" in filters && "entity" in filters ? 0 : "levels" in filters ? 10 : 5;
    for (const order of [{ ...polled, position: 0 }, changed, { ...polledChanges, position: 0 }]) {
      const asked = page({ collection: "alerts", order, filters });
      expect([(await asked()).count, (await asked()).total]).toEqual([total, total]);
      const plan = await planOf(searched, asked);
      expect(plan).toContain("VIRTUAL TABLE INDEX");
      expect(plan).not.toMatch(/SCAN (a|e)\b|SEARCH e USING INTEGER PRIMARY KEY \(rowid[<>]/);
    }
  },
);

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

test("incidents of a level by their score; those of a level that few have by the index of levels", async () => {
  const ofLevel = (level: "critical" | "medium") =>
    page({ collection: "incidents", order: byRisk, filters: { statuses: open, riskLevels: [level] } });
  const plan = await planOf(rowsOf, ofLevel("critical"));
  expect(plan).toContain("incidents_open_risk (risk_score>?)");
  expect(plan).not.toContain("TEMP B-TREE");
  expect(await planOf(rowsOf, ofLevel("medium"))).toContain("incidents_level (risk_level=?)");
});

const ofMost = [
  { statuses: open },
  { statuses: ["OPEN"] },
  { riskLevels: ["critical"] },
  { owner: null },
  { minRisk: 80 },
  { statuses: open, minRisk: 80 },
  { entity: "Many" },
  { statuses: ["OPEN"], ticket: "none" },
] as const satisfies RowFilters[];

test.each(ofMost)(
  "what most incidents have is met in the order of changes, also where it is counted: %j",
  async (filters) => {
    for (const order of [changed, { ...polledChanges, position: 0 }]) {
      const plan = await planOf(rowsOf, page({ collection: "incidents", order, filters }));
      expect(plan).toContain("USING INDEX incidents_updated (updated_seq");
      expect(plan).not.toContain("TEMP B-TREE");
      const polls = { ...polledChanges, position: 100 };
      const counts = await planOf(/count\(\*\)/, page({ collection: "incidents", order: polls, filters }));
      expect(counts).toContain("incidents_updated (updated_seq>?)");
    }
  },
);

test.each([
  [{ statuses: ["FALSE_POSITIVE"] }, "incidents_status"],
  [{ statuses: ["FALSE_POSITIVE", "CLOSED"] }, "incidents_status"],
  [{ statuses: open, riskLevels: ["low"] }, "incidents_level"],
  [{ statuses: open, minRisk: 95 }, "incidents_risk"],
  [{ statuses: open, owner: "jane" }, "incidents_owner"],
  [{ statuses: open, entity: "Few" }, "incidents_open_entity"],
  [{ ticket: "none", entity: "Few" }, "incidents_entity"],
] as const)("what few incidents have is found by its index and sorted: %j", async (filters, index) => {
  for (const order of [changed, byRisk, { kind: "sorted", by: "due_at", direction: "down" } as const])
    expect(await planOf(rowsOf, page({ collection: "incidents", order, filters }))).toContain(`USING INDEX ${index} (`);
});

test("near its end a poll looks at the rows behind its position alone", async () => {
  const order = { ...walk, by: "updated", direction: "up", position: 2_400 } as const;
  const filters = { statuses: ["FALSE_POSITIVE"] };
  expect(await planOf(rowsOf, page({ collection: "incidents", order, filters }))).toContain(
    "USING INDEX incidents_updated (updated_seq>?",
  );
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
