import { expect, test } from "bun:test";
import { detectionsOf, errorsOf, sampleText } from "../../../test/harness/engine-samples.ts";

const alert = {
  timestamp: "2024-02-14T22:06:18.736+0500",
  rule: { level: 5, description: "d", id: "5710" },
  agent: { id: "001", name: "web-1", ip: "10.0.0.5" },
  manager: { name: "m" },
  id: "1707930378.293912",
};
const one = (members: object) => detectionsOf("wazuh", JSON.stringify({ ...alert, ...members }))[0];

test("the samples: sshd, Sysmon, a failed logon, a firewall without an agent", () => {
  const [sshd, sysmon, logon, firewall, ...more] = detectionsOf("wazuh", sampleText("wazuh.jsonl"));
  expect(more).toEqual([]);
  expect(sshd).toMatchObject({
    id: "1707930378.293912",
    ruleId: "5710",
    ruleTitle: "sshd: Attempt to login using a non-existent user",
    tags: ["attack.credential-access", "attack.lateral-movement", "attack.t1110.001", "attack.t1021.004"],
    level: "low",
    timestamp: Date.UTC(2024, 1, 14, 17, 6, 18, 736),
    user: "admin",
    host: "web-1",
    srcIp: "203.0.113.50",
    provider: "sshd",
    body: '{"raw":"Feb 14 17:06:17 web-1 sshd[29205]: Invalid user admin from 203.0.113.50 port 34834"}',
  });
  expect(sysmon).toMatchObject({
    level: "high",
    user: "CORP\\alice",
    host: "WS-7.corp.example",
    eventId: "1",
    channel: "Microsoft-Windows-Sysmon/Operational",
    provider: "Microsoft-Windows-Sysmon",
    recordId: "51234",
  });
  expect(sysmon?.body).toContain('"sequence":18446744073709551615');
  expect(logon).toMatchObject({ level: "medium", user: "CORP\\bob", srcIp: "10.0.0.9", eventId: "4625" });
  expect(firewall).toMatchObject({ level: "critical", user: null, host: "fw-1", srcIp: "198.51.100.99" });
});

test.each([
  [0, "low"],
  [6, "low"],
  [7, "medium"],
  [11, "medium"],
  [12, "high"],
  [14, "high"],
  [15, "critical"],
  [16, "critical"],
  ["12", "high"],
  ["medium", "medium"],
] as const)("rule.level %p is %s", (level, expected) => {
  expect(one({ rule: { ...alert.rule, level } })?.level).toBe(expected);
});

test("the agent is the host, by address where it has no name; never the source", () => {
  expect(one({ agent: { id: "9", ip: "10.0.0.5" } })).toMatchObject({ host: "10.0.0.5", srcIp: null });
});

test("from the indexer: a hit, and the answer to a search", () => {
  const hit = {
    _index: "wazuh-alerts-4.x-2024.02.14",
    _id: "zz",
    _source: { ...alert, "@timestamp": "2024-02-14T17:06:18.736Z" },
  };
  const answer = { took: 1, hits: { total: { value: 1 }, hits: [hit] } };
  for (const format of ["wazuh", "auto"])
    for (const body of [hit, answer])
      expect(detectionsOf(format, JSON.stringify(body))[0]).toMatchObject({
        id: alert.id,
        ruleTitle: "d",
        host: "web-1",
      });
});

test("complaints name Wazuh's members", () => {
  const broken = { ...alert, rule: { level: 17, description: 5 }, timestamp: "yesterday" };
  expect(errorsOf("wazuh", JSON.stringify(broken))[0]).toMatch(
    /^rule\.description: 5, accepted: text; timestamp: "yesterday".*; rule\.level \(0-16\): 17, accepted/,
  );
});
