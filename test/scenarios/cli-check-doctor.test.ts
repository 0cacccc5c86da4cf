/** `rhythmx check` says what has to be mended before the start, `rhythmx doctor` what is going on after it. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { detection, until } from "../harness/appliance.ts";
import { freePort } from "../harness/free-port.ts";
import { ApplianceProcess, type ProcessOptions } from "../harness/process.ts";
import { RelpReceiver } from "../harness/relp-receiver.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function site(options: ProcessOptions = {}): Promise<ApplianceProcess> {
  const prepared = await ApplianceProcess.prepare(options);
  cleanUp.push(() => prepared.dispose());
  return prepared;
}

async function receiving(): Promise<SyslogReceiver> {
  const receiver = await SyslogReceiver.started();
  cleanUp.push(() => receiver.stop());
  return receiver;
}

describe("check", () => {
  test("nothing configured: a warning that says what follows, exit code 0", async () => {
    const { code, stdout, stderr } = (await site()).run(["check"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const what of ["alerts", "incidents and cases"])
      expect(stdout).toMatch(
        new RegExp(`^warning: no syslog destination is configured for ${what}: they are kept, none are sent`, "m"),
      );
  });

  test("all well: one line for each destination", async () => {
    const receiver = await receiving();
    const config = {
      syslog: [
        { name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port },
        { name: "lake", protocol: "udp", host: "localhost", port: 514 },
      ],
    };
    const appliance = await site({ config });
    const { code, stdout, stderr } = appliance.run(["check"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd().split("\n").slice(1, -1)).toEqual([
      "warning: no backups are made by themselves: set RHYTHMX_BACKUP_SCHEDULE, or run `rhythmx backup`",
      `ok: data folder ${join(appliance.folder, "data")} will be made at the first start`,
      `ok: API (RHYTHMX_LISTEN): 127.0.0.1:${appliance.apiPort} is free`,
      `ok: health of alerts (RHYTHMX_ALERT_HEALTH): 127.0.0.1:${appliance.healthPort} is free`,
      `ok: health of incidents (RHYTHMX_INCIDENT_HEALTH): 127.0.0.1:${appliance.incidentHealthPort} is free`,
      `ok: alerts/siem: tcp to 127.0.0.1:${receiver.port}: reached`,
      "ok: alerts/lake: udp to localhost:514: the name resolves; udp cannot tell whether anybody listens",
    ]);
    expect(receiver.messages).toEqual([]);
  });

  test("--test-message: each destination gets one message with MSGID TEST, acknowledged where the protocol can", async () => {
    const receiver = await receiving();
    const relp = new RelpReceiver();
    await relp.start();
    cleanUp.push(() => relp.stop());
    const config = {
      syslog: [
        { name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port, hostname: "edge-7" },
        { name: "vault", protocol: "relp", host: "127.0.0.1", port: relp.port },
      ],
    };
    const appliance = await site({ config });
    // As a process that does not hold this one up: the receivers live here.
    const { code, stdout } = await appliance.runAside(["check", "--test-message"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`siem: tcp to 127.0.0.1:${receiver.port}: reached; a test message was written`);
    expect(stdout).toContain(
      `vault: relp to 127.0.0.1:${relp.port}: reached; the receiver has acknowledged a test message`,
    );
    await until(() => receiver.messages.length === 1);
    expect(parseRfc5424(receiver.messages[0] ?? "")).toMatchObject({ msgid: "TEST", hostname: "edge-7" });
    expect(relp.messages.map((message) => parseRfc5424(message).msgid)).toEqual(["TEST"]);
  });

  test("a destination that cannot be reached: named with the reason, the others checked, exit code 1", async () => {
    const receiver = await receiving();
    const closed = await freePort();
    const config = {
      syslog: [
        { name: "dead", protocol: "tcp", host: "127.0.0.1", port: closed },
        { name: "nowhere", protocol: "udp", host: "no-such-host.invalid" },
        { name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port },
      ],
    };
    const { code, stdout } = (await site({ config })).run(["check"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      new RegExp(`^problem: alerts/dead: tcp to 127\\.0\\.0\\.1:${closed}: .*(refused|listens).*$`, "m"),
    );
    expect(stdout).toMatch(/^problem: alerts\/nowhere: udp to no-such-host\.invalid:514: .*no-such-host\.invalid.*$/m);
    expect(stdout).toMatch(/^ok: alerts\/siem: tcp to .*: reached$/m);
  });

  test("a bad file: all problems at once, each with its key and the accepted form", async () => {
    const config = {
      syslog: { protocol: "smoke", host: "", port: 70_000, framming: "lf" },
      daemon: { poll_interval_seconds: "often", batch_size: 0 },
    };
    const env = { RHYTHMX_LOG_LEVEL: "chatty", RHYTHMX_RETENTION_DAYS: "-1" };
    const { code, stdout, stderr } = (await site({ config, env })).run(["check"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    for (const [key, accepted] of [
      ["syslog.protocol", "udp, tcp, tls"],
      ["syslog.host", ""],
      ["syslog.port", "65535|65,535"],
      ["daemon.poll_interval_seconds", ""],
      ["daemon.batch_size", "1000|1,000"],
      ["RHYTHMX_LOG_LEVEL", "debug"],
      ["RHYTHMX_RETENTION_DAYS", ""],
    ])
      expect(stdout).toMatch(new RegExp(`^.*${key}.*accepted.*(${accepted}).*$`, "m"));
    expect(stdout).toMatch(/^.*framming.*framing.*$/m);
  });

  test("a file that is no JSON, and one in a folder's place", async () => {
    const appliance = await site();
    writeFileSync(join(appliance.folder, "etc", "config.json"), '{"syslog": {"host": "x",}\n');
    const broken = appliance.run(["check"]);
    expect(broken.code).toBe(1);
    expect(broken.stdout + broken.stderr).toMatch(/^.*config\.json.*line \d+.*$/m);
    expect(broken.stdout + broken.stderr).not.toMatch(/^ +at /m);
  });

  test("a wrong file stops what it configures, not intake", async () => {
    const appliance = await site({ config: { syslog: { protocol: "smoke", host: "127.0.0.1" } } });
    await appliance.start();
    const key = appliance.run(["key", "create", "a", "--scope", "ingest"]).stdout.trim();
    const response = await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      headers: { "X-API-Key": key },
      body: JSON.stringify(detection()),
    });
    expect(response.status).toBe(200);
    const ready = (await (await fetch(`${appliance.apiUrl}/readyz`)).json()) as { faults: { message: string }[] };
    expect(ready.faults[0]!.message).toContain("syslog.protocol");
  });

  test("a data folder that is none", async () => {
    const appliance = await site();
    writeFileSync(join(appliance.folder, "data"), "");
    const { code, stdout } = appliance.run(["check"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^problem: data folder .*data.*$/m);
  });
});

describe("doctor", () => {
  test("of a running appliance: who runs, integrity, each loop, each destination with its queue", async () => {
    const receiver = await receiving();
    const syslog = [
      { name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port },
      { name: "dead", protocol: "tcp", host: "127.0.0.1", port: await freePort() },
    ];
    const appliance = await site({ config: { syslog } });
    await appliance.start();
    appliance.run(
      ["import", "-"],
      [detection(), detection({ rule_id: "b", level: "critical" })].map((line) => JSON.stringify(line)).join("\n"),
    );
    await until(() => receiver.messages.length === 2);
    await until(async () => {
      const health = await fetch(`http://127.0.0.1:${appliance.healthPort}/health`);
      return ((await health.json()) as { queued: number }).queued === 2;
    });
    const { code, stdout, stderr } = appliance.run(["doctor"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      new RegExp(`^running +yes, pid ${appliance.pid}, version \\d+\\.\\d+\\.\\d+, up \\d+ s, degraded$`, "m"),
    );
    expect(stdout).toMatch(
      new RegExp(`^data folder +${join(appliance.folder, "data")} \\(mode 0700\\), \\d+ MiB free of \\d+$`, "m"),
    );
    expect(stdout).toMatch(/^database +0600, [\d.]+ MiB, schema \d+, SQLite 3\.\d+\.\d+$/m);
    expect(stdout).toMatch(/^integrity +ok$/m);
    expect(stdout).toMatch(/^assets +0 in assets\.json, 0 by the API, 0 shown by logs$/m);
    expect(stdout).toMatch(/^contents +2 alerts, 1 incidents \(1 open\), 0 active cases, 3 events in the log$/m);
    expect(stdout).toMatch(/^clock +\d{4}-\d\d-\d\dT\S+Z \(UTC\)$/m);
    expect(stdout).toMatch(/^alerts\/siem +2 +0 +0 +connected$/m);
    expect(stdout).toMatch(/^alerts\/dead +0 +2 +0 +not connected: .*$/m);
    for (const loop of ["alert-feed", "storage", "retention", "key-usage", "alive"])
      expect(stdout).toMatch(new RegExp(`^${loop} +[\\d.]+ s +\\S+ `, "m"));
  });

  test("without a running appliance", async () => {
    const appliance = await site();
    appliance.run(["import", "-"], JSON.stringify(detection()));
    const { code, stdout } = appliance.run(["doctor"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^running +no$/m);
    expect(stdout).toMatch(/^integrity +ok$/m);
    expect(stdout).toMatch(/^contents +1 alerts, 0 incidents \(0 open\), 0 active cases, 1 events in the log$/m);
  });

  test("a file that is no database is one readable line", async () => {
    const appliance = await site();
    mkdirSync(join(appliance.folder, "data"));
    writeFileSync(join(appliance.folder, "data", "rhythmx.db"), "this is no database ".repeat(1000));
    for (const command of ["doctor", "serve"]) {
      const { code, stdout, stderr } = appliance.run([command]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr.trimEnd().split("\n").at(-1)).toMatch(new RegExp(`^rhythmx ${command}: .*rhythmx\\.db.*$`));
      expect(stderr).not.toMatch(/^ +at /m);
    }
  });
});
