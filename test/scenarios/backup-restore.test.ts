/** Backup and restore by the front door: commands on the data folder of an appliance that runs, and of one that does not. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { minuteMs } from "../../core/time.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { command } from "../harness/command.ts";
import { DatabaseFile, inDatabase, queryDatabase } from "../harness/database-file.ts";
import { EventStreamClient } from "../harness/event-stream.ts";

const env = { RHYTHMX_ADMIN_PASSWORD: password };
const critical = (user: string) => detection({ user, level: "critical", tags: ["attack.execution"] });
const jira = { url: "https://jira.example", email: "a@b.example", api_token: "a-secret-token", project_key: "SEC" };

interface Place {
  folder: string;
  file(name: string): string;
}

function place(defer: (step: () => void) => void): Place {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-backups-"));
  defer(() => rmSync(folder, { recursive: true }));
  return { folder, file: (name) => join(folder, name) };
}

test(
  "a backup to stdout that fails leaves nothing in the folder of temporary files",
  cleaningUp(async (defer) => {
    const { folder, file } = place(defer);
    const { TMPDIR } = process.env;
    defer(() => {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    });
    process.env.TMPDIR = folder;
    const failed = await command(["backup", "-"], { dataDir: file("none"), configDir: folder });
    expect([failed.code, failed.err]).toEqual([1, expect.stringContaining("there is no database")]);
    expect(readdirSync(folder).filter((name) => name.startsWith("rhythmx-backup-"))).toEqual([]);
  }),
);

test(
  "a file of a cluster runs alone once it is restored, or taken out there, also without the cluster's settings",
  cleaningUp(async (defer) => {
    const { file } = place(defer);
    const site = await TestAppliance.start({ env });
    defer(() => site.dispose());
    await site.stop();
    const joined = new DatabaseFile(join(site.dataDir, "rhythmx.db"));
    joined.run("insert into applied values (1, 'a cluster', 7, 2, 'abc')");
    joined.close();
    expect((await command(["backup", file("b.tar.gz")], { dataDir: site.dataDir })).code).toBe(0);
    const create = (dataDir: string) => command(["key", "create", "x", "--scope", "ingest"], { dataDir });
    expect(await create(site.dataDir)).toMatchObject({ code: 1, err: expect.stringContaining("belongs to a cluster") });
    expect(await command(["restore", file("b.tar.gz"), "--yes"], { dataDir: file("other") })).toMatchObject({
      code: 0,
    });
    expect((await create(file("other"))).code).toBe(0);
    const out = await command(["cluster", "remove", "edge1", "--here", "--yes"], { dataDir: site.dataDir });
    expect(out).toMatchObject({ code: 0, err: expect.stringContaining("belongs to no cluster any more") });
    expect((await create(site.dataDir)).code).toBe(0);
  }),
);

const counts = (dataDir: string) =>
  queryDatabase(
    { dataDir },
    "select (select count(*) from sigma_alerts) as alerts, (select count(*) from incidents) as incidents",
  );

test(
  "from a running appliance into a new machine: all that was there, its own key, positions of pollers that are told",
  cleaningUp(async (defer) => {
    const { folder, file } = place(defer);
    const etc = file("etc");
    mkdirSync(etc);
    writeFileSync(join(etc, "floors.json"), "[]");
    writeFileSync(join(etc, ".env.production"), "JIRA_API_TOKEN=hush\nRHYTHMX_RETENTION_DAYS=30 # why\nOTHER=x\n", {
      mode: 0o600,
    });
    const from = await TestAppliance.start({ env });
    defer(() => from.dispose());
    const admin = await ApiClient.loggedIn(from, "admin");
    expect((await admin.send("PUT", "/api/settings/jira", jira)).status).toBe(200);
    await from.ingest(["alice", "bob", "carol"].map(critical));
    const { key } = await from.makeKey(["feed:read"]);
    const cursor = async (appliance: TestAppliance) => {
      const client = new ApiClient(appliance.appliance.apiUrl, { "X-API-Key": key });
      return (await client.get("/api/v1/feed/incidents?since=")).body.next_cursor as string;
    };
    const ofBackup = await cursor(from);

    const backup = file("edge.tar.gz");
    const made = await command(["backup", backup], { dataDir: from.dataDir, configDir: etc });
    expect(made.code).toBe(0);
    expect(made.out).toMatch(
      /edge\.tar\.gz {2}\d+ KiB, checked: 3 alerts, 3 incidents, 0 tickets, 1 user\nsha256 {2}[0-9a-f]{64}\n$/,
    );
    expect(made.err).toContain("saved passwords in it are readable with the master key only");
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    // Nothing else is left, neither there nor in the data folder.
    expect(readdirSync(folder).sort()).toEqual(["edge.tar.gz", "etc"]);
    expect(readdirSync(join(from.dataDir, "backups"))).toEqual([]);
    const again = await command(["backup", backup], { dataDir: from.dataDir });
    expect([again.code, again.err]).toEqual([
      1,
      `rhythmx backup: ${backup} is there already: choose another name, or replace it with --force\n`,
    ]);
    const verified = await command(["backup", backup, "--verify"], { dataDir: from.dataDir });
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining("3 alerts, 3 incidents")]);

    // Made once more, with files of the configuration, by the command itself.
    await from.stop();
    const stopped = await command(["backup", backup, "--force"], { dataDir: from.dataDir, configDir: etc });
    expect([stopped.code, stopped.err]).toEqual([
      0,
      expect.stringContaining("not in it: the values of JIRA_API_TOKEN, OTHER, which are secrets"),
    ]);
    const piped = await command(["backup", "-"], { dataDir: from.dataDir, configDir: etc });
    expect([piped.code, piped.out, piped.bytes.subarray(0, 2).toString("hex")]).toEqual([0, "", "1f8b"]);

    // No key, no password, in whatever form.
    const inside = gunzipSync(readFileSync(backup));
    const masterKey = readFileSync(join(from.dataDir, "master.key"));
    for (const secret of [
      masterKey.toString().trim(),
      Buffer.from(masterKey.toString(), "base64"),
      "hush",
      "a-secret-token",
    ])
      expect(inside.includes(secret)).toBe(false);
    expect(inside.includes("RHYTHMX_RETENTION_DAYS=30\n")).toBe(true);

    // Another machine, with the other one's key.
    const keyFile = file("key");
    writeFileSync(keyFile, masterKey, { mode: 0o600 });
    const [data, otherEtc] = [file("data"), file("other-etc")];
    mkdirSync(otherEtc);
    const restored = await command(["restore", backup, "--key-file", keyFile], { dataDir: data, configDir: otherEtc });
    expect(restored.code).toBe(0);
    expect(restored.out.split("\n").slice(0, -1)).toEqual([
      "restored; start the service: systemctl start rhythmx",
      "the given master key is now that of this machine",
      `configuration written: ${join(otherEtc, "floors.json")}, ${join(otherEtc, ".env.production")}`,
      "to be entered again in .env.production, if they are not there: JIRA_API_TOKEN, OTHER",
    ]);
    const to = await TestAppliance.start({ env, dataDir: data, clock: from.clock });
    defer(() => to.dispose());
    expect(counts(data)).toEqual({ alerts: 3, incidents: 3 });
    // The old password, the saved secret, the audit.
    const there = await ApiClient.loggedIn(to, "admin");
    expect(
      (await there.get("/api/settings/jira")).body.fields?.api_token ?? (await there.get("/api/settings/jira")).body,
    ).toMatchObject({ configured: true });
    const [entry] = (await there.get("/api/audit?action=database.restore")).body.entries;
    expect([entry.who, entry.detail.from, entry.detail.positions]).toEqual(["command line", "edge.tar.gz", "keep"]);
    // Positions in the log of another life.
    await to.ingest(["zoe", "yves"].map(critical));
    const poll = new ApiClient(to.appliance.apiUrl, { "X-API-Key": key });
    const gone = await poll.get(`/api/v1/feed/incidents?cursor=${ofBackup}`);
    expect([gone.status, gone.body.detail]).toEqual([410, expect.stringContaining("begin again with since=")]);
    const stream = await EventStreamClient.open(`${to.appliance.apiUrl}/api/v1/feed/stream`, {
      "X-API-Key": key,
      "Last-Event-ID": "1",
    });
    defer(() => stream.close());
    expect(stream.status).toBe(410);
    // Ids that were given after the backup are not given again: the first digit says it.
    const ids = (await there.get("/api/incidents?since=")).body.incidents as { incident_id: string }[];
    const isNew = (id: string) => /^INC-[89ab]/.test(id);
    expect(ids.map(({ incident_id: id }) => isNew(id))).toEqual([false, false, false, true, true]);
  }),
  180_000,
);

test(
  "on the same machine: refused while it runs; what was there is kept, and comes back; what was revoked stays so",
  cleaningUp(async (defer) => {
    const { file } = place(defer);
    let site = await TestAppliance.start({ env });
    defer(() => site.dispose());
    const { dataDir } = site;
    const at = { dataDir };
    await site.ingest([critical("alice")]);
    const spy = await site.makeKey(["feed:read"]);
    await site.appliance.operations.createUser({ name: "mallory", role: "viewer", password, entities: [] });
    const backup = file("b.tar.gz");
    expect((await command(["backup", backup], at)).code).toBe(0);
    await site.appliance.operations.revokeKey(spy.id);
    await site.appliance.operations.changeUser("mallory", { disabled: true });
    const cursorOf = async () =>
      (await (await ApiClient.loggedIn(site, "admin")).get("/api/incidents?since=")).body.next_cursor as string;
    await site.ingest([critical("bob")]);
    const before = await cursorOf();

    const running = await command(["restore", backup, "--yes"], at);
    expect([running.code, running.err]).toEqual([
      1,
      "rhythmx restore: the appliance runs on this data folder: stop it first (systemctl stop rhythmx)\n",
    ]);
    await site.stop();
    const unasked = await command(["restore", backup], at);
    expect([unasked.code, unasked.err]).toEqual([2, expect.stringContaining("say --yes to put this in its place")]);
    expect(counts(dataDir)).toEqual({ alerts: 2, incidents: 2 });

    const restored = await command(["restore", backup, "--yes"], at);
    expect(restored.code).toBe(0);
    const [, kept = ""] = /is kept: (\S+)/.exec(restored.out) ?? [];
    expect(restored.out).toContain(`(back with \`rhythmx restore ${kept}\`)`);
    expect(restored.out).toContain(`API keys that stay revoked: more (${spy.id})`);
    expect(restored.out).toContain("users who stay disabled: mallory");
    const start = async () => {
      site = await TestAppliance.start({ env, dataDir, clock: site.clock });
    };
    await start();
    expect(counts(dataDir)).toEqual({ alerts: 1, incidents: 1 });
    const key = { "X-API-Key": spy.key };
    expect((await new ApiClient(site.appliance.apiUrl, key).get("/api/incidents")).status).toBe(401);
    const mallory = { username: "mallory", password };
    expect((await new ApiClient(site.appliance.apiUrl).post("/api/login", mallory)).status).toBe(401);
    expect((await (await ApiClient.loggedIn(site, "admin")).get(`/api/incidents?cursor=${before}`)).status).toBe(410);
    await site.stop();

    // The way back, of which there is no archive: the file itself.
    const back = await command(["restore", kept, "--yes"], at);
    expect([back.code, back.err]).toEqual([0, expect.stringContaining(`${kept}: a database file, schema`)]);
    await start();
    expect(counts(dataDir)).toEqual({ alerts: 2, incidents: 2 });
    expect((await (await ApiClient.loggedIn(site, "admin")).get(`/api/incidents?cursor=${before}`)).status).toBe(410);
  }),
  180_000,
);

test(
  "without the key its secrets are named and taken out; with another one's they are encrypted anew; a wrong one is refused",
  cleaningUp(async (defer) => {
    const { file } = place(defer);
    const from = await TestAppliance.start({ env });
    defer(() => from.dispose());
    const admin = await ApiClient.loggedIn(from, "admin");
    await admin.send("PUT", "/api/settings/jira", jira);
    const backup = file("b.tar.gz");
    expect((await command(["backup", backup], { dataDir: from.dataDir })).code).toBe(0);
    const good = join(from.dataDir, "master.key");
    const wrong = file("wrong.key");
    writeFileSync(wrong, `${Buffer.alloc(32, 7).toString("base64")}\n`);

    const withKey = async (appliance: TestAppliance) => {
      const { body } = await (await ApiClient.loggedIn(appliance, "admin")).get("/api/settings/jira");
      return JSON.stringify(body).includes('"api_token":{"configured":true');
    };
    expect(await withKey(from)).toBe(true);
    const other = await TestAppliance.start({ env });
    defer(() => other.dispose());
    await other.stop();
    const at = { dataDir: other.dataDir };
    const refused = await command(["restore", backup, "--yes", "--key-file", wrong], at);
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringContaining("is not the master key of the machine that the backup is of"),
    ]);
    const lost = await command(["restore", backup, "--yes"], at);
    expect([lost.code, lost.out]).toEqual([
      0,
      expect.stringContaining("to be entered again, because their master key is not here (--key-file): JIRA_API_TOKEN"),
    ]);
    const started = () => TestAppliance.start({ env, dataDir: other.dataDir, clock: other.clock });
    let now = await started();
    expect(await withKey(now)).toBe(false);
    expect((await now.health()).body.status).toBe("running");
    await now.stop();
    const anew = await command(["restore", backup, "--yes", "--key-file", good], at);
    expect([anew.code, anew.out]).toEqual([
      0,
      expect.stringContaining("encrypted anew under this machine's master key"),
    ]);
    now = await started();
    expect(await withKey(now)).toBe(true);
    expect((await now.health()).body.status).toBe("running");
    await now.stop();
  }),
  180_000,
);

test(
  "garbage, cut off, changed, foreign, of a newer version, names that lead elsewhere: refused in words, and nothing is touched",
  cleaningUp(async (defer) => {
    const { file } = place(defer);
    const site = await TestAppliance.start({ env });
    defer(() => site.dispose());
    await site.ingest([critical("alice")]);
    const backup = file("b.tar.gz");
    expect((await command(["backup", backup], { dataDir: site.dataDir })).code).toBe(0);
    await site.stop();
    const whole = readFileSync(backup);
    const tar = gunzipSync(whole);
    const names = readdirSync(site.dataDir).sort();
    const database = readFileSync(join(site.dataDir, "rhythmx.db"));

    const other = file("tree");
    mkdirSync(join(other, "config"), { recursive: true });
    spawnSync("tar", ["-xzf", backup, "-C", other]);
    const manifest = JSON.parse(readFileSync(join(other, "manifest.json"), "utf8"));
    const packed = (change: (manifest: Record<string, unknown>) => void, extra: string[] = []) => {
      const changed = structuredClone(manifest);
      change(changed);
      writeFileSync(join(other, "manifest.json"), JSON.stringify(changed));
      const { stdout } = spawnSync(
        "tar",
        ["-czf", "-", "-C", other, "--format=ustar", "-P", "manifest.json", "rhythmx.db", ...extra],
        {
          maxBuffer: 64 << 20,
        },
      );
      return stdout;
    };
    // tar's own archive of the same is as good.
    const cases: [name: string, content: Buffer | null, words: string][] = [
      ["missing", null, "it does not exist"],
      ["garbage", Buffer.from("not a backup at all"), "is neither a backup of RhythmX Edge nor a database"],
      ["empty", Buffer.alloc(0), "is neither a backup of RhythmX Edge nor a database"],
      ["cut off", whole.subarray(0, whole.length - 100), "is no whole backup"],
      ["half", whole.subarray(0, whole.length >> 1), "is no whole backup"],
      ["changed", gzipSync(flipped(tar, tar.length - 200_000)), "has another checksum than it should"],
      ["foreign", gzipSync(tarOf(file, "hello.txt", "hello")), "does not begin as a backup of RhythmX Edge does"],
      [
        "newer form",
        packed((m) => void Object.assign(m, { format: 2, version: "9.9.9" })),
        "was made by version 9.9.9",
      ],
      ["other product", packed((m) => void Object.assign(m, { product: "x" })), "is no backup of RhythmX Edge"],
      [
        "other counts",
        packed((m) => void Object.assign(m, { counts: { ...(m.counts as object), incidents: 7 } })),
        "it says 7 of incidents, its database has 1",
      ],
      [
        "path",
        packed((m) => void (m.files as object[]).push({ name: "../../evil", bytes: 1, sha256: "0".repeat(64) })),
        "is no backup of RhythmX Edge",
      ],
      ["sqlite garbage", Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(5000, 1)]), "damaged"],
    ];
    symlinkSync("/etc/passwd", join(other, "link"));
    cases.push(["link", packed(() => {}, ["link"]), "holds something that is no plain file"]);
    for (const [name, content, words] of cases) {
      const path = file(name);
      if (content !== null) writeFileSync(path, content);
      for (const args of [
        ["restore", path, "--yes"],
        ["backup", path, "--verify"],
      ]) {
        const { code, out, err } = await command(args, { dataDir: site.dataDir });
        expect({ name, args: args[0], code, out, err }).toEqual({
          name,
          args: args[0] as string,
          code: 1,
          out: "",
          err: expect.stringContaining(words),
        });
        expect(err.trimEnd().split("\n")).toHaveLength(1);
      }
    }
    writeFileSync(
      file("good"),
      packed(() => {}),
    );
    expect((await command(["backup", file("good"), "--verify"], { dataDir: site.dataDir })).code).toBe(0);
    // Another program's database, and one of a version that is to come.
    const foreign = file("foreign.db");
    const newer = file("newer.db");
    writeFileSync(newer, readFileSync(join(other, "rhythmx.db")));
    inDatabase(foreign, (file) => file.run("create table t (a)"));
    inDatabase(newer, (file) => file.run("insert into schema_journal values (999, '0999_to_come', 'x', 'x')"));
    const told = async (path: string) => (await command(["restore", path, "--yes"], { dataDir: site.dataDir })).err;
    expect(await told(foreign)).toContain("its database is not one of RhythmX Edge");
    expect(await told(newer)).toContain("is of a newer version than this one");
    expect(readdirSync(site.dataDir).sort()).toEqual(names);
    expect(readFileSync(join(site.dataDir, "rhythmx.db")).equals(database)).toBe(true);
    expect(existsSync(file("evil"))).toBe(false);
  }),
  180_000,
);

function flipped(content: Buffer, at: number): Buffer {
  const changed = Buffer.from(content);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

function tarOf(file: Place["file"], name: string, content: string): Buffer {
  writeFileSync(file(name), content);
  return spawnSync("tar", ["-cf", "-", "-C", file("."), "--format=ustar", name]).stdout;
}

test(
  "the API: makes one, lists, gives out, removes; for administrators, in the audit; health and metrics say how it went",
  cleaningUp(async (defer) => {
    const { file } = place(defer);
    const dir = file("kept");
    const site = await TestAppliance.start({ env: { ...env, RHYTHMX_BACKUP_DIR: dir, RHYTHMX_BACKUP_KEEP: "2" } });
    defer(() => site.dispose());
    await site.appliance.operations.createUser({ name: "ann", role: "analyst", password, entities: [] });
    const admin = await ApiClient.loggedIn(site, "admin");
    const metric = async (name: string) => {
      const text = await (await fetch(`${site.appliance.apiUrl}/metrics`)).text();
      return new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1];
    };
    expect((await admin.get("/api/backups")).body).toEqual({
      ...{ folder: dir, schedule: null, keep: 2, next_at: null, last: null, failure: null, running: null, backups: [] },
    });
    expect(await metric("rhythmx_backup_last_success_timestamp_seconds")).toBeUndefined();
    const make = async () => {
      expect((await admin.post("/api/backups", {})).status).toBe(202);
      await until(async () => (await admin.get("/api/backups")).body.running === null);
      return (await admin.get("/api/backups")).body;
    };
    for (let n = 0; n < 3; n++) {
      site.clock.jump(60_000);
      await make();
    }
    const { backups, last } = (await admin.get("/api/backups")).body;
    expect(backups.map(({ name }: { name: string }) => /^rhythmx-\d{8}T\d{6}Z\.tar\.gz$/.test(name))).toEqual([
      true,
      true,
    ]);
    expect(readdirSync(dir)).toHaveLength(2);
    expect(await metric("rhythmx_backup_last_success_timestamp_seconds")).toBe(String(Date.parse(last.at) / 1000));
    expect(await metric("rhythmx_backup_last_size_bytes")).toBe(String(last.bytes));
    const [{ name, bytes }] = backups;
    const given = await fetch(`${site.appliance.apiUrl}/api/backups/${name}`, { headers: admin.headers });
    expect([given.status, given.headers.get("content-type")]).toEqual([200, "application/gzip"]);
    const downloaded = file("downloaded.tar.gz");
    writeFileSync(downloaded, Buffer.from(await given.arrayBuffer()));
    expect(statSync(downloaded).size).toBe(bytes);
    expect((await command(["backup", downloaded, "--verify"], { dataDir: site.dataDir })).code).toBe(0);
    for (const path of ["/api/backups/rhythmx.db", "/api/backups/..%2f..%2fetc%2fpasswd", `/api/backups/${name}x`])
      expect((await admin.get(path)).status).toBe(404);
    expect((await admin.delete(`/api/backups/${name}`)).status).toBe(204);
    expect((await admin.get("/api/backups")).body.backups).toHaveLength(1);
    const analyst = await ApiClient.loggedIn(site, "ann");
    expect((await analyst.get("/api/backups")).status).toBe(403);
    expect((await analyst.post("/api/backups", {})).status).toBe(403);
    const audit = (await admin.get("/api/audit")).body.entries as { action: string; target: string }[];
    expect(audit.map(({ action }) => action).filter((action) => action.startsWith("backup."))).toEqual([
      ...["backup.delete", "backup.download", "backup.create", "backup.create", "backup.create"],
    ]);

    // A folder that is gone and cannot be made.
    rmSync(dir, { recursive: true });
    writeFileSync(dir, "in the way");
    const { failure } = await make();
    expect(failure.message).toContain(dir);
    expect((await site.health()).body.faults ?? (await site.health()).body).toMatchObject(expect.anything());
    expect(await metric('rhythmx_fault\\{fault="backup"\\}')).toBe("1");
    expect(await metric("rhythmx_backup_failures_total")).toBe("1");
    const doctor = await command(["doctor"], { dataDir: site.dataDir });
    expect([doctor.code, doctor.out]).toEqual([1, expect.stringContaining("fault backup: the last backup failed")]);
    rmSync(dir);
    expect((await make()).failure).toBeNull();
    expect(await metric('rhythmx_fault\\{fault="backup"\\}')).toBeUndefined();
  }),
  180_000,
);

test(
  "the schedule: one at its time, one that was missed while it was off at the start, again an hour after a failure; the newest stay",
  cleaningUp(async (defer) => {
    let site = await TestAppliance.start({
      env: { ...env, RHYTHMX_BACKUP_SCHEDULE: "30 * * * *", RHYTHMX_BACKUP_KEEP: "2" },
    });
    defer(() => site.dispose());
    const folder = join(site.dataDir, "backups");
    const made = () => (existsSync(folder) ? readdirSync(folder).sort() : []);
    await site.clock.advance(61 * minuteMs);
    expect(made()).toHaveLength(1);
    const [first = ""] = made();
    expect(first).toMatch(/^rhythmx-\d{8}T\d\d30\d\dZ\.tar\.gz$/);
    await site.clock.advance(120 * minuteMs);
    expect([made().length, made().includes(first)]).toEqual([2, false]);
    const before = made();
    const { clock } = site;
    site = await site.restarted(() => clock.jump(50 * 60 * minuteMs));
    await site.clock.advance(10_000);
    expect(made().filter((name) => !before.includes(name))).toHaveLength(1);
    // A file in the way of the folder: at the next time it fails, and is tried again an hour later.
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "in the way");
    await site.clock.advance(60 * minuteMs);
    const faults = () =>
      site.appliance.operations.doctor().then(({ running }) => running?.faults.map(({ name }) => name));
    expect(await faults()).toEqual(["backup"]);
    rmSync(folder);
    await site.clock.advance(61 * minuteMs);
    expect([made().length, await faults()]).toEqual([1, []]);
  }),
  180_000,
);

test(
  "no room, a folder that cannot be written, none at all, no database: said before anything is written, and nothing is left",
  cleaningUp(async (defer) => {
    const { folder, file } = place(defer);
    // More than any disk has free: a backup must not take what intake needs.
    const site = await TestAppliance.start({ env: { ...env, RHYTHMX_MIN_FREE_BYTES: "9000000000000000" } });
    defer(() => site.dispose());
    const { dataDir } = site;
    const told = async (args: string[], at = dataDir) => {
      const { code, out, err } = await command(["backup", ...args], { dataDir: at });
      expect([code, out, err.trimEnd().split("\n").length]).toEqual([1, "", 1]);
      return err;
    };
    const small = await told([file("b.tar.gz")]);
    expect(small).toContain(`there is no room for a backup in ${join(dataDir, "backups")}`);
    expect(small).toContain("free some space, or choose another disk");
    const { running } = await site.appliance.operations.doctor();
    expect(running?.faults.map(({ name }) => name)).toContain("backup");
    expect(await told(["/proc/b.tar.gz"])).toContain("/proc cannot be written");
    await site.stop();
    expect(await told([file("no/such/b.tar.gz")])).toContain(`there is no folder ${file("no/such")}: make it first`);
    expect(await told([file("b.tar.gz")], file("none"))).toContain("there is no database");
    expect([readdirSync(folder), readdirSync(join(dataDir, "backups"))]).toEqual([[], []]);
  }),
);

test(
  "--positions: destinations go on at their place in the backup, or at the end; how many messages that concerns is said",
  cleaningUp(async (defer) => {
    const { file } = place(defer);
    // Nobody listens there.
    const syslog = { name: "siem", protocol: "tcp", host: "127.0.0.1", port: 9 };
    const site = await TestAppliance.start({ env, config: { syslog } });
    defer(() => site.dispose());
    const { dataDir } = site;
    await site.ingest(["alice", "bob", "carol"].map(critical));
    const backup = file("b.tar.gz");
    expect((await command(["backup", backup], { dataDir })).code).toBe(0);
    await site.stop();
    const position = () => {
      const sql = `select (select position from reader_positions where reader = 'alerts/siem') as position,
        (select max(seq) from event_log) as end`;
      return queryDatabase({ dataDir }, sql);
    };
    const restore = async (...more: string[]) => {
      const { code, out } = await command(["restore", backup, "--yes", ...more], { dataDir });
      expect(code).toBe(0);
      return out;
    };
    expect(await restore("--positions", "end")).toContain(
      "alerts/siem does not get 3 messages that had not been sent when the backup was made",
    );
    expect(position().position).toBe(position().end as number);
    expect(await restore()).toContain(
      "alerts/siem gets 3 messages that had not been sent then, again if they were sent since",
    );
    expect(position().position).toBe(0);
    const wrong = await command(["restore", backup, "--positions", "ende"], { dataDir });
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("--positions")]);
  }),
);

test(
  "another program that opens and closes the file after a backup takes nothing away: the appliance's locks are still there",
  cleaningUp(async (defer) => {
    const site = await TestAppliance.start({ env });
    defer(() => site.dispose());
    await site.ingest([critical("alice")]);
    await site.appliance.operations.makeBackup();
    await site.ingest([critical("bob")]);
    const path = join(site.dataDir, "rhythmx.db");
    // As the last connection to a file it would move the WAL into it and remove it.
    const code = `import { Database } from "bun:sqlite"; const d = new Database(process.argv[1]); d.query("select count(*) from meta").get(); d.close();`;
    expect(spawnSync(process.execPath, ["-e", code, path]).status).toBe(0);
    expect(existsSync(`${path}-wal`)).toBe(true);
    await site.ingest([critical("carol")]);
    expect(counts(site.dataDir)).toEqual({ alerts: 3, incidents: 3 });
  }),
);

test(
  "a clock that was years ahead: after it is set right backups are made and kept, and those of the wrong time go first",
  cleaningUp(async (defer) => {
    const site = await TestAppliance.start({
      env: { ...env, RHYTHMX_BACKUP_SCHEDULE: "30 * * * *", RHYTHMX_BACKUP_KEEP: "2" },
    });
    defer(() => site.dispose());
    const folder = join(site.dataDir, "backups");
    const years = 9 * 365 * 24 * 60 * minuteMs;
    site.clock.jump(years);
    await site.clock.advance(121 * minuteMs);
    const ahead = readdirSync(folder).sort();
    expect(ahead).toHaveLength(2);
    site.clock.jump(-years);
    await site.clock.advance(61 * minuteMs);
    const [first = "", second = "", ...more] = readdirSync(folder).sort();
    expect([ahead.includes(first), second, more]).toEqual([false, ahead.at(-1) ?? "", []]);
    await site.clock.advance(60 * minuteMs);
    const both = readdirSync(folder).sort();
    expect([both.length, both.includes(first), both.some((name) => ahead.includes(name))]).toEqual([2, true, false]);
  }),
  180_000,
);

test(
  "a backup that a command takes elsewhere costs none of those that are kept, and it is told where it is",
  cleaningUp(async (defer) => {
    const { folder, file } = place(defer);
    const site = await TestAppliance.start({ env: { ...env, RHYTHMX_BACKUP_KEEP: "1" } });
    defer(() => site.dispose());
    const admin = await ApiClient.loggedIn(site, "admin");
    expect((await admin.post("/api/backups", {})).status).toBe(202);
    const kept = async () => (await admin.get("/api/backups")).body;
    await until(async () => (await kept()).running === null);
    const [{ name }] = (await kept()).backups;
    for (const target of [file("first.tar.gz"), file("second.tar.gz"), "-"]) {
      const made = await command(["backup", target], { dataDir: site.dataDir });
      expect(made.code).toBe(0);
      expect((await kept()).backups.map((one: { name: string }) => one.name)).toEqual([name]);
      expect((await kept()).last.path).toBe(target === "-" ? "stdout" : target);
      if (target === "-") expect(made.bytes.subarray(0, 2).toString("hex")).toBe("1f8b");
    }
    expect(readdirSync(folder).sort()).toEqual(["first.tar.gz", "second.tar.gz"]);
  }),
  180_000,
);

test(
  "no room in the folder of the running appliance: the way to another disk is said, and works",
  cleaningUp(async (defer) => {
    const { file } = place(defer);
    const site = await TestAppliance.start({ env: { ...env, RHYTHMX_MIN_FREE_BYTES: "1000000000000000" } });
    defer(() => site.dispose());
    const target = file("edge.tar.gz");
    const refused = await command(["backup", target], { dataDir: site.dataDir });
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(
        /there is no room for a backup in .*RHYTHMX_BACKUP_DIR, or stop the service and run this again/,
      ),
    ]);
    await site.stop();
    expect((await command(["backup", target], { dataDir: site.dataDir })).code).toBe(0);
  }),
);
