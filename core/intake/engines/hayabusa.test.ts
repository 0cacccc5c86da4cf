import { expect, test } from "bun:test";
import { detectionsOf, errorsOf, sampleText } from "../../../test/harness/engine-samples.ts";

const hit = {
  Timestamp: "2021-10-20 13:39:12.731 +00:00",
  RuleTitle: "Susp Thing",
  Level: "med",
  Computer: "PC1",
  Channel: "Sec",
  EventID: 4688,
  RecordID: 7,
  Details: {},
};
const one = (members: object = {}) => detectionsOf("hayabusa", JSON.stringify({ ...hit, ...members }))[0];

test("a hit of the standard profile", () => {
  const [first] = detectionsOf("hayabusa", sampleText("hayabusa.jsonl"));
  expect(first).toMatchObject({
    id: null,
    ruleId: "9ce591d7-6b6d-444a-8c27-8ca626dddad3",
    ruleTitle: "Important Scheduled Task Deleted/Disabled",
    ruleAuthor: null,
    tags: ["attack.execution", "attack.privilege-escalation", "attack.persistence", "attack.t1053.005"],
    level: "high",
    risk: 75,
    timestamp: Date.UTC(2026, 2, 11, 5, 16, 41, 816),
    user: "SWACHCHHANDA\\xodih",
    host: "swachchhanda",
    srcIp: null,
    eventId: "4701",
    channel: "Security",
    provider: null,
    recordId: "27732",
  });
  expect(first?.body).toStartWith('{"Timestamp":"2026-03-11 05:16:41.816 +00:00","RuleTitle":');
});

test("every hit of the samples", () => {
  expect(detectionsOf("hayabusa", sampleText("hayabusa.jsonl"))).toHaveLength(21);
  expect(detectionsOf("hayabusa", sampleText("hayabusa-documented.jsonl"))[3]).toMatchObject({
    ruleTitle: "Net Conn (Sysmon Alert)",
    level: "medium",
    timestamp: Date.UTC(2019, 6, 29, 21, 33, 20, 711),
    user: "MSEDGEWIN10\\IEUser",
    host: "MSEDGEWIN10",
    srcIp: "10.0.2.15",
    channel: "Microsoft-Windows-Sysmon/Operational",
    eventId: "3",
  });
});

test("pretty-printed objects one after another, and an array", () => {
  const pretty = JSON.stringify(hit, null, 4);
  for (const text of [`${pretty}\n${pretty}\n`, `[${pretty},${pretty}]`])
    expect(detectionsOf("hayabusa", text)).toHaveLength(2);
});

test.each([
  ["emer", "critical"],
  ["crit", "critical"],
  ["high", "high"],
  ["med", "medium"],
  ["low", "low"],
  ["info", "informational"],
  ["Medium", "medium"],
] as const)("level %s is %s", (Level, level) => {
  expect(one({ Level })?.level).toBe(level);
});

test("Details as one text, and DUP", () => {
  const members = {
    EventID: 4624,
    Details: "Type: 3 - NETWORK ¦ TgtUser: bob ¦ SrcIP: 10.0.0.9 ¦ LID: 0x1",
    ExtraFieldInfo: "DUP",
  };
  expect(one(members)).toMatchObject({ user: "bob", srcIp: "10.0.0.9" });
});

test("who acts: the target of a logon, the source elsewhere", () => {
  const Details = { TgtUser: "victim", SrcUser: "actor" };
  expect(one({ EventID: 4624, Details })?.user).toBe("victim");
  expect(one({ EventID: 4648, Details })?.user).toBe("actor");
  expect(one({ EventID: 1, Details: { ...Details, User: "CORP\\u" } })?.user).toBe("CORP\\u");
  const AllFieldInfo = { SubjectUserName: "sue", SubjectDomainName: "CORP", IpAddress: "::ffff:10.1.1.1" };
  expect(one({ Details: undefined, AllFieldInfo })).toMatchObject({ user: "CORP\\sue", srcIp: "10.1.1.1" });
});

test("super-verbose and lists as one text", () => {
  const members = {
    RuleAuthor: "Jane Doe",
    Provider: "Microsoft-Windows-Security-Auditing",
    MitreTactics: "Evas ¦ C2",
    MitreTags: "T1059.001 ¦ G0049 ¦ S0002",
    OtherTags: ["car.2013-05-009"],
  };
  expect(one(members)).toMatchObject({
    ruleAuthor: "Jane Doe",
    provider: "Microsoft-Windows-Security-Auditing",
    tags: [
      "attack.defense-evasion",
      "attack.command-and-control",
      "attack.t1059.001",
      "attack.g0049",
      "attack.s0002",
      "car.2013-05-009",
    ],
  });
});

test("the timesketch profile", () => {
  const { Timestamp, RuleTitle, ...rest } = hit;
  const record = JSON.stringify({ datetime: Timestamp, timestamp_desc: "hayabusa", message: RuleTitle, ...rest });
  for (const format of ["hayabusa", "auto"])
    expect(detectionsOf(format, record)[0]).toMatchObject({ ruleTitle: "Susp Thing", host: "PC1" });
});

test("a correlation rule's hit: no record, no event, no computer", () => {
  expect(one({ RecordID: "-", EventID: "-", Computer: "-", Channel: "-", Details: { TgtUser: "bob" } })).toMatchObject({
    user: "bob",
    host: null,
    eventId: null,
    recordId: null,
    channel: null,
  });
});

test("words that name members of every object are only words", () => {
  const members = { Channel: "constructor", MitreTactics: ["constructor"], OtherTags: ["toString"] };
  expect(one(members)).toMatchObject({ channel: "constructor", tags: ["attack.constructor", "toString"] });
  expect(errorsOf("hayabusa", JSON.stringify({ ...hit, Level: "constructor" }))).toEqual([
    'Level: "constructor", accepted: informational, low, medium, high, critical',
  ]);
});

test("complaints name Hayabusa's columns", () => {
  const records = [
    { ...hit, RuleTitle: "" },
    { ...hit, Timestamp: "10-20-2021 01:39:12.731 PM +00:00" },
    { Level: "high" },
  ];
  expect(errorsOf("hayabusa", records.map((record) => JSON.stringify(record)).join("\n"))).toEqual([
    "RuleTitle: blank, accepted: text",
    expect.stringMatching(/^Timestamp: "10-20-2021 .*, accepted: ISO 8601/),
    expect.stringMatching(/^RuleTitle: missing, accepted: text; Timestamp: missing/),
  ]);
});
