/** The tables of counts agree with a count of the rows, whatever happens to tickets and deliveries. */
import { Database as Sqlite } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Database } from "./database.ts";
import { migrate } from "./migrate.ts";

let folder: string;
let sqlite: Sqlite;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-counts-"));
  const path = join(folder, "rhythmx.db");
  const database = await Database.open(path);
  await migrate(database, "2026-03-13T04:30:00.000Z");
  database.close();
  sqlite = new Sqlite(path);
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
  expect(
    rows("select d.seq from deliveries d join tickets t on t.id = d.ticket_id where d.system <> t.system"),
  ).toEqual([]);
}

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

test("after any order of changes", () => {
  const kinds = Object.keys(statements) as (keyof typeof statements)[];
  const step = fc.tuple(fc.constantFrom(...kinds), fc.nat(60));
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      sqlite.run("delete from deliveries");
      sqlite.run("delete from tickets");
      for (const [kind, n] of [["ticket", 0], ["delivery", 0], ...steps] as [keyof typeof statements, number][])
        sqlite.exec(statements[kind](n));
      expectCountsRight();
    }),
    { numRuns: 60 },
  );
});
