/** The pack `monitoring` in the hands of promtool and of a real Prometheus that scrapes a real appliance over TLS with a key. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { detection, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { Prometheus, promtool } from "../harness/prometheus.ts";
import { installed } from "../harness/rsyslog.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";
import { dashboards, filledIn, packFile, packFolder, queriesOf, type Rule, rules } from "./monitoring-pack.ts";

const here = installed("promtool", "prometheus") && installed("prometheus", "prometheus");
const folder = mkdtempSync(join(tmpdir(), "rhythmx-monitoring-"));
afterAll(() => rmSync(folder, { recursive: true }));
const tls = join(import.meta.dirname, "../data/tls");
const inPack = (path: string) => join(packFolder, "prometheus", path);

describe.skipIf(!here)("promtool", () => {
  test("takes the rules, and each fires on what it is for and not in the near miss", () => {
    const checked = promtool(["check", "rules", inPack("rhythmx.rules.yml")]);
    expect([checked.code, checked.output]).toEqual([0, expect.stringContaining("rules found")]);
    const tested = promtool(["test", "rules", inPack("rules_test.yml")]);
    expect([tested.code, tested.output]).toEqual([0, expect.stringContaining("SUCCESS")]);
  });

  test("writes out every summary and description: what is told has values for all that it names", () => {
    // What is expected is never there, so promtool says what it has instead.
    interface Case {
      input_series: unknown;
      promql_expr_test: { expr: string; eval_time: string; exp_samples: unknown[] }[];
    }
    const { tests } = Bun.YAML.parse(packFile("prometheus/rules_test.yml")) as { tests: Case[] };
    const wrong = tests.map(({ input_series, promql_expr_test }) => ({
      interval: "1m",
      input_series,
      alert_rule_test: promql_expr_test
        .filter(({ exp_samples }) => exp_samples.length > 0)
        .map(({ expr, eval_time }) => ({ eval_time, alertname: /alertname="(\w+)"/.exec(expr)?.[1] })),
    }));
    const file = join(folder, "told.yml");
    writeFileSync(
      file,
      JSON.stringify({ rule_files: [inPack("rhythmx.rules.yml")], evaluation_interval: "1m", tests: wrong }),
    );
    const { output } = promtool(["test", "rules", file]);
    const told = [
      ...output.matchAll(
        /Annotations:\{description="((?:[^"\\]|\\.)*)", runbook_url="[^"]*", summary="((?:[^"\\]|\\.)*)"\}/g,
      ),
    ];
    expect(told.length).toBeGreaterThanOrEqual(rules().filter(({ alert }) => alert !== undefined).length);
    for (const [all, description = "", summary = ""] of told) {
      expect(all).not.toMatch(/error expanding|<no value>|\{\{|NaN/);
      expect(description).toMatch(/RhythmX\w+\.(fires|near)/);
      expect(summary).not.toMatch(/: $| {2}/);
    }
  });

  test("reads the queries of the dashboards", () => {
    const queries = dashboards().flatMap(queriesOf);
    const file = join(folder, "queries.yml");
    const asRules = queries.map((query, index) => ({ record: `query:${index}`, expr: filledIn(query) }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: "queries", rules: asRules }] }));
    const { code, output } = promtool(["check", "rules", file]);
    expect([code, output]).toEqual([0, expect.stringContaining(`${queries.length} rules found`)]);
  });
});

/** An address of this machine that is not loopback, from which metrics take a key. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const found = addresses.find(({ internal, family }) => !internal && family === "IPv4")?.address;
  if (found === undefined)
    throw new Error("this machine has no address besides loopback: ip address add 192.0.2.7/32 dev lo");
  return found;
}

/** The pack's rules, which wait for a second instead of minutes. */
function hastyRules(): string {
  const { groups } = Bun.YAML.parse(packFile("prometheus/rhythmx.rules.yml")) as { groups: { rules: Rule[] }[] };
  const hasty = groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ("for" in rule ? { ...rule, for: "1s" } : rule)),
  }));
  const file = join(folder, "hasty.rules.yml");
  writeFileSync(file, JSON.stringify({ groups: hasty }));
  return file;
}

