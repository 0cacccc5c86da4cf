import { expect, test } from "bun:test";
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
  60_000,
);
