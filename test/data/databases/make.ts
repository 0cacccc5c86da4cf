/**
 * Makes `schema-N.db.gz`, N being the present schema: to be run once, before the first migration after a release.
 * 15 alerts of the sample, an incident with a ticket in Jira; no users, sessions or audit log.
 * Run as `bun test/data/databases/make.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { schemaVersion } from "../../../store/database/migrate.ts";
import { DatabaseFile, queryDatabase } from "../../harness/database-file.ts";
import { cleanUpScenes, scene, settled, turn } from "../../harness/ticket-scene.ts";

const data = join(import.meta.dirname, "..");
const lines = gunzipSync(readFileSync(join(data, "detections/alerts.jsonl.gz"))).toString().trimEnd().split("\n");
const alerts = 15;

const it = await scene({ AUTO_PUSH_SYSTEMS: "jira" });
for (let at = 0; queryDatabase(it.appliance, "select count(*) as n from sigma_alerts").n !== alerts; at += 5)
  await it.appliance.ingest(lines.slice(at, at + 5).map((line) => JSON.parse(line)));
await turn(it, 60_000);
await settled(it);
await it.appliance.stop();
const file = join(it.appliance.dataDir, "rhythmx.db");
const database = new DatabaseFile(file);
for (const table of ["users", "audit_log", "console_sessions", "sessions"]) {
  const known = database.query("select 1 from sqlite_master where type = 'table' and name = ?").get(table);
  if (known) database.run(`delete from "${table}"`);
  else console.error(`no table ${table}`);
}
// As if no ticket had been read since.
database.run("update tickets set read_at = null");
database.run("pragma wal_checkpoint(truncate); pragma journal_mode = delete; vacuum");
database.close();
const target = join(import.meta.dirname, `schema-${schemaVersion}.db.gz`);
writeFileSync(target, gzipSync(readFileSync(file), { level: 9 }));
console.log(target);
await cleanUpScenes();
process.exit(0);
