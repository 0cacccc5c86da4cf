import { expect, test } from "bun:test";
import { detectionsOf, errorsOf, sampleText } from "../../../test/harness/engine-samples.ts";

const rule = (matches: string, members: object = {}) =>
  `${JSON.stringify({ title: "T", id: "r-1", rule_level: "high", tags: ["attack.t1003"], count: 1, ...members }).slice(0, -1)},"matches":${matches}}`;

test("every match is a detection of its rule", () => {
  const all = detectionsOf("zircolite", sampleText("zircolite.json"));
  expect(all).toHaveLength(17);
  expect(all[1]).toMatchObject({
    id: null,
    ruleId: "c539afac-c12a-46ed-b1bd-5a5567c9f045",
    ruleTitle: "Potential Remote PowerShell Session Initiated",
    tags: ["attack.execution", "attack.t1059.001", "attack.lateral-movement", "attack.t1021.006"],
    level: "high",
    // UtcTime of the Sysmon event, not the local EventTime 11:56:23.
    timestamp: Date.UTC(2020, 7, 6, 15, 56, 22, 770),
    user: "THESHIRE\\pgustavo",
    host: "WORKSTATION5.theshire.local",
    srcIp: "172.18.39.5",
    eventId: "3",
    channel: "Microsoft-Windows-Sysmon/Operational",
    provider: "Microsoft-Windows-Sysmon",
    recordId: "401139",
  });
});

test("who is meant: subject of a process, target of a logoff, nobody where a service account wrote the log", () => {
  const all = detectionsOf("zircolite", sampleText("zircolite.json"));
  const users = (eventId: string) => all.filter((d) => d.eventId === eventId).map((d) => d.user);
  expect(users("4688")[0]).toBe("THESHIRE\\WORKSTATION6$");
  expect(users("4634")).toContain("THESHIRE\\pgustavo");
  expect(users("10")[0]).toBeNull();
});

test("the log is the match's own text", () => {
  const match =
    '{ "row_id":1, "SystemTime":"2024-01-01T00:00:00Z","Computer":"PC","Keywords":-9214364837600034816,"k":18446744073709551615 }';
  const [hit] = detectionsOf("zircolite", `[${rule(`[ ${match} ]`)}]`);
  expect(hit?.body).toBe(
    '{"row_id":1,"SystemTime":"2024-01-01T00:00:00Z","Computer":"PC","Keywords":-9214364837600034816,"k":18446744073709551615}',
  );
});

test("a match that is bad is refused alone; its index counts matches of the whole batch", () => {
  const good = '{"SystemTime":"2024-01-01T00:00:00Z","Computer":"PC"}';
  const batch = `[${rule(`[${good},{"Computer":"PC"},5]`)},${rule(`[${good}]`)},${rule("[]")}]`;
  expect(errorsOf("zircolite", batch)).toEqual([
    null,
    expect.stringMatching(/^SystemTime or UtcTime or .*: missing, accepted: ISO 8601/),
    "5, accepted: one JSON object per record",
    null,
  ]);
});

test("a correlation: who it was grouped by, when it occurred", () => {
  const match = {
    result_type: "correlation",
    alert_id: "sigma_alert_83a6d54d5c8f54f4:1",
    group_keys: { Computer: "iewin7" },
    window_start: 1556655912.45,
    window_end: 1556656512.45,
    evidence: [{ event_id: "0:118", event: { Computer: "IEWIN7", User: "IEWIN7\\x" } }],
  };
  const [timed] = detectionsOf(
    "zircolite",
    rule(JSON.stringify([{ ...match, SystemTime: "2019-04-30T20:35:12.450Z" }])),
  );
  expect(timed).toMatchObject({
    id: null,
    host: "iewin7",
    user: null,
    timestamp: Date.UTC(2019, 3, 30, 20, 35, 12, 450),
  });
  const [untimed] = detectionsOf("auto", rule(JSON.stringify([{ ...match, group_keys: {} }])));
  expect(untimed).toMatchObject({ host: "IEWIN7", user: "IEWIN7\\x", timestamp: 1556656512450 });
});

test("complaints name Zircolite's members", () => {
  const match = '[{"SystemTime":"2024-01-01T00:00:00Z"}]';
  expect(errorsOf("zircolite", rule(match, { title: null, rule_level: "dire" }))).toEqual([
    'title: null, accepted: text; rule_level: "dire", accepted: informational, low, medium, high, critical',
  ]);
  expect(errorsOf("zircolite", '{"title":"T","rule_level":"high"}')[0]).toContain("matches: missing");
});
