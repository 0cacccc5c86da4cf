/** Databases of earlier versions (test/data/databases): each is upgraded without loss, and a second upgrade changes nothing. */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import { openStore } from "../open-store.ts";
import { schemaVersion } from "./migrate.ts";

const data = join(import.meta.dirname, "../../test/data/databases");
const clock = { now: () => Date.UTC(2026, 10, 27), monotonic: () => performance.now() };
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const seedColumns = [
  ["last_snow_update_at", "DATETIME"],
  ["snow_last_priority", "VARCHAR(10)"],
  ["snow_ticket_state", "VARCHAR(50)"],
  ["snow_last_polled_at", "DATETIME"],
];

/** The number of rows in each table. */
function counts(path: string): Record<string, number> {
  const database = new DatabaseFile(path, { readonly: true });
  const tables = database
    .query("select name from sqlite_master where type = 'table' and name <> 'schema_journal'")
    .all();
  const found = (tables as { name: string }[]).map(({ name }) => {
    const { n } = database.query(`select count(*) as n from "${name}"`).get() as { n: number };
    return [name, n] as const;
  });
  database.close();
  return Object.fromEntries(found);
}

test("there is one of each schema before the present one, which may be there already", () => {
  const present = `schema-${schemaVersion}.db.gz`;
  const expected = Array.from({ length: schemaVersion - 1 }, (_, n) => `schema-${n + 1}.db.gz`).sort();
  expect(
    readdirSync(data)
      .filter((name) => name.endsWith(".gz") && name !== present)
      .sort(),
  ).toEqual(expected);
});

for (const name of readdirSync(data).filter((one) => one.endsWith(".gz")))
  test(`${name} is upgraded`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-old-"));
    folders.push(folder);
    const path = join(folder, "rhythmx.db");
    writeFileSync(path, gunzipSync(readFileSync(join(data, name))));
    const before = counts(path);
    expect(before.sigma_alerts).toBe(15);
    const store = await openStore({ path, clock });
    expect(store.migrated.length).toBe(schemaVersion - Number(/\d+/.exec(name)?.[0]));
    expect(await store.integrityCheck()).toEqual([]);
    const { rows, tickets } = { rows: before.incidents ?? 0, tickets: before.tickets ?? 0 };
    if (tickets > 0) {
      const [ticket] = (await store.reading.listTickets({ entities: null, limit: 10, offset: 0 })).tickets;
      const incident = await store.tickets.findIncident(ticket?.incidentId ?? "");
      expect(ticket).toMatchObject({
        system: "jira",
        lastReported: { level: incident?.level, at: null },
        goneAt: null,
      });
      // The ticket is from before tickets were read back: it is read soon.
      const { due } = await store.tickets.dueReadings("jira", clock.now(), 10);
      expect(due).toHaveLength(name === "schema-4.db.gz" ? 1 : 0);
    }
    await store.close();
    const after = counts(path);
    // Tables that a later schema replaced, and where a later reader of the log has a position of its own.
    const kept = Object.entries(before).filter(([table]) => !["alert_hours", "reader_positions"].includes(table));
    for (const [table, count] of kept) expect([table, after[table]]).toEqual([table, count]);
    expect(after.incidents).toBe(rows);
    const database = new DatabaseFile(path, { readonly: true });
    // What lists go by is there for old rows, too.
    const incomplete = database.query(
      `select (select count(*) from incidents where (due_at is null) <> (closed_at is not null)) as due,
        (select count(*) from incidents) - (select coalesce(sum(n), 0) from incident_counts) as counted,
        (select count(*) from incidents where incident_id not in (select incident_id from search_pending)
          and rowid not in (select rowid from incident_search)) as unsearched,
        (select sum(n) from row_totals where feed = 'alerts') as alerts,
        (select coalesce(sum(n), 0) from incident_totals) - (select count(*) from incidents) as summed,
        (select coalesce(sum(n), 0) from delivery_totals) - (select count(*) from deliveries) as deliveries,
        (select coalesce(sum(n), 0) from ticket_totals) - (select count(*) from tickets) as tickets,
        (select group_concat(name) from entity_names) as entities`,
    );
    expect(incomplete.get()).toEqual({
      ...{ due: 0, counted: 0, unsearched: 0, alerts: 15, summed: 0, deliveries: 0, tickets: 0 },
      entities: "Primary Site",
    });
    const columns = database.query("pragma table_info(incidents)").all() as { name: string; type: string }[];
    // The sources' name for the status, for other programs that read the file.
    const statuses = database.query("select status, analyst_status from incidents").all() as Record<string, string>[];
    expect(statuses).toHaveLength(rows);
    for (const { status, analyst_status } of statuses) expect(analyst_status).toBe(status ?? "");
    database.close();
    for (const [column, type] of seedColumns)
      expect(columns.find((one) => one.name === column)).toMatchObject({ type, name: column });
    const again = await openStore({ path, clock });
    expect(again.migrated).toEqual([]);
    await again.close();
    expect(counts(path)).toEqual(after);
  });
