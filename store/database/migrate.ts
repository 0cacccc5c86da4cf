/**
 * Schema upgrades: frozen `.sql` files, applied in order, each in one transaction together with its row in `schema_journal`.
 * A migration that differs from the one that was applied, or a journal with rows that this version does not know, is refused.
 */

import { createHash } from "node:crypto";
import { StoreError } from "../../core/errors.ts";
import { visible } from "../../core/text/visible.ts";
import type { Database } from "./database.ts";
import spine from "./migrations/0001_spine.sql" with { type: "text" };
import incidents from "./migrations/0002_incidents.sql" with { type: "text" };
import api from "./migrations/0003_api.sql" with { type: "text" };
import tickets from "./migrations/0004_tickets.sql" with { type: "text" };
import ticketSync from "./migrations/0005_ticket_sync.sql" with { type: "text" };
import proactive from "./migrations/0006_proactive.sql" with { type: "text" };
import counts from "./migrations/0007_counts.sql" with { type: "text" };
import analystStatus from "./migrations/0008_analyst_status.sql" with { type: "text" };
import assets from "./migrations/0009_assets.sql" with { type: "text" };
import ticketTitles from "./migrations/0010_ticket_titles.sql" with { type: "text" };
import exceptions from "./migrations/0011_exceptions.sql" with { type: "text" };
import actorRepeats from "./migrations/0012_actor_repeats.sql" with { type: "text" };
import rules from "./migrations/0013_rules.sql" with { type: "text" };
import campaignsAndConsole from "./migrations/0014_campaigns_and_console.sql" with { type: "text" };
import operation from "./migrations/0015_operation.sql" with { type: "text" };
import totals from "./migrations/0016_totals.sql" with { type: "text" };
import alertRisk from "./migrations/0017_alert_risk.sql" with { type: "text" };
import { integer } from "./rows.ts";

interface Migration {
  id: number;
  name: string;
  sql: string;
}

const migrations: readonly Migration[] = [
  { id: 1, name: "0001_spine", sql: spine },
  { id: 2, name: "0002_incidents", sql: incidents },
  { id: 3, name: "0003_api", sql: api },
  { id: 4, name: "0004_tickets", sql: tickets },
  { id: 5, name: "0005_ticket_sync", sql: ticketSync },
  { id: 6, name: "0006_proactive", sql: proactive },
  { id: 7, name: "0007_counts", sql: counts },
  { id: 8, name: "0008_analyst_status", sql: analystStatus },
  { id: 9, name: "0009_assets", sql: assets },
  { id: 10, name: "0010_ticket_titles", sql: ticketTitles },
  { id: 11, name: "0011_exceptions", sql: exceptions },
  { id: 12, name: "0012_actor_repeats", sql: actorRepeats },
  { id: 13, name: "0013_rules", sql: rules },
  { id: 14, name: "0014_campaigns_and_console", sql: campaignsAndConsole },
  { id: 15, name: "0015_operation", sql: operation },
  { id: 16, name: "0016_totals", sql: totals },
  { id: 17, name: "0017_alert_risk", sql: alertRisk },
];

/** The newest schema this version knows. */
export const schemaVersion = migrations.length;

/**
 * Upgrades the file to the newest schema and returns the names of the migrations that were applied. `beforeUpgrade` is called with the
 * present schema, unless the file is new. @throws StoreError store_newer, store_corrupt
 */
export async function migrate(
  database: Database,
  appliedAt: string,
  known = migrations,
  beforeUpgrade: (from: number, to: number) => Promise<unknown> = async () => {},
): Promise<string[]> {
  const present = await schemaOf(database, known);
  if (present === 0)
    await database.script(
      `create table if not exists schema_journal (
      id integer primary key, name text not null, sha256 text not null, applied_at DATETIME not null)`,
    );
  if (present > 0 && present < known.length) await beforeUpgrade(present, known.length);
  const applied: string[] = [];
  for (const migration of known.slice(present)) {
    const record = `insert into schema_journal values (${migration.id}, '${migration.name}', '${checksum(migration.sql)}', '${appliedAt}')`;
    await database.script(`BEGIN IMMEDIATE;\n${migration.sql}\n;${record};\nCOMMIT;`);
    applied.push(migration.name);
  }
  return applied;
}

/** For commands, which must not upgrade the file. @throws StoreError store_older, store_newer, store_corrupt */
export async function expectNewestSchema(database: Database, known = migrations): Promise<void> {
  const present = await schemaOf(database, known);
  if (present < known.length)
    throw new StoreError(
      "store_older",
      `the database has schema ${present}, this program wants ${known.length}: start the service, which upgrades it`,
    );
}

/** Whether the file lacks steps that this version knows. */
export async function lacksSteps(database: Database, known = migrations): Promise<boolean> {
  const newest = known.at(-1)?.id ?? 0;
  const { rows } = await database.read("select count(*) as n from schema_journal where id <= ?", [newest]);
  return rows[0] === undefined || integer(rows[0], "n") < newest;
}

/** The schema version of the file; 0 = a new file. */
export async function schemaOf(database: Database, known = migrations): Promise<number> {
  const { rows } = await database.read("select count(*) as n from sqlite_master where name = 'schema_journal'");
  if (rows[0] === undefined || integer(rows[0], "n") === 0) return 0;
  const journal = (await database.read("select id, name, sha256 from schema_journal order by id")).rows;
  for (const row of journal) {
    const migration = known.find((candidate) => candidate.id === Number(row.id));
    if (migration === undefined)
      throw new StoreError(
        "store_newer",
        `the database has schema ${visible(String(row.name).slice(0, 100))}, which is newer than this version knows (${known.at(-1)?.name}): start the newer version, or restore a backup`,
      );
    if (checksum(migration.sql) !== row.sha256)
      throw new StoreError(
        "store_corrupt",
        `schema step ${migration.name} in the database differs from this version's: it was written by another build`,
      );
  }
  return journal.length;
}

function checksum(sql: string): string {
  return createHash("sha256").update(sql).digest("hex");
}
