import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { detection } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";

const password = "correct horse battery";

test(
  "secrets rotate: stored secrets are read under the new key and no more under the old one, whether it runs or not",
  cleaningUp(async (defer) => {
    const appliance = await ApplianceProcess.prepare({ config: {}, env: { RHYTHMX_ADMIN_PASSWORD: password } });
    defer(() => appliance.dispose());
    await appliance.start();
    const call = async (method: string, path: string, body?: unknown) => {
      const token = await fetch(`${appliance.apiUrl}/api/login`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ username: "admin", password }),
      }).then((answer) => answer.json() as Promise<{ token: string }>);
      const answer = await fetch(appliance.apiUrl + path, {
        method,
        headers: { Authorization: `Bearer ${token.token}`, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return (await answer.json()) as Record<string, never>;
    };
    const fields = {
      url: "https://jira.example",
      email: "a@b.example",
      api_token: "a-secret-token",
      project_key: "SEC",
    };
    await call("PUT", "/api/settings/jira", fields);
    const configured = async () =>
      (await call("GET", "/api/integrations/status")) as unknown as { integrations: { configured: boolean }[] };
    const data = join(appliance.folder, "data");
    const key = () => readFileSync(join(data, "master.key"), "utf8");
    const first = key();

    const running = appliance.run(["secrets", "rotate"]);
    expect([running.code, running.stderr]).toEqual([
      0,
      `1 secret is encrypted under a new master key: ${join(data, "master.key")}\n`,
    ]);
    const second = key();
    expect(second).not.toBe(first);
    expect(statSync(join(data, "master.key")).mode & 0o777).toBe(0o600);
    await appliance.terminate();
    expect(appliance.run(["secrets", "rotate"]).code).toBe(0);
    expect(key()).not.toBe(second);
    await appliance.start();
    expect((await configured()).integrations[0]?.configured).toBe(true);
    await appliance.terminate();

    // Killed between the database and the file: what the database was written with counts.
    const third = key();
    writeFileSync(join(data, "master.key.next"), third, { mode: 0o600 });
    writeFileSync(join(data, "master.key"), second);
    await appliance.start();
    expect((await configured()).integrations[0]?.configured).toBe(true);
    expect([key(), existsSync(join(data, "master.key.next"))]).toEqual([third, false]);
    await appliance.terminate();

    // The wrong key is named, and everything else runs.
    copyFileSync(join(data, "master.key"), join(data, "kept"));
    writeFileSync(join(data, "master.key"), first);
    await appliance.start();
    const health = (await fetch(`http://127.0.0.1:${appliance.healthPort}/health`).then((answer) => answer.json())) as {
      faults: { name: string }[];
    };
    expect(health.faults.map(({ name }) => name)).toEqual(["master_key"]);
    expect(appliance.log).not.toContain("a-secret-token");
    await appliance.terminate();
    const refused = appliance.run(["secrets", "rotate"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("this is not the master key")]);
    expect(appliance.run(["key", "list"]).code).toBe(0);
    expect(appliance.run(["secrets"]).code).toBe(2);
  }),
);

test(
  "secrets rotate: logins end at once, and cursors go on",
  cleaningUp(async (defer) => {
    const appliance = await ApplianceProcess.prepare({ config: {}, env: { RHYTHMX_ADMIN_PASSWORD: password } });
    defer(() => appliance.dispose());
    await appliance.start();
    const key = appliance.run(["key", "create", "soar", "--scope", "feed:read,ingest"]).stdout.trim();
    const records = ["a", "b", "c"].map((rule_id) => JSON.stringify(detection({ rule_id })));
    await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      headers: { "X-API-Key": key },
      body: records.join("\n"),
    });
    const page = async (cursor = "") => {
      const query = cursor === "" ? "limit=1&since=2020-01-01T00:00:00Z" : `limit=1&cursor=${cursor}`;
      const answer = await fetch(`${appliance.apiUrl}/api/v1/feed/alerts?${query}`, { headers: { "X-API-Key": key } });
      const body = (await answer.json()) as { data?: { hash: string }[]; next_cursor?: string };
      return { status: answer.status, hash: body.data?.[0]?.hash, cursor: body.next_cursor ?? "" };
    };
    const login = async () => {
      const answer = await fetch(`${appliance.apiUrl}/api/login`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ username: "admin", password }),
      });
      return (await answer.json()) as { token: string; refresh_token: string };
    };
    const asks = async (token: string) =>
      (await fetch(`${appliance.apiUrl}/api/incidents`, { headers: { Authorization: `Bearer ${token}` } })).status;
    const refreshes = async (refresh_token: string) => {
      const answer = await fetch(`${appliance.apiUrl}/api/refresh`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ refresh_token }),
      });
      return answer.status;
    };
    const first = await page();
    const { token, refresh_token } = await login();
    expect([first.status, await asks(token)]).toEqual([200, 200]);

    expect(appliance.run(["secrets", "rotate"]).code).toBe(0);
    expect(await asks(token)).toBe(401);
    expect(await refreshes(refresh_token)).toBe(401);
    expect(await asks((await login()).token)).toBe(200);
    const second = await page(first.cursor);
    expect([second.status, second.hash === first.hash]).toEqual([200, false]);

    await appliance.terminate();
    await appliance.start();
    const third = await page(second.cursor);
    expect(third.status).toBe(200);
    expect(new Set([first.hash, second.hash, third.hash]).size).toBe(3);
  }),
);

