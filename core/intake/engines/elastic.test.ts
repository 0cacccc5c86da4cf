import { expect, test } from "bun:test";
import { detectionsOf, errorsOf, sampleText } from "../../../test/harness/engine-samples.ts";

interface Hit {
  _id: string;
  _source: Record<string, unknown>;
}
const hits = (): Hit[] => JSON.parse(sampleText("elastic.json")).hits.hits;

const lsass = {
  id: "6d8f2c0f3c6b4f0f8a3b5d7e9f1a2b3c",
  ruleId: "9960432d-9b26-409f-972b-839a959e79e2",
  ruleTitle: "Potential Credential Access via LSASS Memory Dump",
  ruleAuthor: "Elastic, Jane Doe",
  tags: ["attack.credential-access", "attack.t1003", "attack.t1003.001"],
  level: "high",
  risk: 73,
  timestamp: Date.UTC(2025, 4, 20, 9, 14, 58, 730),
  user: "CORP\\alice",
  host: "ws-042",
  eventId: "10",
  channel: "Microsoft-Windows-Sysmon/Operational",
  provider: "Microsoft-Windows-Sysmon",
  recordId: "88213",
} as const;

test("the answer to a search: dotted source, fields, and an alert from before 8.0", () => {
  const [source, fields, signal, ...more] = detectionsOf("elastic", sampleText("elastic.json"));
  expect(more).toEqual([]);
  expect(source).toMatchObject(lsass);
  expect(source?.body).toContain('"sequence":9223372036854775807');
  expect(source?.body).toContain('"keywords_raw":9223372036854775808');
  expect(source?.body).toStartWith('{"@timestamp":');
  expect(fields).toMatchObject({
    id: "aa11",
    ruleId: "48b6edfc-079d-4907-b43c-baffa243270d",
    tags: ["attack.credential-access", "attack.t1110", "attack.t1110.001", "attack.t1110.003"],
    level: "medium",
    risk: 47,
    timestamp: Date.UTC(2025, 4, 20, 9, 20),
    user: "CORP\\bob",
    host: "DC-1.corp.example",
    srcIp: "198.51.100.7",
    eventId: "4625",
  });
  expect(signal).toMatchObject({
    id: "5f3c9e",
    ruleId: "ssh-root-login",
    ruleTitle: "SSH login as root",
    ruleAuthor: null,
    tags: ["attack.initial-access", "attack.t1078"],
    level: "low",
    risk: 21,
    timestamp: Date.UTC(2021, 5, 1, 9, 59, 59),
    user: "root",
    host: "web-1",
    srcIp: "203.0.113.9",
    body: '{"raw":"Jun  1 09:59:59 web-1 sshd[811]: Accepted password for root from 203.0.113.9"}',
  });
});

test("the source alone, and the same with every key nested", () => {
  const source = hits()[0]?._source ?? {};
  const nested: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(source)) {
    const path = key === "@timestamp" ? [key] : key.split(".");
    let at = nested;
    for (const name of path.slice(0, -1)) {
      at[name] ??= {};
      at = at[name] as Record<string, unknown>;
    }
    at[path.at(-1) ?? ""] = value;
  }
  for (const format of ["elastic", "auto"]) {
    expect(detectionsOf(format, JSON.stringify(source))[0]).toMatchObject(lsass);
    expect(detectionsOf(format, JSON.stringify(nested))[0]).toMatchObject(lsass);
  }
});

test("arrays in arrays are no values, however deep", () => {
  const deep = `${"[".repeat(50_000)}1${"]".repeat(50_000)}`;
  const text = `{"_id":"x","_source":{"kibana.alert.rule.name":"r","kibana.alert.rule.threat":${deep},"host":{"name":${deep}},"kibana.alert.severity":"low","@timestamp":"2025-01-01T00:00:00Z"}}`;
  expect(errorsOf("elastic", text)[0]).toContain("nested");
});

test("complaints name Elastic's fields", () => {
  const source = { "kibana.alert.rule.name": "r", "kibana.alert.severity": "severe", "kibana.alert.risk_score": 101 };
  expect(errorsOf("elastic", JSON.stringify({ _id: "1", _source: source }))[0]).toMatch(
    /^kibana\.alert\.original_time or @timestamp: missing.*kibana\.alert\.severity: "severe".*kibana\.alert\.risk_score: 101/,
  );
});
