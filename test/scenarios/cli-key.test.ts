/** `rhythmx key`, with the appliance running and without; who may read what it leaves behind. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detection } from "../harness/appliance.ts";
import { ApplianceProcess } from "../harness/process.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function site(folder?: string): Promise<ApplianceProcess> {
  const prepared = await ApplianceProcess.prepare(folder === undefined ? {} : { folder });
  cleanUp.push(() => prepared.dispose());
  return prepared;
}

async function ingestStatus(appliance: ApplianceProcess, key: string): Promise<number> {
  const response = await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
    method: "POST",
    headers: { "X-API-Key": key },
    body: JSON.stringify(detection()),
  });
  return response.status;
}

/** Rows of `key list`, by name. */
function listed(appliance: ApplianceProcess): Map<string, string[]> {
  const { code, stdout } = appliance.run(["key", "list"]);
  expect(code).toBe(0);
  const [head, ...rows] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  expect(head).toEqual(["ID", "NAME", "KEY", "STATE", "SCOPES", "ENTITIES", "CREATED", "EXPIRES", "LAST USED"]);
  return new Map(rows.map((row) => [row[1]!, row]));
}

const keyAlone = /^smk_[0-9A-Za-z]{36}\n$/;

test("a key made before the first start works; made and revoked while it runs takes effect at once", async () => {
  const appliance = await site();
  const early = appliance.run(["key", "create", "early", "--scope", "ingest"]);
  expect(early.code).toBe(0);
  expect(early.stdout).toMatch(keyAlone);
  expect(early.stderr).toMatch(/^key-\w+ "early": ingest\. Keep the key: it is not shown again\.\n$/);
  expect(early.stderr).not.toContain(early.stdout.trim());

  await appliance.start();
  expect(await ingestStatus(appliance, early.stdout.trim())).toBe(200);
  const later = appliance.run(["key", "create", "later", "--scope", "ingest,feed:read", "--scope", "metrics:read"]);
  expect(later.stdout).toMatch(keyAlone);
  expect(await ingestStatus(appliance, later.stdout.trim())).toBe(200);
  const reader = appliance.run(["key", "create", "reader", "--scope", "feed:read"]);
  expect(await ingestStatus(appliance, reader.stdout.trim())).toBe(403);

  const keys = listed(appliance);
  expect([...keys.keys()]).toEqual(["early", "later", "reader"]);
  expect(keys.get("later")![2]).toBe(`${later.stdout.slice(0, 8)}…`);
  expect([keys.get("later")![3], keys.get("later")![5]]).toEqual(["active", "all"]);
  expect(keys.get("later")![4]!.split(",").sort()).toEqual(["feed:read", "ingest", "metrics:read"]);
  expect(keys.get("early")![8]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
  expect(keys.get("reader")![8]).toBe("never");
  const { stdout } = appliance.run(["key", "list"]);
  expect(stdout).not.toContain(early.stdout.trim().slice(0, 12));

  const id = keys.get("later")![0]!;
  expect(appliance.run(["key", "revoke", id])).toEqual({ code: 0, stdout: "", stderr: `${id} is revoked\n` });
  expect(await ingestStatus(appliance, later.stdout.trim())).toBe(401);
  expect(await ingestStatus(appliance, early.stdout.trim())).toBe(200);
  expect(listed(appliance).get("later")![3]).toBe("revoked");

  expect(appliance.run(["key", "revoke", "key-none"])).toEqual({
    code: 1,
    stdout: "",
    stderr: 'rhythmx key: no key "key-none": `rhythmx key list` shows their ids\n',
  });
  // Bad usage that only the running appliance can tell is bad usage all the same.
  expect(appliance.run(["key", "create", " ", "--scope", "ingest"])).toMatchObject({ code: 2, stdout: "" });
  await appliance.terminate();
  expect(listed(appliance).get("later")![3]).toBe("revoked");
  expect(appliance.log).not.toContain(early.stdout.trim().slice(0, 12));
});

test("a key for entities that expires; hostile names do not reach the terminal as they are", async () => {
  const appliance = await site();
  const name = "evil\u001b[2J\u202e name";
  const made = appliance.run([
    "key",
    "create",
    name,
    "--scope",
    "ingest",
    "--entity",
    "Acme",
    "--entity",
    "Beta GmbH",
    "--expires",
    "0.000001",
  ]);
  expect(made.stdout).toMatch(keyAlone);
  expect(made.stderr).not.toContain("\u001b");
  const { stdout } = appliance.run(["key", "list"]);
  expect(stdout).toContain("evil�[2J� name");
  expect(stdout).toMatch(/expired +ingest +Acme, Beta GmbH +\d{4}-/);
  await appliance.start();
  expect(await ingestStatus(appliance, made.stdout.trim())).toBe(401);
});

describe("what is left on the disk", () => {
  test("is for the service's user alone", async () => {
    const appliance = await site();
    await appliance.start();
    appliance.run(["key", "create", "a", "--scope", "ingest"]);
    const data = join(appliance.folder, "data");
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(mode(data)).toBe("700");
    const modes = Object.fromEntries(readdirSync(data).map((name) => [name, mode(join(data, name))]));
    expect(modes).toMatchObject({ "control.sock": "600", "rhythmx.db": "600", "rhythmx.db-wal": "600" });
    for (const bits of Object.values(modes)) expect(bits).toMatch(/^[67]00$/);
  });

  test("a data folder that others could read is closed at the start", async () => {
    const appliance = await site();
    mkdirSync(join(appliance.folder, "data"), { mode: 0o755 });
    await appliance.start();
    expect((statSync(join(appliance.folder, "data")).mode & 0o777).toString(8)).toBe("700");
  });
});

test("a data folder whose path is longer than a socket's address may be", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "rhythmx-long-")), "a".repeat(100), "b".repeat(100));
  mkdirSync(folder, { recursive: true });
  const appliance = await site(folder);
  await appliance.start();
  const made = appliance.run(["key", "create", "a", "--scope", "ingest"]);
  expect(made.code).toBe(0);
  // The running appliance knows it: it was made through the socket and not beside it.
  expect(await ingestStatus(appliance, made.stdout.trim())).toBe(200);
  expect(appliance.run(["doctor"]).stdout).toMatch(/^running +yes, pid \d+/m);
});