test(
  "a new key that cannot be read never beats one that opens the database, and no key file is waited for",
  cleaningUp(async (defer) => {
    const appliance = await ApplianceProcess.prepare({ config: {} });
    defer(() => appliance.dispose());
    await appliance.start();
    await appliance.terminate();
    const data = join(appliance.folder, "data");
    const [own, next] = [join(data, "master.key"), join(data, "master.key.next")];
    const good = readFileSync(own, "utf8");
    const faults = async () => {
      await appliance.start();
      const health = await fetch(`http://127.0.0.1:${appliance.healthPort}/health`);
      const { faults } = (await health.json()) as { faults: { name: string }[] };
      await appliance.terminate();
      return faults.map(({ name }) => name);
    };
    // What a power failure in the middle of a rotation may leave.
    const leftovers: (() => void)[] = [
      () => writeFileSync(next, ""),
      () => writeFileSync(next, "no key at all"),
      () => mkdirSync(next),
      () => symlinkSync("/nowhere", next),
      () => void spawnSync("mkfifo", [next]),
    ];
    for (const leave of leftovers) {
      leave();
      expect(await faults()).toEqual([]);
      expect([readFileSync(own, "utf8"), existsSync(next)]).toEqual([good, false]);
    }
    // A pipe in the place of the key would be waited for without end.
    const pipe = join(appliance.folder, "pipe");
    spawnSync("mkfifo", [pipe]);
    expect(appliance.run(["secrets", "rotate", "--new-key", pipe])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^rhythmx secrets: \S+pipe cannot be read \(it is no regular file\)[^\n]*\n$/),
    });
    expect(appliance.run(["secrets", "rotate", "--new-key", own])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("this is the key that holds now"),
    });
    // Nothing of a rotation that was refused is left.
    expect(await faults()).toEqual([]);
    expect(readFileSync(own, "utf8")).toBe(good);
  }),
);

test(
  "a key that systemd gives the service: the command reads the new one itself, and says where it has to be for the next start",
  cleaningUp(async (defer) => {
    const appliance = await ApplianceProcess.prepare({ config: {} });
    defer(() => appliance.dispose());
    const [given, kept] = [join(appliance.folder, "run"), join(appliance.folder, "etc/credentials")];
    const [key, next] = [join(kept, "master.key"), join(appliance.folder, "next.key")];
    for (const folder of [given, kept]) {
      mkdirSync(folder);
      writeFileSync(join(folder, "master.key"), `${Buffer.alloc(32, 1).toString("base64")}\n`, { mode: 0o600 });
    }
    writeFileSync(next, Buffer.alloc(32, 2), { mode: 0o600 });
    const start = async () => {
      copyFileSync(key, join(given, "master.key"));
      appliance.env.CREDENTIALS_DIRECTORY = given;
      await appliance.start();
      delete appliance.env.CREDENTIALS_DIRECTORY;
    };
    await start();
    expect(appliance.run(["secrets", "rotate"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`the master key is kept in ${key}: give the next one with --new-key FILE`),
    });
    const rotated = appliance.run(["secrets", "rotate", "--new-key", next]);
    expect([rotated.code, rotated.stderr]).toEqual([
      0,
      `0 secrets are encrypted under a new master key: ${next}\nput it in its place before the next start, which reads that: mv ${next} ${key}\n`,
    ]);
    // As it says.
    renameSync(next, key);
    await appliance.terminate();
    await start();
    const health = await fetch(`http://127.0.0.1:${appliance.healthPort}/health`);
    expect(((await health.json()) as { faults: unknown[] }).faults).toEqual([]);
  }),
);
