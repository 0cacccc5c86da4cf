/** Other engines' records through the front door (CONTRACT 2, `?format=`). */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { sampleText } from "../harness/engine-samples.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

let receiver: SyslogReceiver;
let appliance: TestAppliance;
beforeAll(async () => {
  receiver = await SyslogReceiver.started();
  const config = { syslog: { protocol: "tcp", host: "127.0.0.1", port: receiver.port, max_bytes: 262_144 } };
  appliance = await TestAppliance.start({ config, clock: new FakeClock(Date.UTC(2026, 5, 1)) });
});
afterAll(async () => {
  await appliance.dispose();
  await receiver.stop();
});

const json = { "Content-Type": "application/json" };

/** The `rule` element of the FIRST messages that came since `from`. */
function rulesSince(from: number): Record<string, string>[] {
  return receiver.messages.slice(from).map((message) => {
    const element = parseRfc5424(message).sd.find(({ id }) => id.startsWith("rule@"));
    return Object.fromEntries(element?.params ?? []);
  });
}

test.each([
  ["hayabusa", "hayabusa.jsonl", 21, { title: "RedSun - Named Pipe Created", level: "critical", host: "swachchhanda" }],
  [
    "chainsaw",
    "chainsaw.json",
    16,
    { title: "Directory Removal Via Rmdir", author: "frack113", user: "ATTACKRANGE\\Administrator" },
  ],
  [
    "zircolite",
    "zircolite.json",
    17,
    { id: "c539afac-c12a-46ed-b1bd-5a5567c9f045", user: "THESHIRE\\pgustavo", ip: "172.18.39.5" },
  ],
  ["elastic", "elastic.json", 3, { title: "SSH login as root", host: "web-1", ip: "203.0.113.9", level: "low" }],
  ["wazuh", "wazuh.jsonl", 4, { id: "92900", user: "CORP\\alice", host: "WS-7.corp.example", level: "high" }],
] as const)("%s: every record is taken and becomes an alert message", async (format, file, count, rule) => {
  const before = receiver.messages.length;
  const answer = await appliance.ingest(sampleText(file), { query: `?format=${format}`, headers: json });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ received: count, accepted: count, duplicates: 0, rejected: [] });
  expect(answer.body.warnings).toBeUndefined();
  await until(() => receiver.messages.length === before + answer.body.alerts_new);
  expect(rulesSince(before)).toContainEqual(expect.objectContaining(rule));
});

test("auto: all of it again, mixed with our own, adds to the alerts that there are", async () => {
  const chainsaw = sampleText("chainsaw.json").trim().slice(1, -1);
  const wazuh = sampleText("wazuh.jsonl").trim().split("\n");
  const own = JSON.stringify(detection());
  const body = gzipSync(`[${[own, chainsaw, ...wazuh].join(",")}]`);
  const answer = await appliance.ingest(new Uint8Array(body), {
    query: "?format=auto",
    headers: { ...json, "Content-Encoding": "gzip", "Idempotency-Key": "mixed-1" },
  });
  // Wazuh's ids are remembered; Chainsaw's hits have none and count.
  expect(answer.body).toMatchObject({ received: 21, accepted: 17, duplicates: 4, alerts_new: 1, rejected: [] });
});

test("bad matches are named by their index in the whole batch, good neighbours are kept", async () => {
  const rule = (matches: unknown[]) => ({ title: "Zr", id: "zr-1", rule_level: "low", matches });
  const good = { SystemTime: "2026-03-01T00:00:00Z", Computer: "PC" };
  const answer = await appliance.ingest([rule([good, {}, good]), rule([{ SystemTime: "soon" }, good])], {
    query: "?format=zircolite",
  });
  expect(answer.body).toMatchObject({ received: 5, accepted: 3, alerts_new: 1 });
  expect(answer.body.rejected).toEqual([
    { index: 1, error: expect.stringContaining("SystemTime or UtcTime") },
    { index: 3, error: expect.stringContaining('"soon"') },
  ]);
});

test("the own format stays the default, other shapes are refused by it", async () => {
  const answer = await appliance.ingest(sampleText("wazuh.jsonl"));
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ received: 4, accepted: 0 });
  expect(answer.body.rejected[0].error).toContain("rule_title: missing");
});