test("a socket that a killed process left behind is no obstacle", async () => {
  const appliance = await site();
  await appliance.start();
  await appliance.kill();
  expect(readdirSync(join(appliance.folder, "data"))).toContain("control.sock");
  const made = appliance.run(["key", "create", "a", "--scope", "ingest"]);
  expect(made.code).toBe(0);
  await appliance.start();
  expect(await ingestStatus(appliance, made.stdout.trim())).toBe(200);
});

test("a second appliance on the same folder is refused, and the first goes on", async () => {
  const appliance = await site();
  await appliance.start();
  const second = appliance.run(["serve"]);
  expect(second.code).toBe(1);
  expect(second.stderr).not.toMatch(/^ +at /m);
  expect(second.stderr.trimEnd().split("\n").at(-1)).toMatch(/^rhythmx serve: /);
  const elsewhere = await ApplianceProcess.prepare({ folder: appliance.folder });
  const third = elsewhere.run(["serve"]);
  expect(third.code).toBe(1);
  expect(third.stderr).toMatch(/^rhythmx serve: .*(another|running|in use).*$/m);
  expect(await appliance.ready()).toBe(true);
});

test("a blank entity is no key for all of them", async () => {
  const appliance = await site();
  for (const entity of ["", "  "]) {
    expect(appliance.run(["key", "create", "sensor", "--scope", "ingest", "--entity", entity])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("--entity is blank"),
    });
  }
});

test("a data folder may have any name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx #1 50%41 a?mode=ro&b;'é-"));
  const appliance = await site(folder);
  await appliance.start();
  const { stdout } = appliance.run(["key", "create", "sensor", "--scope", "ingest"]);
  expect(await ingestStatus(appliance, stdout.trim())).toBe(200);
  expect(readdirSync(join(folder, "data")).sort()).toContain("rhythmx.db");
});
