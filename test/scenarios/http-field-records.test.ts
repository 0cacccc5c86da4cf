/** Records as engines, exports and rotated logs really hold them, by the front door. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { detectionsOf } from "../harness/engine-samples.ts";

let appliance: TestAppliance;
let reader: string;
beforeAll(async () => {
  appliance = await TestAppliance.start();
  reader = (await appliance.makeKey(["feed:read"])).key;
});
afterAll(() => appliance.dispose());

interface Alert {
  rule_title: string;
  user: string | null;
  host: string | null;
  src_ip: string | null;
  count: number;
  level: string;
}
async function alerts(): Promise<Alert[]> {
  const response = await fetch(`${appliance.appliance.apiUrl}/api/v1/feed/alerts?limit=500`, {
    headers: { "X-API-Key": reader },
  });
  return ((await response.json()) as { data: Alert[] }).data;
}
const alertOf = async (title: string) => (await alerts()).find((alert) => alert.rule_title === title);
const now = () => new Date(appliance.clock.now()).toISOString();

describe("UTF-16", () => {
  const bigEndian = (text: string) => Buffer.from(text, "utf16le").swap16();
  const encodings: [string, (text: string) => Uint8Array][] = [
    ["little-endian with a mark", (text) => Buffer.from(`\ufeff${text}`, "utf16le")],
    ["little-endian without", (text) => Buffer.from(text, "utf16le")],
    ["big-endian with a mark", (text) => bigEndian(`\ufeff${text}`)],
    ["big-endian without", (text) => bigEndian(text)],
    ["of an odd length", (text) => Buffer.concat([Buffer.from(`\ufeff${text}\r\n`, "utf16le"), Buffer.from("\n")])],
    ["with two marks", (text) => Buffer.from(`\ufeff\ufeff${text}`, "utf16le")],
    ["two files, one behind the other", (text) => Buffer.from(`\ufeff${text.replace("\n", "\r\n\ufeff")}`, "utf16le")],
  ];
  test.each(encodings)("detections: %s", async (name, encode) => {
    const rule = `UTF-16 ${name}`;
    const text = [1, 2]
      .map((n) => JSON.stringify(detection({ rule_id: rule, rule_title: rule, user: "jörg", raw: { n } })))
      .join("\n");
    const answer = await appliance.ingest(encode(text));
    expect(answer.body).toMatchObject({ received: 2, accepted: 2, rejected: [] });
    expect(answer.body.warnings).toBeUndefined();
    const packed = await appliance.ingest(gzipSync(encode(text)), { headers: { "Content-Encoding": "gzip" } });
    expect(packed.body).toMatchObject({ accepted: 2 });
    expect(await alertOf(rule)).toMatchObject({ user: "jörg", count: 4 });
  });

  test("an array, and alarms", async () => {
    const array = JSON.stringify([detection({}), detection({})], null, 2);
    expect((await appliance.ingest(Buffer.from(`\ufeff${array}`, "utf16le"))).body).toMatchObject({ accepted: 2 });
    const alarm = JSON.stringify({ alarm_id: 1, name: "Alarm", rbp: 50, timestamp: now() });
    expect((await appliance.ingest(Buffer.from(alarm, "utf16le"), { kind: "alarms" })).body).toMatchObject({
      accepted: 1,
    });
  });
});

describe("NULs of a rotated log", () => {
  const line = (n: number) => JSON.stringify(detection({ rule_title: "Behind NULs", raw: { n } }));
  const nuls = "\0".repeat(5000);
  const skipped = (index: number) => ({ index, warning: expect.stringContaining("NUL bytes before it were skipped") });
  const places: [string, string, number, object[]][] = [
    ["in front of the first record", `${nuls}${line(1)}\n${line(2)}`, 2, [skipped(0)]],
    ["in front of the second", `${line(1)}\n${nuls}${line(2)}\n${line(3)}`, 3, [skipped(1)]],
    ["a line of them", `${line(1)}\n${nuls}\n${line(2)}`, 2, [skipped(1)]],
    ["one NUL", `${line(1)}\n\0${line(2)}`, 2, [skipped(1)]],
    ["without a line end before them", `${line(1)}${nuls}${line(2)}`, 2, [skipped(1)]],
    ["in front of an array", `${nuls}[${line(1)},\n${line(2)}]`, 2, [skipped(0)]],
  ];
  test.each(places)("%s", async (_, body, count, warnings) => {
    const answer = await appliance.ingest(body);
    expect(answer.body).toMatchObject({ received: count, accepted: count, rejected: [], warnings });
  });

  test("at the end they are nothing; what they cut off is refused, what follows is kept", async () => {
    expect((await appliance.ingest(`${line(1)}\n${nuls}`)).body).toMatchObject({ received: 1, accepted: 1 });
    const cut = await appliance.ingest(`${line(1).slice(0, 40)}${nuls}${line(2)}`);
    expect(cut.body).toMatchObject({ received: 2, accepted: 1, rejected: [{ index: 0 }] });
  });

  test("a control character in a string is named, with its place", async () => {
    const { body } = await appliance.ingest(`${line(1)}\n${line(2).replace("Behind", "Beh\0ind")}`);
    expect(body.rejected[0].error).toContain("control character U+0000 in a string, at character");
  });
});

describe("times", () => {
  const same = ["Z", "+00:00Z", "-00:00Z", "+0000Z", "Z+00:00", "+00:00+00:00"];
  test.each(same)("%s is UTC", async (zone) => {
    const title = `Zone ${zone}`;
    const answer = await appliance.ingest([
      detection({ rule_id: title, rule_title: title, timestamp: `2026-03-01T10:00:00.123456${zone}` }),
    ]);
    expect(answer.body).toMatchObject({ accepted: 1 });
    expect(await alertOf(title)).toMatchObject({ last_seen: "2026-03-01T10:00:00.123Z" });
  });

  test.each(["updated_since", "since"])("%s with two zones", async (name) => {
    for (const zone of ["+00:00Z", "%2B00:00Z", " 00:00Z", "Z"]) {
      const url = `${appliance.appliance.apiUrl}/api/v1/feed/incidents?${name}=2026-03-01T10:00:00.123456${zone}`;
      expect((await fetch(url, { headers: { "X-API-Key": reader } })).status).toBe(200);
    }
  });

  test("LogRhythm's year 1 is no date", async () => {
    const alarm = { alarmId: 77, alarmRuleName: "R", rbpMax: 50, alarmDate: "0001-01-01T00:00:00" };
    const query = "?format=logrhythm";
    const dated = [{ ...alarm, dateInserted: "2026-03-01T10:00:00" }];
    expect((await appliance.ingest(dated, { kind: "alarms", query })).body).toMatchObject({ accepted: 1 });
    const none = await appliance.ingest([{ ...alarm, dateInserted: "0001-01-01T00:00:00Z" }], {
      kind: "alarms",
      query,
    });
    expect(none.body.rejected[0].error).toContain("alarmDate or dateInserted: missing");
  });
});

test.each([
  ["rhythmx", "[]"],
  ["auto", " [ ]\n"],
  ["elastic", '{"took":1,"hits":{"total":0,"hits":[]}}'],
  ["zircolite", "[]"],
])("an empty list is no mistake: %s", async (format, body) => {
  const answer = await appliance.ingest(body, {
    query: `?format=${format}`,
    headers: { "Idempotency-Key": `e-${format}` },
  });
  expect(answer).toMatchObject({ status: 200, body: { received: 0, accepted: 0, duplicates: 0, rejected: [] } });
  expect((await appliance.ingest("  \n")).status).toBe(400);
});

describe("Wazuh", () => {
  const wazuh = (title: string, more: object) => ({
    timestamp: now(),
    rule: { level: 12, description: title, id: "1" },
    agent: { id: "000", name: "manager-1" },
    manager: { name: "manager-1" },
    ...more,
  });
  const upn = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
  const role = "arn:aws:sts::1:assumed-role/Admin/jane";
  const cloud: [string, object, [string | null, string | null, string | null]][] = [
    [
      "office365",
      { office365: { UserId: "a@x.example", ClientIP: "[2001:db8::1]:443" } },
      ["a@x.example", null, "2001:db8::1"],
    ],
    [
      "office365 port",
      { office365: { UserId: "b@x.example", ClientIP: "203.0.113.1:5000" } },
      ["b@x.example", null, "203.0.113.1"],
    ],
    [
      "aws role",
      { aws: { userIdentity: { type: "AssumedRole", arn: role }, sourceIPAddress: "ec2.amazonaws.com" } },
      [role, null, null],
    ],
    [
      "aws guardduty",
      {
        aws: {
          source: "guardduty",
          resource: { instanceDetails: { instanceId: "i-1" } },
          service: { action: { networkConnectionAction: { remoteIpDetails: { ipAddressV4: "203.0.113.2" } } } },
        },
      },
      [null, "i-1", "203.0.113.2"],
    ],
    ["aws flow", { aws: { srcaddr: "203.0.113.3", dstaddr: "10.0.0.1" } }, [null, null, "203.0.113.3"]],
    ["github", { github: { actor: "otto", actor_ip: "203.0.113.4", user: "victim" } }, ["otto", null, "203.0.113.4"]],
    [
      "gcp",
      {
        gcp: {
          protoPayload: { authenticationInfo: { principalEmail: "k@x" }, requestMetadata: { callerIp: "203.0.113.5" } },
        },
      },
      ["k@x", null, "203.0.113.5"],
    ],
    [
      "azure activity",
      { callerIpAddress: "203.0.113.6", identity: { claims: { [upn]: "m@x" } } },
      ["m@x", null, "203.0.113.6"],
    ],
    [
      "azure sign-in",
      {
        azure_tag: "azure-log",
        category: "SignInLogs",
        properties: { userPrincipalName: "s@x", ipAddress: "203.0.113.7" },
      },
      ["s@x", null, "203.0.113.7"],
    ],
    [
      "graph",
      {
        integration: "ms-graph",
        "ms-graph": {
          evidence: [
            { userAccount: { userPrincipalName: "g@x" } },
            { deviceDnsName: "pc-9" },
            { ipAddress: "203.0.113.8" },
          ],
        },
      },
      ["g@x", "pc-9", "203.0.113.8"],
    ],
    [
      "okta",
      { okta: { actor: { alternateId: "o@x" }, client: { ipAddress: "203.0.113.9" } } },
      ["o@x", null, "203.0.113.9"],
    ],
    ["nobody", { integration: "aws", aws: { eventName: "x" } }, [null, null, null]],
  ];
  test.each(cloud)("%s: who and where come from the module", (name, data, [user, host, srcIp]) => {
    const [found] = detectionsOf("wazuh", JSON.stringify(wazuh(name, { data })));
    expect(found).toMatchObject({ user, host, srcIp });
    const [onAgent] = detectionsOf(
      "wazuh",
      JSON.stringify(wazuh(name, { data, agent: { id: "005", name: "fetcher" } })),
    );
    expect(onAgent).toMatchObject({ user, host, srcIp });
  });

  test("who changed a file; the manager's own log is still about the manager", async () => {
    const audit = { login_user: { name: "carol" }, user: { name: "root" }, effective_user: { name: "root" } };
    const of = (more: object) => detectionsOf("wazuh", JSON.stringify(wazuh("t", more)))[0];
    expect(of({ agent: { id: "7", name: "web" }, syscheck: { audit } })).toMatchObject({ user: "carol", host: "web" });
    const unset = { login_user: { name: "unset" }, user: { name: "dan" } };
    expect(of({ syscheck: { audit: unset } })).toMatchObject({ user: "dan", host: "manager-1" });
    expect(of({ data: { srcuser: "eve" } })).toMatchObject({ user: "eve", host: "manager-1" });
  });

  test("findings of version 5", async () => {
    const finding = {
      "@timestamp": now(),
      wazuh: {
        agent: { id: "003", name: "web-3" },
        rule: { id: "r-1", title: "Finding", level: "high", mitre: { tactic: ["Execution"], technique: ["T1059"] } },
      },
      user: { name: "fay" },
      source: { ip: "203.0.113.10" },
      event: { original: "log line" },
    };
    const untitled = { ...finding, wazuh: { ...finding.wazuh, rule: { id: "r-1", level: "dire" } } };
    const { body } = await appliance.ingest([finding, untitled], { query: "?format=auto" });
    expect(body).toMatchObject({ accepted: 1, rejected: [{ index: 1 }] });
    expect(body.rejected[0].error).toContain("Wazuh 5");
    expect(await alertOf("Finding")).toMatchObject({
      level: "high",
      user: "fay",
      host: "web-3",
      src_ip: "203.0.113.10",
      tags: ["attack.execution", "attack.t1059"],
    });
  });
});

describe("Elastic sequences", () => {
  const alert = (more: object) => ({
    "@timestamp": now(),
    "kibana.alert.rule.name": "Sequence",
    "kibana.alert.rule.rule_id": "sequence",
    "kibana.alert.severity": "high",
    "kibana.alert.risk_score": 73,
    "kibana.alert.group.id": "g1",
    ...more,
  });
  const block = (index: number, more: object) =>
    alert({
      "kibana.alert.uuid": `b${index}`,
      "kibana.alert.building_block_type": "default",
      "kibana.alert.group.index": index,
      ...more,
    });

  test("its events are not counted, and say who it is about", async () => {
    const events = [block(1, { host: { name: "REC-4" } }), block(0, { user: { name: "nora" } })];
    const shell = alert({ "kibana.alert.uuid": "s" });
    const { body } = await appliance.ingest([...events, shell], { query: "?format=elastic" });
    expect(body).toMatchObject({ received: 3, accepted: 1, duplicates: 2, rejected: [] });
    expect(body.warnings).toMatchObject([
      { index: 0, warning: expect.stringContaining("building block") },
      { index: 1 },
    ]);
    expect(await alertOf("Sequence")).toMatchObject({ count: 1, user: "nora", host: "REC-4", level: "high" });
  });

  test("a building block of a rule that is no sequence is informational", async () => {
    const alone = { ...alert({ "kibana.alert.rule.name": "Alone", "kibana.alert.building_block_type": "default" }) };
    const { body } = await appliance.ingest([alone], { query: "?format=elastic" });
    expect(body).toMatchObject({ accepted: 1, warnings: [{ index: 0 }] });
    expect(await alertOf("Alone")).toMatchObject({ level: "informational" });
  });
});

test("Chainsaw and Zircolite over documents of an index", () => {
  const nested = {
    "@timestamp": now(),
    host: { name: "PC-1" },
    winlog: { event_id: 4688, event_data: { SubjectUserName: "abe" } },
  };
  const dotted = { "winlog.computer_name": "PC-2", "winlog.event_data.User": "D\\bea", "source.ip": "203.0.113.11" };
  const hit = (data: object) =>
    JSON.stringify({ kind: "individual", name: "Rule", timestamp: now(), document: { kind: "json", data }, tags: [] });
  const [first, second, third] = detectionsOf(
    "chainsaw",
    [nested, dotted, { _id: "1", _source: nested }].map(hit).join("\n"),
  );
  expect(first).toMatchObject({ user: "abe", host: "PC-1", eventId: "4688", level: "low" });
  expect(second).toMatchObject({ user: "D\\bea", host: "PC-2", srcIp: "203.0.113.11" });
  expect(third).toMatchObject({ user: "abe", host: "PC-1" });
  const rule = { title: "R", sigma: [], matches: [nested] };
  expect(detectionsOf("auto", JSON.stringify([rule]))[0]).toMatchObject({ user: "abe", host: "PC-1", level: "low" });
});

test.each([undefined, null, "unknown", "", "Undefined"])(
  "Zircolite: level %p is low, with a warning",
  async (level) => {
    const match = { SystemTime: now(), Computer: "PC" };
    const title = `Level ${JSON.stringify(level)}`;
    const rule = JSON.stringify([{ title, sigmafile: "own.yml", rule_level: level, matches: [match] }]);
    const { body } = await appliance.ingest(rule, { query: "?format=auto" });
    expect(body).toMatchObject({ accepted: 1, warnings: [{ index: 0, warning: expect.stringContaining("no level") }] });
    expect(await alertOf(title)).toMatchObject({ level: "low" });
  },
);