test("an unknown format is 400 and names the known ones", async () => {
  const answer = await appliance.ingest([detection()], { query: "?format=splunk" });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ title: "Unknown format", status: 400 });
  expect(answer.body.detail).toBe(
    'format "splunk": known for detections are rhythmx, hayabusa, chainsaw, zircolite, elastic, wazuh, auto',
  );
  const alarms = await appliance.ingest([{}], { kind: "alarms", query: "?format=wazuh" });
  expect(alarms.status).toBe(400);
  expect(alarms.body.detail).toBe('format "wazuh": known for alarms are rhythmx, logrhythm, auto');
});

test("LogRhythm's alarms: details, then a search with the same alarm and another", async () => {
  const options = { kind: "alarms", query: "?format=logrhythm", headers: json } as const;
  const details = await appliance.ingest(sampleText("logrhythm-details.json"), options);
  expect(details.body).toEqual({ received: 1, accepted: 1, duplicates: 0, rejected: [] });
  const search = await appliance.ingest(sampleText("logrhythm-search.json"), options);
  expect(search.body).toMatchObject({ received: 2, accepted: 1, duplicates: 1, rejected: [] });
  expect(search.body.warnings).toEqual([{ index: 0, warning: expect.stringContaining("rbpMax: missing") }]);
});

test("one entity's key cannot write to another through LogRhythm's entityName", async () => {
  const { key } = await appliance.makeKey(["ingest"], ["Branch"]);
  const answer = await appliance.ingest(sampleText("logrhythm-details.json"), {
    kind: "alarms",
    query: "?format=logrhythm",
    headers: { ...json, "X-API-Key": key },
  });
  expect(answer.body.rejected).toEqual([
    { index: 0, error: 'entityName: "Primary Site", accepted: an entity that this API key is for' },
  ]);
});

/** Posts one record and gives the answer with the `rule` element of its alert's FIRST message. */
async function told(record: unknown, format: string) {
  const before = receiver.messages.length;
  const answer = await appliance.ingest([record], { query: `?format=${format}` });
  expect(answer.body).toMatchObject({ accepted: 1, alerts_new: 1, rejected: [] });
  await until(() => receiver.messages.length === before + 1);
  return { rule: rulesSince(before)[0], warnings: answer.body.warnings };
}

const cloudAlert = (description: string, data: object) => ({
  timestamp: "2026-05-01T10:00:00.000+0000",
  rule: { level: 10, description, id: "9100" },
  agent: { id: "000", name: "wazuh-manager" },
  manager: { name: "wazuh-manager" },
  decoder: { name: "json" },
  data,
});

test.each([
  [
    "Azure Log Analytics, activity",
    { azure_tag: "azure-log-analytics", Caller: "vic@acme.example", CallerIpAddress: "203.0.113.85" },
    { user: "vic@acme.example", host: "", ip: "203.0.113.85" },
  ],
  [
    "Azure Log Analytics, sign-in",
    { azure_tag: "azure-log-analytics", UserPrincipalName: "xen@acme.example", IPAddress: "203.0.113.87" },
    { user: "xen@acme.example", host: "", ip: "203.0.113.87" },
  ],
  [
    "Intune audit",
    {
      "ms-graph": {
        relationship: "auditEvents",
        actor: { userPrincipalName: "cat@acme.example", ipAddress: "203.0.113.91" },
      },
    },
    { user: "cat@acme.example", host: "", ip: "203.0.113.91" },
  ],
  [
    "Intune device",
    { "ms-graph": { relationship: "managedDevices", deviceName: "TAB-7", userPrincipalName: "ben@acme.example" } },
    { user: "ben@acme.example", host: "TAB-7", ip: "" },
  ],
  [
    "AWS load balancer",
    { aws: { source: "alb", client_port: "203.0.113.78:4444" } },
    { user: "", host: "", ip: "203.0.113.78" },
  ],
  [
    "AWS bucket",
    { aws: { source: "server_access", requester: "arn:aws:iam::1:user/fred", remote_ip: "203.0.113.79" } },
    { user: "arn:aws:iam::1:user/fred", host: "", ip: "203.0.113.79" },
  ],
  [
    "AWS inspector",
    { aws: { source: "inspector", assetAttributes: { hostname: "web-9" } } },
    { user: "", host: "web-9", ip: "" },
  ],
])("Wazuh, %s: whom it is about", async (title, data, subject) => {
  expect((await told(cloudAlert(title, data), "auto")).rule).toMatchObject(subject);
});

