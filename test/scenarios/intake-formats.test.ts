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
