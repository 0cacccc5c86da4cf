/** What is read at a start: names may be many, so each connection reads them once. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { Database } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { StoreWorker } from "./store-worker.ts";

const listed = {
  kind: "host",
  name: "dc-1",
  role: "domain_controller",
  criticality: null,
  aliases: [],
  entity: "Site",
  from: "file",
};

test("names are read once by the connection that writes and once by the one that reads, whatever the settings are then", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-start-"));
  const path = join(folder, "rhythmx.db");
  const database = await Database.open(path);
  await migrate(database, "2026-03-13T00:00:00.000Z");
  await database.write([
    { sql: "insert into name_joins values (1, 'site', 'host', 'ws-1', 'ws-1', 'found', 20000)" },
    { sql: "update name_state set changes = 1" },
  ]);
  database.close();
  const { read } = Database.prototype;
  const readers: Database[] = [];
  Database.prototype.read = function (sql, args) {
    if (sql.includes("from name_joins")) readers.push(this);
    return read.call(this, sql, args);
  };
  const [writer, reader] = [new StoreWorker(), new StoreWorker()];
  const ask = async (worker: StoreWorker, method: string, ...args: unknown[]) => {
    const [reply] = (await worker.work([{ id: 1, method: method as never, args }])).filter((one) => "id" in one);
    if (reply !== undefined && "error" in reply) throw new Error(reply.error.message);
  };
  const actors = { sharedAccounts: [], hostShortNames: false };
  const settings = { patterns: builtInPatterns, floors: builtInFloors, actors, minScore: 40, assets: [listed] };
  try {
    await ask(writer, "open", path, Date.UTC(2026, 2, 13), "serve");
    await ask(writer, "incidents.configureCorrelation", settings);
    await ask(reader, "openReader", path, settings);
    await ask(reader, "settings.configure", settings);
    expect(readers).toHaveLength(2);
    expect(new Set(readers).size).toBe(2);
  } finally {
    Database.prototype.read = read;
    await ask(reader, "close");
    await ask(writer, "close");
    rmSync(folder, { recursive: true });
  }
});