test("Wazuh 5: a level that is a number is read by its band", async () => {
  const finding = {
    "@timestamp": "2026-05-01T10:00:00Z",
    wazuh: { agent: { name: "ag-1" }, rule: { title: "Number", level: 12 } },
    event: { original: "x" },
  };
  expect((await told(finding, "auto")).rule).toMatchObject({ level: "high", host: "ag-1" });
});

test("Elastic: a threshold alert is about what it counted by; a risk score may be text", async () => {
  const alert = {
    "@timestamp": "2026-05-01T10:00:00Z",
    "kibana.alert.rule.name": "Many logons",
    "kibana.alert.severity": "high",
    "kibana.alert.risk_score": "73",
    "kibana.alert.threshold_result": {
      terms: [
        { field: "user.name", value: "tess" },
        { field: "host.name", value: "dc-3" },
      ],
      count: 900,
    },
  };
  expect((await told(alert, "auto")).rule).toMatchObject({ user: "tess", host: "dc-3" });
});

test("Chainsaw over documents of an agent that names the machine only as its own", async () => {
  const hit = {
    kind: "individual",
    name: "By agent",
    timestamp: "2026-05-01T10:00:00Z",
    level: "low",
    document: { kind: "json", data: { agent: { hostname: "srv-4" }, message: "x" } },
  };
  expect((await told(hit, "auto")).rule).toMatchObject({ host: "srv-4" });
});

test("Hayabusa and Zircolite: records without level are told from their other members", async () => {
  const noLevel = [{ index: 0, warning: expect.stringContaining("no level") }];
  const hit = { Timestamp: "2026-05-01 10:00:00.123 +00:00", RuleTitle: "No level", Computer: "hy-1", Details: "x" };
  expect(await told(hit, "auto")).toMatchObject({ rule: { level: "low", host: "hy-1" }, warnings: noLevel });
  const match = { Computer: "zi-1", SystemTime: "2026-05-01T10:00:00Z" };
  const rule = { title: "No level either", id: "z-9", tags: [], count: 1, matches: [match] };
  expect(await told(rule, "auto")).toMatchObject({ rule: { level: "low", host: "zi-1" }, warnings: noLevel });
});

test.each(["le", "be"])(
  "UTF-16 %s without a mark is told by its first brackets, whatever script follows",
  async (order) => {
    const title = `規則の名前${order}`.repeat(10);
    const text = JSON.stringify({
      rule_title: title,
      timestamp: "2026-05-01T10:00:00Z",
      level: "low",
      raw: "記録".repeat(900),
    });
    const bytes = Buffer.from(text, "utf16le");
    const answer = await appliance.ingest(new Uint8Array(order === "le" ? bytes : bytes.swap16()));
    expect(answer.body).toMatchObject({ accepted: 1, alerts_new: 1, rejected: [] });
  },
);

test("LogRhythm: a date that is not set, in whatever form, gives way to the next one", async () => {
  const unset = ["0001-01-01T00:00:00", "1/1/0001 12:00:00 AM", -62135596800000, "05/01/2026 10:00"];
  const alarms = unset.map((alarmDate, index) => ({
    alarmDetails: {
      alarmId: 7100 + index,
      alarmRuleName: "x",
      alarmDate,
      eventDateFirst: "2026-05-01T09:00:00",
      rbpMax: 5,
    },
  }));
  const good = await appliance.ingest(alarms, { kind: "alarms", query: "?format=logrhythm" });
  expect(good.body).toMatchObject({ accepted: unset.length, rejected: [] });
  const none = { alarmDetails: { alarmId: 7200, alarmRuleName: "x", alarmDate: "1/1/0001", rbpMax: 5 } };
  const bad = await appliance.ingest([none], { kind: "alarms", query: "?format=logrhythm" });
  expect(bad.body.rejected).toEqual([
    { index: 0, error: expect.stringContaining("alarmDate or dateInserted: missing") },
  ]);
});
