/** The tables of counts agree with a count of the rows, whatever happens to tickets, deliveries and incidents; due times with level and status. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import { Database } from "./database.ts";
import { migrate } from "./migrate.ts";

let folder: string;
let sqlite: DatabaseFile;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-counts-"));
  const path = join(folder, "rhythmx.db");
  const database = await Database.open(path);
  await migrate(database, "2026-03-13T04:30:00.000Z");
  database.close();
  sqlite = new DatabaseFile(path);
});

afterEach(() => {
  sqlite.close();
  rmSync(folder, { recursive: true });
});

const rows = (sql: string) => sqlite.query(sql).all();

function expectCountsRight(): void {
  expect(rows("select entity_name, system, state, n from delivery_counts where n <> 0 order by 1, 2, 3")).toEqual(
    rows(`select t.entity_name, t.system, d.state, count(*) as n from deliveries d join tickets t on t.id = d.ticket_id
      group by 1 collate nocase, 2, 3 order by 1 collate nocase, 2, 3`),
  );
  expect(rows("select * from ticket_counts where n <> 0 order by 1, 2")).toEqual(
    rows(`select entity_name, system, count(*) as n, count(remote_id) as known,
        sum(remote_id is not null and gone_at is not null) as gone,
        sum(remote_id is not null and read_failures > 0) as unreadable
      from tickets group by 1 collate nocase, 2 order by 1 collate nocase, 2`),
  );
  expect(rows("select * from delivery_totals where n <> 0 order by 1, 2")).toEqual(
    rows("select system, state, sum(n) as n from delivery_counts group by 1, 2 having sum(n) <> 0 order by 1, 2"),
  );
  expect(rows("select * from ticket_totals where n <> 0 order by 1")).toEqual(
    rows(`select system, sum(n) as n, sum(known) as known, sum(gone) as gone, sum(unreadable) as unreadable from ticket_counts
      group by 1 having sum(n) <> 0 order by 1`),
  );
  expect(
    rows("select d.seq from deliveries d join tickets t on t.id = d.ticket_id where d.system <> t.system"),
  ).toEqual([]);
}

function expectIncidentsRight(): void {
  expect(
    rows(
      "select lower(entity_name) as entity, status, risk_level, owned, n from incident_counts where n <> 0 order by 1, 2, 3, 4",
    ),
  ).toEqual(
    rows(`select lower(entity_name) as entity, status, risk_level, assigned_analyst is not null as owned, count(*) as n from incidents
      group by 1, 2, 3, 4 order by 1, 2, 3, 4`),
  );
  expect(rows("select * from incident_totals where n <> 0 order by 1, 2, 3")).toEqual(
    rows(`select status, risk_level, assigned_analyst is not null as owned, count(*) as n from incidents
      group by 1, 2, 3 order by 1, 2, 3`),
  );
  expect(rows("select status, n from row_totals where feed = 'incidents' and n <> 0 order by 1")).toEqual(
    rows("select status, count(*) as n from incidents group by 1 order by 1"),
  );
  const minutes = { critical: 240, high: 480, medium: 1440, low: 4320 };
  for (const row of rows("select status, risk_level, created_at, due_at, at_risk_at from incidents") as Record<
    string,
    string
  >[]) {
    const open = row.status === "OPEN" || row.status === "IN_PROGRESS";
    const after = (part: number) =>
      new Date(Date.parse(row.created_at ?? "") + part * minutes[row.risk_level as "low"] * 60_000).toISOString();
    expect([row.due_at, row.at_risk_at]).toEqual((open ? [after(1), after(0.75)] : [null, null]) as string[]);
  }
}

const levels = ["critical", "high", "medium", "low"];
const statusOf = (n: number) => ["OPEN", "IN_PROGRESS", "CLOSED", "FALSE_POSITIVE"][n % 4];
const ofIncidents = {
  made: (n: number) =>
    `insert or ignore into incidents (incident_id, period_id, entity_name, group_key, actor_type, status, risk_score, risk_level, assigned_analyst,
        created_at, updated_at, escalated_at, created_seq, updated_seq)
      values ('INC-${n}', ${n}, '${["North", "NORTH", "South"][n % 3]}', 'a', 'user', '${statusOf(n)}', 50, '${levels[n % 4]}', ${n % 5 === 0 ? "'j'" : "null"},
        '2026-03-13T04:30:00.${String(n).padStart(3, "0")}Z', '', '', 1, 1)`,
  status: (n: number) => `update incidents set status = '${statusOf(n)}' where id % 3 = ${n % 3}`,
  level: (n: number) =>
    `update incidents set risk_level = '${levels[n % 4]}', risk_score = ${n} where id % 2 = ${n % 2}`,
  both: (n: number) =>
    `update incidents set risk_level = '${levels[n % 3]}', status = '${statusOf(n + 1)}', assigned_analyst = null where id % 4 = ${n % 4}`,
  owner: (n: number) =>
    `update incidents set assigned_analyst = ${n % 2 === 0 ? "null" : "'k'"} where id % 5 = ${n % 5}`,
  removed: (n: number) => `delete from incidents where id % 6 = ${n % 6}`,
};

const statements = {
  ticket: (n: number) =>
    `insert or ignore into tickets (incident_id, entity_name, system, generation, created_at, updated_at)
      values ('INC-${n % 4}', '${["North", "South"][n % 2]}', '${["jira", "servicenow"][n % 3 === 0 ? 1 : 0]}', ${1 + (n % 3)}, '', '')`,
  delivery: (n: number) =>
    `insert into deliveries (id, ticket_id, kind, state, next_attempt_at, trigger, who, created_at, updated_at)
      select 'dlv-' || (select count(*) from deliveries) || '-${n}' || hex(id), id, 'comment', 'planned', 0, 'auto', '', '', ''
      from tickets where id % 3 = ${n % 3}`,
  state: (n: number) =>
    `update deliveries set state = '${["sending", "confirmed", "parked", "dead"][n % 4]}' where seq % 4 = ${n % 4}`,
  known: (n: number) => `update tickets set remote_id = 'r' || id where id % 2 = ${n % 2}`,
  gone: (n: number) => `update tickets set gone_at = ${n % 2 === 0 ? "''" : "null"} where id % 3 = ${n % 3}`,
  failed: (n: number) => `update tickets set read_failures = ${n % 3} where id % 3 = ${n % 3}`,
  removed: (n: number) =>
    `delete from deliveries where ticket_id % 5 = ${n % 5}; delete from tickets where id % 5 = ${n % 5}`,
};

test("of incidents, after any order of changes", () => {
  const kinds = Object.keys(ofIncidents) as (keyof typeof ofIncidents)[];
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat(60)), { minLength: 5, maxLength: 40 }), (steps) => {
      sqlite.run("delete from incidents");
      for (const [kind, n] of [["made", 1], ["made", 2], ["made", 3], ...steps] as [keyof typeof ofIncidents, number][])
        sqlite.run(ofIncidents[kind](n));
      expectIncidentsRight();
      expect(rows("select count(*) as n from search_pending")).toEqual(rows("select count(*) as n from incidents"));
    }),
    { numRuns: 60 },
  );
});

test("after any order of changes", () => {
  const kinds = Object.keys(statements) as (keyof typeof statements)[];
  const step = fc.tuple(fc.constantFrom(...kinds), fc.nat(60));
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      sqlite.run("delete from deliveries");
      sqlite.run("delete from tickets");
      for (const [kind, n] of [["ticket", 0], ["delivery", 0], ...steps] as [keyof typeof statements, number][])
        sqlite.run(statements[kind](n));
      expectCountsRight();
    }),
    { numRuns: 60 },
  );
});
