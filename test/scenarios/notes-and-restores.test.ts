/** Notes that grow, and positions that a restore has made worthless. */
import { expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { DatabaseFile } from "../harness/database-file.ts";
import { EventStreamClient } from "../harness/event-stream.ts";

const critical = (user: string) => detection({ user, level: "critical", tags: ["attack.execution"] });
const env = { RHYTHMX_ADMIN_PASSWORD: password };

test(
  "notes: 64 kB a field, then 422; history keeps what was added, an answer what it can carry",
  cleaningUp(async (defer) => {
    const appliance = await TestAppliance.start({ env });
    defer(() => appliance.dispose());
    const admin = await ApiClient.loggedIn(appliance, "admin");
    await appliance.ingest([critical("alice")]);
    const { incident_id: id } = (await admin.get("/api/incidents")).body.incidents[0];
    const statuses: number[] = [];
    for (let n = 0; n < 40; n++) {
      const notes = `${String(n).padStart(3, "0")} ${"x".repeat(20_000)}`;
      const status = n % 2 === 0 ? "IN_PROGRESS" : "OPEN";
      const answer = await admin.patch(`/api/incidents/${id}/status`, { status, notes });
      statuses.push(answer.status);
      if (answer.status === 422) expect(answer.body.errors[0].name).toBe("investigation_notes");
    }
    expect([statuses.slice(0, 3), new Set(statuses.slice(3))]).toEqual([[200, 200, 200], new Set([422])]);
    const detail = await admin.get(`/api/incidents/${id}`);
    expect(JSON.stringify(detail.body).length).toBeLessThan(200_000);
    const added = detail.body.history.filter((entry: { field: string }) => entry.field === "investigation_notes");
    expect(
      added.map((entry: { old: null; new: string; shortened: boolean }) => [
        entry.old,
        entry.new.slice(0, 3),
        entry.shortened,
      ]),
    ).toEqual([
      [null, "000", true],
      [null, "001", true],
      [null, "002", true],
    ]);
    // Bytes, not characters; and a field on its own.
    const patch = (investigation_notes: string) => admin.patch(`/api/incidents/${id}`, { investigation_notes });
    expect((await patch("ä".repeat(32_768))).status).toBe(200);
    expect((await patch("ä".repeat(32_769))).status).toBe(422);
    const closing = await admin.patch(`/api/incidents/${id}/status`, { status: "CLOSED", notes: "y".repeat(65_537) });
    expect([closing.status, closing.body.errors[0].name]).toEqual([422, "notes"]);
    // However often they are rewritten.
    for (let n = 0; n < 30; n++) expect((await patch(`${n} ${"z".repeat(60_000)}`)).status).toBe(200);
    expect(JSON.stringify((await admin.get(`/api/incidents/${id}`)).body).length).toBeLessThan(400_000);
    const database = new DatabaseFile(join(appliance.dataDir, "rhythmx.db"), { readonly: true });
    const { bytes } = database.query("select sum(length(old)) as bytes from incident_history").get() as {
      bytes: number;
    };
    database.close();
    expect(bytes).toBeLessThan(20_000);
  }),
);

test(
  "after a restore, and on an older copy of the file, cursors and Last-Event-ID are 410 with the words what to do",
  cleaningUp(async (defer) => {
    let appliance = await TestAppliance.start({ env });
    defer(() => appliance.dispose());
    await appliance.ingest([critical("a1"), critical("a2")]);
    const { key } = await appliance.makeKey(["feed:read"]);
    const client = () => new ApiClient(appliance.appliance.apiUrl, { "X-API-Key": key });
    const feeds = ["incidents", "cases", "alerts"].flatMap((feed) => [
      `/api/v1/feed/${feed}?since=`,
      `/api/v1/feed/${feed}?updated_since=`,
    ]);
    const file = join(appliance.dataDir, "rhythmx.db");
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-copy-"));
    defer(() => rmSync(folder, { recursive: true }));
    const copy = join(folder, "older.db");
    await appliance.stop();
    copyFileSync(file, copy);

    appliance = await TestAppliance.start({ env, dataDir: appliance.dataDir });
    await appliance.ingest([1, 2, 3, 4, 5, 6].map((n) => critical(`later${n}`)));
    const cursors = new Map<string, string>();
    for (const path of feeds) cursors.set(path, (await client().get(path)).body.next_cursor);
    const end = await appliance.appliance.operations
      .doctor()
      .then(() => client().get("/api/v1/feed/alerts?updated_since="));
    expect(end.status).toBe(200);
    const follow = (path: string) => client().get(`${path.split("?")[0]}?cursor=${cursors.get(path)}`);
    for (const path of feeds) expect((await follow(path)).status).toBe(200);
    const open = async (id: string) => {
      const stream = await EventStreamClient.open(`${appliance.appliance.apiUrl}/api/v1/feed/stream`, {
        "X-API-Key": key,
        "Last-Event-ID": id,
      });
      defer(() => stream.close());
      return stream.status;
    };
    expect(await open("12")).toBe(200);

    // The older copy, put in place by hand.
    await appliance.stop();
    for (const name of [file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true });
    copyFileSync(copy, file);
    appliance = await TestAppliance.start({ env, dataDir: appliance.dataDir });
    // Of cases there is none: their cursors stand at the beginning.
    for (const path of feeds.filter((one) => !one.includes("cases"))) {
      const { status, body } = await follow(path);
      expect([path, status]).toEqual([path, 410]);
      expect(body.detail).toContain("begin again with since=");
    }
    expect(await open("12")).toBe(410);
    expect(await open("1")).toBe(200);

    // A restore says so itself: also what is not past the end means other rows now.
    for (const path of feeds) cursors.set(path, (await client().get(path)).body.next_cursor);
    await appliance.stop();
    const database = new DatabaseFile(file);
    database.run("insert into meta (key, value) values ('generation', '1773376200')");
    database.close();
    appliance = await TestAppliance.start({ env, dataDir: appliance.dataDir });
    await appliance.ingest([1, 2, 3, 4, 5, 6].map((n) => critical(`other${n}`)));
    for (const path of feeds) expect([path, (await follow(path)).status]).toEqual([path, 410]);
    expect([await open("1"), await open("1773376200-1")]).toEqual([410, 200]);
    for (const path of feeds) cursors.set(path, (await client().get(path)).body.next_cursor);
    for (const path of feeds) expect((await follow(path)).status).toBe(200);
  }),
  180_000,
);

test(
  "the audit log is pruned by an age of its own",
  cleaningUp(async (defer) => {
    const days = { RHYTHMX_AUDIT_RETENTION_DAYS: "30", RHYTHMX_RETENTION_DAYS: "365" };
    let appliance = await TestAppliance.start({ env });
    defer(() => appliance.dispose());
    await appliance.stop();
    const file = join(appliance.dataDir, "rhythmx.db");
    const run = <T>(work: (database: DatabaseFile) => T): T => {
      const database = new DatabaseFile(file);
      try {
        return work(database);
      } finally {
        database.close();
      }
    };
    const before = (age: number) => new Date(appliance.clock.now() - age * 24 * 3_600_000).toISOString();
    run((database) => {
      for (const age of [29, 31, 400])
        database.run(
          "insert into audit_log (at, who, action, target, detail, address, source) values (?, 'x', 'aged', ?, '{}', '', 'api')",
          [before(age), String(age)],
        );
    });
    appliance = await TestAppliance.start({
      env: { ...env, ...days },
      dataDir: appliance.dataDir,
      clock: appliance.clock,
    });
    const left = () =>
      run((database) => database.query("select target from audit_log where action = 'aged'").all()).map(
        (row) => (row as { target: string }).target,
      );
    await appliance.clock.advance(61 * 60_000);
    await until(() => left().length === 1, 180_000);
    expect(left()).toEqual(["29"]);
  }),
  180_000,
);
