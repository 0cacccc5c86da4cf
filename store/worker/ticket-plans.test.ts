/** Lists of tickets and deliveries after years: SQLite says how it carries out the statement that reads their rows. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { listDeliveries, listTickets, type TicketFilter } from "../lists/ticket-lists.ts";

const at = "2026-03-13T04:30:00.000Z";
let folder: string;
let database: Database;
let said: { sql: string; args: readonly unknown[] }[] = [];
const { read } = Database.prototype;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-ticket-plans-"));
  database = await Database.open(join(folder, "rhythmx.db"));
  await migrate(database, at);
  const numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500)";
  await database.write([
    {
      sql: `${numbers} insert into tickets (incident_id, entity_name, system, generation, created_at, updated_at)
        select 'INC-' || i, iif(i % 500 = 0, 'Few', 'Many'), iif(i % 600 = 0, 'servicenow', 'jira'), 1, '${at}', '${at}' from n order by i`,
    },
    {
      sql: `${numbers} insert into deliveries (id, ticket_id, kind, state, next_attempt_at, trigger, who, created_at, updated_at, system)
        select 'd' || i, i, 'create', iif(i % 800 = 0, 'dead', 'confirmed'), 0, 'auto', 'system', '${at}', '${at}', iif(i % 600 = 0, 'servicenow', 'jira') from n order by i`,
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

/** How the rows of a list are found, and how many it says there are. */
async function planOf(list: typeof listTickets | typeof listDeliveries, filter: Partial<TicketFilter>) {
  said = [];
  const { total } = await list(database, { entities: null, limit: 25, offset: 0, ...filter });
  const sql = said.find((one) => /order by (t\.id|d\.seq) desc limit/.test(one.sql))?.sql ?? "";
  const { rows } = await read.call(database, `explain query plan ${sql}`, []);
  return { total, plan: rows.map(({ detail }) => String(detail)).join("\n") };
}

test.each([
  [{}, 2500],
  [{ system: "jira" }, 2496],
  [{ entities: ["Many"] }, 2495],
  [{ entities: ["Many"], system: "jira" }, 2491],
])("tickets of many, the newest first, without sorting them: %j", async (filter, total) => {
  const found = await planOf(listTickets, filter);
  expect(found.total).toBe(total);
  expect(found.plan).toStartWith("SCAN t\n");
  expect(found.plan).not.toContain("TEMP B-TREE FOR ORDER BY\nCORR");
});

test("tickets of an entity or a system that has few", async () => {
  const ofEntity = await planOf(listTickets, { entities: ["Few"], system: "jira" });
  expect(ofEntity.total).toBe(5);
  expect(ofEntity.plan).toContain("SEARCH t USING INDEX tickets_entity (entity_name=?");
  expect((await planOf(listTickets, { system: "servicenow" })).plan).toMatch(/SEARCH t USING INDEX \w+ \(system=\?/);
});

test.each([
  [{}, 2500],
  [{ system: "jira", states: ["confirmed"] }, 2494],
  [{ states: ["confirmed", "dead"] }, 2500],
  [{ entities: ["Many"], states: ["confirmed"], system: "jira" }, 2489],
])("deliveries of many, the newest first, without sorting them: %j", async (filter, total) => {
  const found = await planOf(listDeliveries, filter);
  expect(found.total).toBe(total);
  expect(found.plan).toStartWith("SCAN d\n");
  expect(found.plan).not.toContain("TEMP B-TREE");
});

test("deliveries of an entity that has few, and those in a state that few are in", async () => {
  const ofEntity = await planOf(listDeliveries, { entities: ["Few"] });
  expect(ofEntity.total).toBe(5);
  expect(ofEntity.plan).toContain("SEARCH t USING INDEX tickets_entity (entity_name=?)");
  const dead = await planOf(listDeliveries, { states: ["dead"], system: "jira" });
  expect([dead.total, dead.plan]).toEqual([2, expect.stringContaining("deliveries_state (state=?)")]);
});
