/** Only the service upgrades a database, after a copy of it; every command says so, and says when the service is of another version. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { schemaVersion } from "../../store/database/migrate.ts";
import { detection, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { DatabaseFile } from "../harness/database-file.ts";
import { ApplianceProcess, type ProcessOptions } from "../harness/process.ts";
import { disksMountable, SmallDisk } from "../harness/small-disk.ts";

const databases = join(import.meta.dirname, "../data/databases");
const patience = 300_000;

async function withOldDatabase(schema: number, options: ProcessOptions = {}): Promise<ApplianceProcess> {
  const site = await ApplianceProcess.prepare(options);
  const data = join(site.folder, "data");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeFileSync(join(data, "rhythmx.db"), gunzipSync(readFileSync(join(databases, `schema-${schema}.db.gz`))));
  return site;
}

const digest = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const schemaOf = (path: string) => {
  const database = new DatabaseFile(path, { readonly: true });
  const { n } = database.query("select count(*) as n from schema_journal").get() as { n: number };
  database.close();
  return n;
};

const looking = [["user", "list"], ["key", "list"], ["deliveries"], ["destinations"], ["doctor"]];
const changing = [
  ["user", "add", "jane", "--role", "viewer"],
  ["user", "disable", "jane"],
  ["key", "create", "a", "--scope", "ingest"],
  ["key", "revoke", "key-00000000"],
  ["import", "-"],
  ["replay", "siem", "--from", "2020-01-01T00:00:00Z"],
  ["destinations", "skip", "siem", "--yes"],
  ["destinations", "forget", "siem", "--yes"],
  ["deliveries", "retry", "--all"],
  ["secrets", "rotate"],
];

test(
  "no command upgrades: each says what the file has and what to do, and leaves it as it is",
  cleaningUp(async (defer) => {
    const site = await withOldDatabase(4, { config: { syslog: { name: "siem", host: "127.0.0.1" } } });
    defer(() => site.dispose());
    const path = join(site.folder, "data", "rhythmx.db");
    // As the service left it.
    const database = new DatabaseFile(path);
    database.run("PRAGMA journal_mode = WAL");
    database.close();
    const before = digest(path);
    const words = `the database has schema 4, this program wants ${schemaVersion}: start the service`;
    for (const args of [...looking, ...changing]) {
      const { code, stdout, stderr } = site.run(args, "correct horse battery\n");
      expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: "" });
      expect(stderr).toContain(words);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    }
    expect([digest(path), schemaOf(path)]).toEqual([before, 4]);
    expect(
      readdirSync(join(site.folder, "data")).filter((name) => !/^rhythmx\.db(-shm|-wal|\.lock.*)?$/.test(name)),
    ).toEqual([]);
  }),
  patience,
);

test(
  "the service makes a copy, keeps it, and `doctor` names it; a start that upgrades nothing makes none",
  cleaningUp(async (defer) => {
    const site = await withOldDatabase(3);
    defer(() => site.dispose());
    const path = join(site.folder, "data", "rhythmx.db");
    const copy = `${path}.schema-3`;
    await site.start();
    expect([schemaOf(path), schemaOf(copy), statSync(copy).mode & 0o777]).toEqual([schemaVersion, 3, 0o600]);
    const old = new DatabaseFile(copy, { readonly: true });
    expect(old.query("select count(*) as n from sigma_alerts").get()).toEqual({ n: 15 });
    old.close();
    expect(site.run(["doctor"]).stdout).toMatch(new RegExp(`^old copies +${copy} \\([\\d.]+ MiB\\)$`, "m"));
    const others = [
      [`${path}.schema-1`, 1.5],
      [`${path}.schema-2`, 12.6],
    ] as const;
    for (const [name, mebibytes] of others) {
      writeFileSync(name, "");
      truncateSync(name, Math.round(mebibytes * 1024 * 1024));
    }
    expect(site.run(["doctor"]).stdout).toContain(`${path}.schema-1 (1.5 MiB), ${path}.schema-2 (13 MiB), ${copy} (`);
    for (const [name] of others) rmSync(name);
    await site.terminate();

    // The way back, then forward again: what was added in between is in the newer copy.
    const first = digest(copy);
    await site.start();
    await site.terminate();
    expect([digest(copy), readdirSync(join(site.folder, "data")).filter((name) => name.includes(".schema-"))]).toEqual([
      first,
      ["rhythmx.db.schema-3"],
    ]);
    expect(existsSync(`${copy}.part`)).toBe(false);
  }),
  patience,
);

test(
  "a new database is no upgrade",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare();
    defer(() => site.dispose());
    expect(site.run(["import", "-"], JSON.stringify(detection())).code).toBe(0);
    expect(site.run(["key", "list", "--json"]).stdout.trim()).toBe("[]");
    expect(readdirSync(join(site.folder, "data")).filter((name) => name.includes("schema"))).toEqual([]);
  }),
  patience,
);

test.skipIf(!disksMountable())(
  "without room for the copy the service waits, says so in health, and goes on when there is room",
  cleaningUp(async (defer) => {
    const disk = SmallDisk.mounted(64);
    const site = await ApplianceProcess.prepare({ folder: disk.folder });
    defer(async () => {
      await site.kill();
      disk.remove();
    });
    const path = join(disk.data, "rhythmx.db");
    writeFileSync(path, gunzipSync(readFileSync(join(databases, "schema-5.db.gz"))));
    disk.fill(4 * 1024 * 1024);
    const starting = site.start();
    const messages = async () => {
      const answer = await fetch(`http://127.0.0.1:${site.healthPort}/health`).catch(() => null);
      const body = (await answer?.json()) as { faults: { message: string }[] } | undefined;
      return body?.faults.map(({ message }) => message).join() ?? "";
    };
    await until(async () => (await messages()).includes("there is no room for that"));
    expect(await messages()).toMatch(/goes from schema 5 to \d+ it is copied.*it takes \d+ MiB.*has \d+ MiB free/);
    expect([schemaOf(path), existsSync(`${path}.schema-5`)]).toEqual([5, false]);
    disk.empty();
    await starting;
    expect([schemaOf(path), schemaOf(`${path}.schema-5`)]).toEqual([schemaVersion, 5]);
  }),
  patience,
);

test(
  "a service of another version is said, and a command that it does not know is no riddle",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare();
    defer(() => site.dispose());
    const data = join(site.folder, "data");
    mkdirSync(data, { mode: 0o700 });
    let version: string | undefined = "0.0.1";
    const service = createServer((request, response) => {
      const known = request.url === "/ping" ? { version } : request.url === "/key/list" ? [] : null;
      response.writeHead(known === null ? 404 : 200).end(known === null ? "404 Not Found" : JSON.stringify(known));
    });
    await new Promise<void>((resolve) => service.listen(join(data, "control.sock"), resolve));
    defer(() => new Promise((resolve) => service.close(resolve)));
    const listed = await site.runAside(["key", "list"]);
    expect(listed.code).toBe(0);
    expect(listed.stderr).toMatch(
      /^warning: the running service is version 0\.0\.1, this program is version \S+: restart the service\n/,
    );
    const unknown = await site.runAside(["destinations"]);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("the running service (0.0.1) does not know this command: restart it");
    // From before versions were told.
    version = undefined;
    expect((await site.runAside(["key", "list"])).stderr).toContain("the running service is an older version");
    expect((await site.runAside(["reload"])).stderr).toContain("restart it");
  }),
  patience,
);
