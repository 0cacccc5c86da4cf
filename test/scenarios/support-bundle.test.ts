/** The support bundle says what is the matter, and nothing that is nobody's business: secrets are planted everywhere, and looked for. */
import { expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import { redactor } from "../../appliance/support/redact.ts";
import { detection, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";

const patience = 300_000;
const password = "planted-word-of-the-boss";

async function filesOf(bundle: Uint8Array): Promise<Map<string, string>> {
  const entries = await unpackTar(gunzipSync(bundle));
  return new Map(
    entries
      .filter(({ header }) => header.type === "file")
      .map(({ header, data }) => [header.name.replace(/^[^/]+\//, ""), new TextDecoder().decode(data)]),
  );
}

test(
  "secrets, logs and detections are not in it, whether it runs or not; what helps is",
  cleaningUp(async (defer) => {
    // A ticket system that repeats what it was sent in its refusal.
    const echo = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => {
        body += part;
      });
      request.on("end", () => {
        response.writeHead(400, { "Content-Type": "application/json" });
        response.end(JSON.stringify({ errorMessages: [`refused: ${request.headers.authorization} ${body}`] }));
      });
    });
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    defer(() => new Promise((resolve) => echo.close(resolve)));
    const { port } = echo.address() as AddressInfo;
    const site = await ApplianceProcess.prepare({
      config: { syslog: [{ name: "siem", host: "127.0.0.1", port: 1 }] },
      env: { RHYTHMX_ADMIN_PASSWORD: password, RHYTHMX_LOG_LEVEL: "debug" },
    });
    defer(() => site.dispose());
    const env = [
      `JIRA_URL=http://127.0.0.1:${port}`,
      "JIRA_EMAIL=bot@corp.example",
      "JIRA_API_TOKEN=planted-jira-token",
      "JIRA_PROJECT_KEY=SEC",
      "JIRA_DEPLOYMENT=cloud",
      "JIRA_ENABLED=true",
      "JIRA_WEBHOOK_SECRET=planted-webhook-secret",
      "AUTO_PUSH_ENABLED=true",
      "AUTO_PUSH_MIN_SEVERITY=LOW",
      "SERVICENOW_PROXY=http://proxyuser:planted-proxy-word@127.0.0.1:9",
    ];
    writeFileSync(join(site.folder, "etc/.env.production"), env.join("\n"), { mode: 0o600 });
    await site.start();
    const login = await fetch(`${site.apiUrl}/api/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username: "admin", password }),
    });
    const tokens = (await login.json()) as { access_token: string; refresh_token: string };
    const headers = { Authorization: `Bearer ${tokens.access_token}`, "Content-Type": "application/json" };
    const saved = await fetch(`${site.apiUrl}/api/settings/servicenow`, {
      method: "PUT",
      headers,
      body: JSON.stringify({
        username: "bot",
        password: "planted-snow-word",
        webhook_secret: 'planted"quoted\\secret',
      }),
    });
    expect(saved.status).toBe(200);
    const key = site.run(["key", "create", "engine", "--scope", "ingest"]).stdout.trim();
    const records = ["planted-rule-one", "planted-rule-two", "planted-rule-three"].map((rule_title) =>
      JSON.stringify(
        detection({
          rule_title,
          rule_id: rule_title,
          level: "critical",
          user: "planted-user",
          raw: { CommandLine: "planted-command /pass:planted-log-password" },
        }),
      ),
    );
    const ingested = await fetch(`${site.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      headers: { "X-API-Key": key },
      body: records.join("\n"),
    });
    expect(ingested.status).toBe(200);
    // The refusal of the ticket is in the log, with what the target said.
    await until(() => site.log.includes("delivery failed"));
    site.run(["reload"]);

    // A login in an address stands in no log either.
    expect(site.log).toContain("http://(secret)@127.0.0.1:9");
    expect(site.log).not.toContain("planted-proxy-word");
    const answer = await fetch(`${site.apiUrl}/api/system/support-bundle`, { headers });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/gzip"]);
    const running = await filesOf(new Uint8Array(await answer.arrayBuffer()));
    expect([...running.keys()].sort()).toEqual([
      ...[
        "README.txt",
        "check.txt",
        "doctor.json",
        "log.txt",
        "metrics.txt",
        "reload.json",
        "settings.json",
        "system.json",
      ],
    ]);
    expect(JSON.parse(running.get("doctor.json") ?? "")).toMatchObject({
      version: expect.any(String),
      integrity: [],
      store: { alerts: 3 },
      running: { loops: expect.any(Array), faults: [{ name: "configuration" }] },
    });
    expect(running.get("check.txt")).toMatch(/^problem: alerts\/siem: tcp to 127\.0\.0\.1:1: /m);
    const settings = JSON.parse(running.get("settings.json") ?? "");
    expect(settings.environment).toContainEqual({
      ...{ name: "RHYTHMX_LOG_LEVEL", value: "debug", source: "environment", pinned: true },
    });
    expect(settings.environment).toContainEqual(
      expect.objectContaining({ name: "RHYTHMX_ADMIN_PASSWORD", value: "(secret)" }),
    );
    expect(JSON.stringify(settings.sections)).toContain('"api_token":{"configured":true');
    expect(running.get("log.txt")).toContain('"msg":"delivery failed"');
    expect(running.get("metrics.txt")).toContain("rhythmx_build_info");
    expect(JSON.parse(running.get("reload.json") ?? "")).toMatchObject({ outcome: "refused" });

    const file = join(site.folder, "bundle.tar.gz");
    expect(await site.runAside(["support", file])).toMatchObject({ code: 0, stdout: "" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await site.runAside(["support", file])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("name another file"),
    });
    const byCommand = await filesOf(readFileSync(file));
    expect([...byCommand.keys()].sort()).toEqual([...running.keys()].sort());

    const audit = await fetch(`${site.apiUrl}/api/audit?action=support.bundle`, { headers });
    const { entries } = (await audit.json()) as { entries: { who: string }[] };
    expect(entries.map(({ who }) => who)).toEqual(["command line", "admin"]);
    expect((await fetch(`${site.apiUrl}/api/system/support-bundle`)).status).toBe(401);

    await site.terminate();
    const stopped = join(site.folder, "stopped.tar.gz");
    expect((await site.runAside(["support", stopped])).code).toBe(0);
    const withoutService = await filesOf(readFileSync(stopped));
    expect([...withoutService.keys()].sort()).toEqual([
      ...["README.txt", "check.txt", "doctor.json", "settings.json", "system.json"],
    ]);

    const master = readFileSync(join(site.folder, "data/master.key"));
    const secrets = [
      ...["planted", key, tokens.access_token, tokens.refresh_token, "quoted\\", "proxy-word"],
      ...[master.toString("base64"), master.toString("hex"), master.toString("latin1")],
      Buffer.from("bot@corp.example:planted-jira-token").toString("base64"),
    ];
    for (const files of [running, byCommand, withoutService])
      for (const [name, content] of files)
        for (const secret of secrets) expect({ name, found: content.includes(secret) }).toEqual({ name, found: false });
  }),
  patience,
);

test("what has the shape of a secret goes, wherever it stands", () => {
  const redact = redactor(["hunter2-and-more", "a"]);
  const text = [
    "hunter2-and-more aGVhZA==",
    "url=https://user:pa55@host/x key smk_abcDEF123 jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln Bearer abcdef123456",
    "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
    "net use \\\\dc /user:x Sup3rS3cret! password=Winter2026!",
  ].join("\n");
  const out = redact(text, true);
  for (const secret of ["hunter2", "pa55", "smk_abc", "eyJ", "abcdef123456", "MIIE", "Winter2026"])
    expect(out).not.toContain(secret);
  expect(out).toContain("https://(secret)@host/x");
  expect(redact("a word", false)).toBe("a word");
});
