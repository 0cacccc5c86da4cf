/** What `GET /metrics` says of what happens, and that it goes on saying it while things are wrong. */
import { afterEach, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { readPair } from "../../appliance/certificate/read-pair.ts";
import { ApiListener } from "../../appliance/runtime/listeners.ts";
import { CertificateExpiry } from "../../appliance/upkeep/metrics/certificates.ts";
import { Counts } from "../../appliance/upkeep/metrics/counts.ts";
import { write } from "../../appliance/upkeep/metrics/family.ts";
import { Metrics } from "../../appliance/upkeep/metrics/metrics.ts";
import { Distribution, Tally } from "../../appliance/upkeep/metrics/tally.ts";
import { Faults } from "../../core/faults.ts";
import { ApiClient } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { parseMetrics, scrape } from "../harness/metrics.ts";
import { cleanUp, cleanUpScenes, critical, scene, turn } from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

const tls = join(import.meta.dirname, "../data/tls");

async function started(options: Parameters<typeof TestAppliance.start>[0] = {}): Promise<TestAppliance> {
  const appliance = await TestAppliance.start(options);
  cleanUp.push(() => appliance.dispose());
  return appliance;
}

test("records by format and outcome: what was accepted, what repeats, what was rejected; a repeated batch counts nothing", async () => {
  const appliance = await started();
  const body = [detection({ id: "1" }), detection({ id: "1" }), detection({ id: "2" }), { rule_title: "no level" }];
  const headers = { "Idempotency-Key": "k" };
  expect((await appliance.ingest(body, { headers })).body).toMatchObject({ accepted: 2, duplicates: 1 });
  await appliance.ingest(body, { headers });
  await appliance.ingest([{ a: 1 }, "x"], { query: "?format=wazuh" });
  await appliance.ingest("rubbish");
  await appliance.ingest([detection()], { query: "?format=of-my-own" });
  const metrics = await scrape(appliance);
  const records = (format: string, outcome: string) =>
    metrics.value("rhythmx_intake_records_total", { kind: "detections", format, outcome });
  expect(["accepted", "duplicate", "rejected"].map((outcome) => records("rhythmx", outcome))).toEqual([2, 1, 2]);
  expect(records("wazuh", "rejected")).toBe(2);
  expect(records("of-my-own", "accepted")).toBeNaN();
  // The first, and the one whose records were all rejected one by one.
  expect(metrics.value("rhythmx_intake_duration_seconds_count", { kind: "detections" })).toBe(2);
  expect(metrics.value("rhythmx_intake_duration_seconds_bucket", { kind: "detections", le: "+Inf" })).toBe(2);
  expect(metrics.value("rhythmx_events_total", { kind: "alert_first" })).toBe(1);
});

test("labels hold no word of a stranger: methods, formats and paths that nobody knows make no series", async () => {
  const appliance = await started();
  const url = appliance.appliance.apiUrl;
  for (const method of ["PROPFIND", "MKCOL", "PURGE"]) await fetch(`${url}/api/incidents`, { method });
  await fetch(`${url}/api/${"x".repeat(50)}`);
  await fetch(`${url}/no-such-page`);
  const metrics = await scrape(appliance);
  expect(metrics.value("rhythmx_api_requests_total", { method: "other" })).toBe(3);
  const values = metrics.series.flatMap(({ labels }) => Object.values(labels));
  expect(values.filter((value) => /PROPFIND|MKCOL|PURGE|xxx|no-such/.test(value))).toEqual([]);
  expect(metrics.value("rhythmx_api_request_duration_seconds_count", { class: "console" })).toBe(1);
});

test("what waits for a target counts as a connection test, in the API and in the console", async () => {
  const appliance = await started();
  const url = appliance.appliance.apiUrl;
  const paths = [
    ...["/api/settings/jira/test", "/api/settings/jira/fields"],
    ...["/console/integrations/jira/test", "/console/settings/integrations/jira/test"],
    ...["/console/settings/integrations/jira/fields"],
    ...["test", "send"].map((button) => `/console/settings/integrations/alert-syslog/destinations/siem/${button}`),
  ];
  for (const path of paths) await fetch(url + path, { method: "POST" });
  await fetch(`${url}/console/settings/integrations/jira/save`, { method: "POST" });
  const count = async (name: string) =>
    (await scrape(appliance)).value("rhythmx_api_request_duration_seconds_count", { class: name });
  expect([await count("connection_test"), await count("console")]).toEqual([paths.length, 1]);
});

test("logins by what became of them, refused keys by why, entries of the audit log", async () => {
  const it = await scene();
  const url = it.appliance.appliance.apiUrl;
  const wrong = { username: "admin", password: "not the password of anybody" };
  const answers = [];
  while (answers.at(-1) !== 429) answers.push((await new ApiClient(url).post("/api/login", wrong)).status);
  await new ApiClient(url, { "X-API-Key": `smk_${"a".repeat(36)}` }).get("/api/v1/feed/alerts");
  await new ApiClient(url, { "X-API-Key": it.appliance.key }).get("/api/v1/feed/alerts");
  const metrics = await scrape(it.appliance);
  const logins = (outcome: string) => metrics.value("rhythmx_logins_total", { source: "api", outcome });
  expect(["accepted", "refused", "throttled"].map(logins)).toEqual([1, answers.length - 1, 1]);
  expect(metrics.value("rhythmx_api_key_refusals_total", { reason: "unknown" })).toBe(1);
  expect(metrics.value("rhythmx_audit_entries_total", { outcome: "written" })).toBeGreaterThanOrEqual(2);
  expect(metrics.value("rhythmx_audit_entries_total", { outcome: "failed" })).toBe(0);
});

test("a receiver that is away: how long the oldest message waits, and the expiry of the certificates in use", async () => {
  const certificates = {
    ca_file: join(tls, "ca.pem"),
    cert_file: join(tls, "client.pem"),
    key_file: join(tls, "client.key"),
  };
  const syslog = [
    { name: "away", protocol: "tls", host: "127.0.0.1", port: 1, tls: certificates },
    { name: "quiet", protocol: "udp", host: "127.0.0.1", port: 9 },
  ];
  const appliance = await started({ config: { syslog } });
  const waits = async (destination: string) =>
    (await scrape(appliance)).value("rhythmx_syslog_oldest_waiting_seconds", { destination });
  expect(await waits("away")).toBe(0);
  await appliance.ingest([detection()]);
  await appliance.clock.advance(90_000);
  await appliance.ingest([detection({ user: "later" })]);
  await until(async () => (await waits("quiet")) === 0);
  expect(await waits("away")).toBe(90);
  const metrics = await scrape(appliance);
  expect(metrics.value("rhythmx_syslog_connected", { destination: "away" })).toBe(0);
  expect(metrics.value("rhythmx_syslog_last_sent_timestamp_seconds", { destination: "away" })).toBeNaN();
  expect(metrics.value("rhythmx_syslog_last_sent_timestamp_seconds", { destination: "quiet" })).toBeGreaterThan(0);
  const expiry = (usage: string) =>
    metrics.value("rhythmx_certificate_expiry_timestamp_seconds", { usage, name: "alerts/away" });
  for (const usage of ["destination_client", "destination_ca"]) expect(expiry(usage)).toBeGreaterThan(1_700_000_000);
});

test("a ticket system that refuses: parked by cause with the age of the oldest, requests by outcome, last success", async () => {
  const it = await scene({ JIRA_CA_FILE: join(tls, "ca.pem") });
  it.jira.options.credentials = "soc@acme.example:another";
  await it.appliance.ingest([critical("a")]);
  const stuck = { system: "jira", state: "parked", cause: "unauthorized" };
  await until(async () => (await scrape(it.appliance)).value("rhythmx_ticket_stuck", stuck) === 1);
  const since = it.appliance.clock.now() / 1000;
  await turn(it, 60_000);
  await until(
    async () => !Number.isNaN((await scrape(it.appliance)).value("rhythmx_ticket_last_success_timestamp_seconds")),
  );
  const metrics = await scrape(it.appliance);
  expect(metrics.value("rhythmx_ticket_stuck_oldest_timestamp_seconds", stuck)).toBeLessThanOrEqual(since);
  expect(metrics.value("rhythmx_ticket_deliveries", { system: "jira", state: "parked" })).toBe(1);
  expect(metrics.value("rhythmx_ticket_attempts_total", { system: "jira", outcome: "failed" })).toBe(1);
  expect(metrics.value("rhythmx_ticket_attempts_total", { system: "jira", outcome: "confirmed" })).toBe(0);
  expect(metrics.value("rhythmx_ticket_attempts_total", { system: "servicenow", outcome: "confirmed" })).toBe(1);
  expect(metrics.value("rhythmx_ticket_system_enabled", { system: "proactive" })).toBe(0);
  expect(metrics.value("rhythmx_ticket_circuit_open", { system: "jira" })).toBe(0);
  expect(metrics.value("rhythmx_certificate_expiry_timestamp_seconds", { usage: "ticket_ca" })).toBeGreaterThan(0);
  // The reader of campaigns comes along with what happens.
  await until(async () => (await scrape(it.appliance)).value("rhythmx_reader_behind", { reader: "campaigns" }) === 0);
});

test("without the database all other metrics are there, and its figures are as they were last known", async () => {
  let works = true;
  const figures = {
    ...{ deliveries: [], tickets: [], stuck: [] },
    ...{ campaignsBehind: 3, outbreaksBehind: 0, oldestEventAt: 5_000 },
  };
  const metrics = new Metrics(
    {
      ...{
        now: () => 0,
        uptimeMs: () => 0,
        campaigns: { failures: 0 },
        cluster: () => null,
        destinations: () => [],
        loops: () => [],
      },
      ...{ faults: () => [], intakeOpen: () => true, logEnd: () => 0, searchBehind: () => 0, pendingBytes: () => 0 },
      ...{ storeCalls: () => ({ writer: 0, reader: 0 }), databaseFile: "/nonexistent", disk: () => null },
      backups: () => ({ lastAt: null, lastBytes: null, failures: 0 }),
      ...{ retentionDays: () => 90, certificates: () => [], tickets: { webhooks: () => [], systems: () => [] } },
      database: () => (works ? Promise.resolve(figures) : Promise.reject(new Error("database is locked"))),
    },
    new Counts(0),
  );
  try {
    const behind = async () =>
      parseMetrics(await metrics.text("text")).value("rhythmx_reader_behind", { reader: "campaigns" });
    works = false;
    expect(await behind()).toBeNaN();
    expect(parseMetrics(await metrics.text("text")).value("rhythmx_intake_open")).toBe(1);
    works = true;
    expect(await behind()).toBe(3);
    works = false;
    expect(await behind()).toBe(3);
  } finally {
    metrics.stop();
  }
});

test("whoever asks for OpenMetrics gets it, with the same series; everybody else the text format", async () => {
  const appliance = await started({
    config: { syslog: { name: "siem", protocol: "udp", host: "127.0.0.1", port: 9 } },
  });
  const get = async (accept: string) => {
    const answer = await fetch(`${appliance.appliance.apiUrl}/metrics`, { headers: { Accept: accept } });
    return { type: answer.headers.get("content-type"), text: await answer.text() };
  };
  const prometheus =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
  const open = await get(prometheus);
  expect(open.type).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  expect(open.text).toEndWith("\n# EOF\n");
  expect(open.text).toContain("\n# TYPE rhythmx_events counter\n");
  for (const accept of ["*/*", "text/plain", "text/html,*/*;q=0.8"]) {
    const plain = await get(accept);
    expect([accept, plain.type]).toEqual([accept, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(plain.text).not.toContain("# EOF");
    const names = (text: string) =>
      new Set(parseMetrics(text).series.map(({ name, labels }) => name + JSON.stringify(labels)));
    expect(names(plain.text)).toEqual(names(open.text));
  }
});

test("names of destinations with quotes, backslashes and line ends stay one label", () => {
  const labels = { destination: 'a"b\\c\nd,e="f" \ud800', x: "" };
  const tally = new Tally();
  tally.add(labels);
  const text = write([{ name: "a_total", help: "b\nc\\d", type: "counter", read: () => tally.read() }], "text");
  expect(text).toContain("# HELP a_total b\\nc\\\\d\n");
  expect(parseMetrics(text).series).toEqual([
    { name: "a_total", labels: { ...labels, destination: 'a"b\\c\nd,e="f" \ufffd' }, value: 1 },
  ]);
});

test("a histogram counts each value in its own bucket and all above, and bounds are inclusive", () => {
  const times = new Distribution([0.01, 1], [{ kind: "known" }]);
  for (const milliseconds of [-5, 10, 11, 1_000, 1_001, 5_000]) times.took(milliseconds, { kind: "a" });
  const text = write(
    [{ name: "t_seconds", help: "T.", type: "histogram", bounds: times.bounds, read: () => times.read() }],
    "text",
  );
  const read = parseMetrics(text);
  const buckets = ["0.01", "1.0", "+Inf"].map((le) => read.value("t_seconds_bucket", { kind: "a", le }));
  expect(buckets).toEqual([2, 4, 6]);
  expect(read.value("t_seconds_count", { kind: "a" })).toBe(6);
  expect(read.value("t_seconds_sum", { kind: "a" })).toBeCloseTo(7.022);
  expect(read.value("t_seconds_count", { kind: "known" })).toBe(0);
});

test("our own certificate is the one in use, and the first of its file; of authorities the one that lasts longest counts", async () => {
  const folder = (await started()).dataDir;
  const files = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem"), own: false };
  copyFileSync(join(tls, "expired.pem"), files.certFile);
  copyFileSync(join(tls, "expired.key"), files.keyFile);
  const address = { host: "127.0.0.1", port: 0 };
  const api = await ApiListener.start(
    address,
    { files, read: () => readPair(files) },
    () => new Response("ok"),
    new Faults(Date.now),
  );
  cleanUp.push(() => api.stop());
  const expired = api.certificate ?? "";
  const lasting = await Bun.file(join(tls, "server.pem")).text();
  const bundle = join(folder, "bundle.pem");
  await Bun.write(bundle, expired + lasting);
  const read = await new CertificateExpiry().read([
    { usage: "server", name: "api", pem: { text: expired + lasting } },
    { usage: "ticket_ca", name: "jira", pem: { file: bundle } },
    { usage: "ticket_ca", name: "servicenow", pem: { file: join(folder, "not there") } },
    {
      usage: "destination_ca",
      name: "alerts/a",
      pem: { text: "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----" },
    },
  ]);
  const now = Date.now();
  expect(read.map(({ usage, name, expiresAt }) => [usage, name, expiresAt > now])).toEqual([
    ["server", "api", false],
    ["ticket_ca", "jira", true],
  ]);
});
