/** What a reload says: to the command, the API, the audit log and the log; and that what it takes over is in force. */
import { expect, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type PeerCertificate } from "node:tls";
import type { ReloadReport } from "../../core/settings/reload/changes.ts";
import { until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { freePort } from "../harness/free-port.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const patience = 300_000;
const password = "a long enough word for tests";

test(
  "each class of settings is in force after a reload, and each change is told",
  cleaningUp(async (defer) => {
    const receivers = await Promise.all([SyslogReceiver.started(), SyslogReceiver.started()]);
    for (const receiver of receivers) defer(() => receiver.stop());
    const [first, second] = receivers.map(({ port }) => port);
    const site = await ApplianceProcess.prepare({ config: {}, env: { RHYTHMX_ADMIN_PASSWORD: password } });
    defer(() => site.dispose());
    const etc = (name: string, content: string) =>
      writeFileSync(join(site.folder, "etc", name), content, { mode: 0o600 });
    site.configure({
      syslog: [
        { name: "a", host: "127.0.0.1", port: first },
        { name: "b", host: "127.0.0.1", port: first },
      ],
    });
    // The health port is of the environment in other tests; here the file moves it.
    Reflect.deleteProperty(site.env, "RHYTHMX_INCIDENT_HEALTH");
    etc("incident_syslog_config.json", JSON.stringify({ daemon: { health_port: site.incidentHealthPort } }));
    await site.start();
    const login = await ask(site, "POST", "/api/login", { username: "admin", password });
    const token = String(login.body.access_token);
    const api = (method: string, path: string) => ask(site, method, path, undefined, token);
    expect((await api("GET", "/api/system/reload")).body).toEqual({ reload: null });

    const moved = await freePort();
    etc("incident_syslog_config.json", JSON.stringify({ daemon: { health_port: moved } }));
    site.configure({
      syslog: [
        { name: "a", host: "127.0.0.1", port: second },
        { name: "c", host: "127.0.0.1", port: first },
      ],
    });
    etc("assets.json", '{"assets": [{"host": "dc01", "role": "domain_controller"}]}');
    etc("case_patterns.json", '{"patterns": [{"type": "impact", "min_alerts": 9}]}');
    etc(
      ".env.production",
      [
        "RHYTHMX_LOG_LEVEL=debug",
        "RHYTHMX_LOG_FORMAT=text",
        "RHYTHMX_RETENTION_DAYS=30",
        "RHYTHMX_TRUSTED_PROXIES=127.0.0.1",
        "RHYTHMX_DEFAULT_ENTITY=Site B",
        "QUALIFY_MIN_SCORE=55",
        "JIRA_URL=https://jira.example",
        "JIRA_API_TOKEN=planted-token",
      ].join("\n"),
    );
    const { code, stdout, stderr } = site.run(["reload", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as ReloadReport;
    expect(report).toMatchObject({ by: "command line", outcome: "taken", refused: [] });
    const told = report.changes.map(({ setting, from, to, restart }) => [setting, from, to, restart]);
    expect(told).toEqual([
      ["RHYTHMX_INCIDENT_HEALTH", `127.0.0.1:${site.incidentHealthPort}`, `127.0.0.1:${moved}`, null],
      ["RHYTHMX_TRUSTED_PROXIES", "none", "127.0.0.1", null],
      ["RHYTHMX_DEFAULT_ENTITY", "Primary Site", "Site B", null],
      ["RHYTHMX_LOG_LEVEL", "info", "debug", null],
      ["RHYTHMX_LOG_FORMAT", "json", "text", null],
      ["RHYTHMX_RETENTION_DAYS", "90", "30", null],
      ["QUALIFY_MIN_SCORE", "40", "55", null],
      ["JIRA_URL", null, "https://jira.example", null],
      ["JIRA_API_TOKEN", null, "(secret)", null],
      ["destination alerts/a port", String(first), String(second), null],
      ["destination alerts/c", null, expect.stringContaining(`127.0.0.1:${first}`), null],
      ["destination alerts/b", expect.stringContaining(`127.0.0.1:${first}`), null, null],
      ...told.filter(([setting]) => setting?.startsWith("case pattern impact")),
      ["asset dc01", null, "listed", null],
    ]);
    expect(told.some(([setting, , to]) => setting === "case pattern impact min_alerts" && to === "9")).toBe(true);

    // In force: the health port, the destinations, the log, the proxies, the entity, the ticket system, the retention.
    const health = await fetch(`http://127.0.0.1:${moved}/health`);
    expect(health.status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${site.incidentHealthPort}/health`)).rejects.toThrow();
    const destinations = JSON.parse(site.run(["destinations", "--json"]).stdout) as {
      destination: string;
      configured: boolean;
    }[];
    expect(destinations.filter(({ configured }) => configured).map(({ destination }) => destination)).toEqual([
      "alerts/a",
      "alerts/c",
    ]);
    await until(() => site.log.includes("settings read again"));
    expect(site.log).toMatch(/^\S+Z INFO {2}setting changed setting="RHYTHMX_LOG_FORMAT" from="json" to="text"/m);
    expect(site.log).toMatch(/^\S+Z INFO {2}settings read again outcome="taken"/m);
    const forwarded = await fetch(`${site.apiUrl}/api/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Forwarded-For": "203.0.113.9" },
      body: JSON.stringify({ username: "admin", password: "wrong" }),
    });
    expect(forwarded.status).toBe(401);
    const section = await api("GET", "/api/settings/jira");
    expect(JSON.stringify(section.body)).toContain("https://jira.example");

    // The API has the same report; another reload by it is the administrator's.
    expect((await api("GET", "/api/system/reload")).body).toEqual({ reload: JSON.parse(stdout) });
    etc(".env.production", "RHYTHMX_RETENTION_DAYS=0\nJIRA_API_TOKEN=planted-token\n");
    const refused = await api("POST", "/api/system/reload");
    expect(refused.body).toMatchObject({
      reload: {
        by: "admin",
        outcome: "refused",
        refused: [
          {
            place: expect.stringMatching(/\.env\.production line 1$/),
            key: "RHYTHMX_RETENTION_DAYS",
            accepted: "a whole number from 1 to 36500",
            message: expect.stringContaining("the last good settings stay in force"),
          },
        ],
      },
    });
    // SIGHUP does the same, and says so in the log.
    const before = site.log.length;
    etc(".env.production", "RHYTHMX_RETENTION_DAYS=31\n");
    site.signal("SIGHUP");
    await until(() => site.log.slice(before).includes("settings read again"));
    expect(site.log.slice(before)).toContain('"setting":"RHYTHMX_RETENTION_DAYS","from":"30","to":"31"');
    // The audit log has it a moment after the log.
    let audit = await api("GET", "/api/audit?action=settings.reload");
    await until(async () => {
      audit = await api("GET", "/api/audit?action=settings.reload");
      return (audit.body.entries as unknown[]).length === 3;
    });
    expect(
      (audit.body.entries as { who: string; source: string; detail: { outcome: string } }[]).map(
        ({ who, source, detail }) => [who, source, detail.outcome],
      ),
    ).toEqual([
      ["signal", "command", "taken"],
      ["admin", "api", "refused"],
      ["command line", "command", "taken"],
    ]);
    expect(JSON.stringify(audit.body)).toContain('"changes":[{"name":"RHYTHMX_RETENTION_DAYS","old":"30","new":"31"}');
    const refusedLogins = await api("GET", "/api/audit?action=login.refused");
    expect(JSON.stringify(refusedLogins.body)).toContain("203.0.113.9");
    expect(JSON.stringify(audit.body) + site.log + stdout).not.toContain("planted");
    // Nobody else may.
    for (const method of ["GET", "POST"]) expect((await ask(site, method, "/api/system/reload")).status).toBe(401);
  }),
  patience,
);

test(
  "another certificate in the same files is in use after a reload, and one that is no use is refused",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare({ config: {} });
    defer(() => site.dispose());
    // In its own place in the data folder it makes one itself; here files are given.
    const data = join(import.meta.dirname, "../data/tls");
    const [cert, key] = [join(site.folder, "etc/server.crt"), join(site.folder, "etc/server.key")];
    copyFileSync(join(data, "server.pem"), cert);
    copyFileSync(join(data, "server.key"), key);
    Object.assign(site.env, { RHYTHMX_TLS_CERT_FILE: cert, RHYTHMX_TLS_KEY_FILE: key });
    const served = () =>
      new Promise<PeerCertificate>((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port: site.apiPort, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate());
          socket.destroy();
        });
        socket.on("error", reject);
      });
    // It answers HTTPS alone.
    site.ready = () =>
      served().then(
        () => true,
        () => false,
      );
    await site.start();
    const before = (await served()).fingerprint256;
    copyFileSync(join(data, "wrong-name.pem"), cert);
    copyFileSync(join(data, "wrong-name.key"), key);
    const taken = site.run(["reload"]);
    expect([taken.code, taken.stdout]).toEqual([
      0,
      expect.stringMatching(/^changed: certificate: .* until .* → .* until /),
    ]);
    const after = (await served()).fingerprint256;
    expect(after).not.toBe(before);
    writeFileSync(key, "no key");
    const refused = site.run(["reload"]);
    expect(refused).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^refused: .*; the certificate in use stays$/m),
    });
    expect((await served()).fingerprint256).toBe(after);
  }),
  patience,
);

async function ask(site: ApplianceProcess, method: string, path: string, body?: unknown, token?: string) {
  const response = await fetch(`${site.apiUrl}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