test.skipIf(!here)(
  "a Prometheus set up as the pack says: it needs its key, every rule and query is evaluated, and a receiver that goes away alarms until it is back",
  cleaningUp(async (defer) => {
    const address = ownAddress();
    let receiver = await SyslogReceiver.started();
    defer(() => receiver.stop());
    const syslog = { name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port };
    const env = { RHYTHMX_TLS_CERT_FILE: join(tls, "server.pem"), RHYTHMX_TLS_KEY_FILE: join(tls, "server.key") };
    const appliance = await ApplianceProcess.prepare({ config: { syslog }, env });
    appliance.env.RHYTHMX_LISTEN = `0.0.0.0:${appliance.apiPort}`;
    defer(() => rmSync(appliance.folder, { recursive: true }));
    const key = (scope: string) => appliance.run(["key", "create", scope, "--scope", scope]).stdout.trim();
    const [reading, ingest] = [key("metrics:read"), key("ingest")];
    defer(() => appliance.kill());
    await appliance.start();
    const unchecked = { tls: { rejectUnauthorized: false } };
    const from = `https://${address}:${appliance.apiPort}`;
    expect((await fetch(`${from}/metrics`, unchecked)).status).toBe(401);
    const text = await fetch(`${from}/metrics`, { ...unchecked, headers: { Authorization: `Bearer ${reading}` } });
    const { code, output } = promtool(["check", "metrics"], await text.text());
    expect([code, output]).toEqual([0, ""]);

    const keyFile = join(folder, "rhythmx.key");
    writeFileSync(keyFile, reading);
    // biome-ignore lint/suspicious/noExplicitAny: a configuration of another program
    const config = Bun.YAML.parse(packFile("prometheus/scrape.yml")) as any;
    const [job] = config.scrape_configs;
    Object.assign(job, { scrape_interval: "1s", scrape_timeout: "1s" });
    job.authorization.credentials_file = keyFile;
    Object.assign(job.tls_config, { ca_file: join(tls, "ca.pem"), server_name: "localhost" });
    job.static_configs[0].targets = [`${address}:${appliance.apiPort}`];
    config.rule_files = [hastyRules()];
    delete config.alerting;
    const prometheus = await Prometheus.started({ global: { evaluation_interval: "1s" }, ...config }, folder);
    defer(() => prometheus.stop());
    let target: { health: string; lastError: string } | undefined;
    await until(
      async () => {
        target = (await prometheus.ask("targets")).activeTargets[0];
        return target?.health === "up";
      },
      undefined,
      () => `not scraped: ${target?.lastError}`,
    );

    const post = (user: string) =>
      fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
        ...unchecked,
        method: "POST",
        headers: { "X-API-Key": ingest, "Content-Type": "application/json" },
        body: JSON.stringify(detection({ user })),
      });
    await post("before");
    await until(() => receiver.messages.length === 1);
    const alarm = "RhythmXDestinationDown";
    expect(await prometheus.alarm(alarm)).toBeUndefined();
    const { port } = receiver;
    await receiver.stop();
    expect((await post("while it is away")).status).toBe(200);
    await until(async () => (await prometheus.alarm(alarm))?.state === "firing");
    expect(await prometheus.alarm(alarm)).toMatchObject({
      labels: { feed: "alerts", destination: "siem", severity: "warning", job: "rhythmx" },
      annotations: {
        summary: "Destination siem cannot be reached",
        description: expect.stringContaining("has not reached alerts/siem"),
      },
    });

    for (const dashboard of dashboards())
      for (const query of queriesOf(dashboard)) await prometheus.ask("query", { query: filledIn(query) });
    const { groups } = (await prometheus.ask("rules")) as {
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    };
    const evaluated = groups.flatMap((group) => group.rules);
    expect(evaluated.length).toBe(rules().length);
    expect(evaluated.filter(({ health }) => health !== "ok")).toEqual([]);

    receiver = await SyslogReceiver.started({ port });
    await until(async () => (await prometheus.alarm(alarm)) === undefined);
    await until(() => receiver.messages.some((message) => message.includes("while it is away")));
  }),
);
