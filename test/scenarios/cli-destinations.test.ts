/** Backlogs: listed, given up, forgotten, sent again for a time only; lists for programs; ordinary users; files that are none. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { table } from "../../appliance/cli/terminal/table.ts";
import { detection, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { freePort } from "../harness/free-port.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { program } from "../harness/program.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const patience = 300_000;
const password = "correct horse battery\n";
const ruleOf = (message: string) => /\[rule@32473 id="([^"]*)"/.exec(message)?.[1];

test(
  "replay from a time to a time; dry runs send nothing; a backlog is listed, given up, and forgotten",
  cleaningUp(async (defer) => {
    const receiver = await SyslogReceiver.started();
    defer(() => receiver.stop());
    const dead = { name: "dead", host: "127.0.0.1", port: await freePort() };
    const siem = { name: "siem", host: "127.0.0.1", port: receiver.port };
    const site = await ApplianceProcess.prepare({ config: { syslog: [siem, dead] } });
    defer(() => site.dispose());
    await site.start();
    const times: string[] = [];
    for (const rule_id of ["one", "two", "three"]) {
      times.push(new Date().toISOString());
      expect(site.run(["import", "-"], JSON.stringify(detection({ rule_id }))).code).toBe(0);
    }
    await until(() => receiver.messages.length === 3);

    const span = ["--from", times[1] ?? "", "--to", times[2] ?? ""];
    const dry = site.run(["replay", "siem", ...span, "--dry-run"]);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(/^1 message recorded since .* and before .* would be sent to siem\n$/);
    const replayed = site.run(["replay", "siem", ...span, "--yes"]);
    expect(replayed.stdout).toMatch(/^1 message recorded .* are being sent to siem\n$/);
    await until(() => receiver.messages.length === 4);
    expect(site.run(["import", "-"], JSON.stringify(detection({ rule_id: "four" }))).code).toBe(0);
    await until(() => receiver.messages.length === 5);
    expect(receiver.messages.map(ruleOf)).toEqual(["one", "two", "three", "two", "four"]);

    expect(JSON.parse(site.run(["destinations", "--json"]).stdout)).toMatchObject([
      { destination: "alerts/dead", configured: true, connected: false, queued: 4 },
      { destination: "alerts/siem", configured: true, connected: true, queued: 0, last_error: null },
    ]);
    expect(site.run(["destinations"]).stdout).toMatch(/^alerts\/dead +0 +4 +0 +not connected: /m);
    const unsaid = site.run(["destinations", "skip", "dead"]);
    expect([unsaid.code, unsaid.stderr]).toEqual([1, expect.stringContaining("Say so with --yes")]);
    expect(site.run(["destinations", "skip", "dead", "--to", times[2] ?? "", "--yes"]).stderr).toBe(
      "2 of what waits for alerts/dead is given up\n",
    );
    expect(JSON.parse(site.run(["destinations", "--json"]).stdout)[0]).toMatchObject({ queued: 2 });
    expect(site.run(["destinations", "skip", "dead", "--yes"]).code).toBe(0);

    const configured = site.run(["destinations", "forget", "dead", "--yes"]);
    expect(configured.code).toBe(1);
    expect(configured.stderr).toContain("is configured: take it out of its file first");
    site.configure({ syslog: [siem] });
    expect(site.run(["reload"]).code).toBe(0);
    expect(site.run(["doctor"]).stdout).toMatch(/^alerts\/dead .* not configured any more/m);
    expect(site.run(["destinations", "forget", "dead"]).code).toBe(0);
    expect(site.run(["doctor"]).stdout).not.toContain("alerts/dead");
    expect(site.run(["destinations", "forget", "dead"]).stderr).toContain("none is kept");
  }),
  patience,
);

test(
  "a replay with an end is remembered by the database: nothing that waits is skipped, nothing in between is repeated",
  cleaningUp(async (defer) => {
    const receiver = await SyslogReceiver.started();
    defer(() => receiver.stop());
    const syslog = [{ name: "siem", host: "127.0.0.1", port: receiver.port }];
    const site = await ApplianceProcess.prepare({ config: { syslog } });
    defer(() => site.dispose());
    await site.start();
    const times: string[] = [];
    for (const rule_id of ["one", "two", "three"]) {
      times.push(new Date().toISOString());
      site.run(["import", "-"], JSON.stringify(detection({ rule_id })));
    }
    await until(() => receiver.messages.length === 3);
    await site.terminate();
    expect(site.run(["replay", "siem", "--from", times[0] ?? "", "--to", times[1] ?? ""]).code).toBe(0);
    site.run(["import", "-"], JSON.stringify(detection({ rule_id: "four" })));
    await site.start();
    await until(() => receiver.messages.length === 5);
    expect(receiver.messages.slice(3).map(ruleOf)).toEqual(["one", "four"]);
  }),
  patience,
);

test(
  "every list for programs is JSON, in ASCII whatever names hold",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare({ config: {} });
    defer(() => site.dispose());
    expect(site.run(["key", "create", "b\u009b31mad\u202e", "--scope", "ingest"]).code).toBe(0);
    expect(site.run(["user", "add", "jane", "--role", "viewer"], password).code).toBe(0);
    const lists: [string[], number][] = [
      [["key", "list"], 1],
      [["user", "list"], 1],
      [["deliveries"], 0],
      [["destinations"], 0],
    ];
    for (const [args, length] of lists) {
      const { code, stdout } = site.run([...args, "--json"]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toHaveLength(length);
      expect(stdout).toMatch(/^[\n -~]*$/);
      expect(stdout).not.toContain("sha256");
    }
    const report = { integrity: [], running: null, destinations: [] };
    expect(JSON.parse(site.run(["doctor", "--json"]).stdout)).toMatchObject(report);
  }),
  patience,
);

test.skipIf(process.getuid?.() !== 0)(
  "an ordinary user is told to be another one, whether it runs or not",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare({ config: {} });
    defer(() => site.dispose());
    chmodSync(site.folder, 0o755);
    const asNobody = (args: string[]) => {
      const words = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, program, ...args];
      const options = { env: site.env, cwd: site.folder, encoding: "utf8", input: password } as const;
      const { status, stdout, stderr } = spawnSync("setpriv", words, options);
      return { code: status, stdout, stderr };
    };
    const all = [
      ...[
        ["user", "list"],
        ["user", "add", "a", "--role", "viewer"],
        ["key", "list"],
      ],
      ...[["key", "create", "a", "--scope", "ingest"], ["import", "-"], ["deliveries"], ["destinations"]],
      ...[["replay", "siem", "--from", "2020-01-01T00:00:00Z"], ["secrets", "rotate"], ["reload"], ["doctor"]],
    ];
    mkdirSync(join(site.folder, "data"), { mode: 0o700 });
    for (const running of [false, true]) {
      if (running) await site.start();
      for (const args of all) {
        const { code, stdout, stderr } = asNobody(args);
        expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: "" });
        expect(stderr).toMatch(
          /^rhythmx \w+: no permission to use the data folder \S+: run this as the service's user or as root \(sudo\)\n$/,
        );
      }
    }
    expect(asNobody(["check"]).stdout).toMatch(
      /^problem: data folder \S+ cannot be written: no permission; it belongs to root$/m,
    );
  }),
  patience,
);

test(
  "files that are none: each is named in words",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare({ config: {} });
    defer(() => site.dispose());
    const path = (name: string) => join(site.folder, name);
    mkdirSync(path("folder"));
    writeFileSync(path("key.pem"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    for (const [name, words] of [
      ["nothing", "there is no such file"],
      ["folder", "folder"],
    ] as const) {
      const { code, stderr } = site.run(["import", path(name)]);
      expect([name, code]).toEqual([name, 1]);
      expect(stderr).toContain(words);
      expect(stderr).not.toMatch(/ENOENT|EISDIR|EACCES/);
    }
    for (const name of ["config.json", ".env.production", "case_patterns.json", "floors.json"]) {
      const file = join(site.folder, "etc", name);
      rmSync(file, { force: true });
      spawnSync("mkfifo", [file]);
      const { code, stdout } = site.run(["check"]);
      expect([code, stdout]).toEqual([1, expect.stringContaining("neither file nor folder")]);
      rmSync(file);
    }
    site.configure({ syslog: { protocol: "tls", host: "127.0.0.1", port: 9, tls: { ca_file: path("key.pem") } } });
    expect(site.run(["check"]).stdout).toContain(`ca_file ${path("key.pem")} is a private key`);
  }),
  patience,
);

test("a table is shortened to the terminal, the widest columns first, and to nothing else", () => {
  const head = ["ID", "NAME", "WHAT"];
  const rows = [["key-1", "a".repeat(60), "b".repeat(40)]];
  expect(table(head, rows)).toContain("a".repeat(60));
  const narrow = table(head, rows, 80).split("\n");
  for (const line of narrow) expect(line.length).toBeLessThanOrEqual(80);
  expect(narrow[1]).toMatch(/^key-1 {2}a+… {2}b+…$/);
  expect(narrow[1]).toHaveLength(80);
  expect(table(head, rows, 5).split("\n")[0]).toBe("ID    NAME  WHAT");
});

test("a broken file makes no destination one that may be forgotten", async () => {
  const site = await ApplianceProcess.prepare({ config: { syslog: { name: "siem", host: "127.0.0.1", port: 9 } } });
  try {
    await site.start();
    await site.terminate();
    const config = join(site.folder, "etc", "config.json");
    writeFileSync(config, readFileSync(config, "utf8").replace(/}\s*$/, ",}"));
    const { code, stderr } = site.run(["destinations", "forget", "siem", "--yes"]);
    expect(code).toBe(1);
    expect(stderr).toContain("it cannot be told what is configured");
    expect(site.run(["destinations", "--json"]).stdout).toContain("alerts/siem");
  } finally {
    await site.dispose();
  }
});
