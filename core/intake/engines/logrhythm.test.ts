import { expect, test } from "bun:test";
import { alarmsOf, errorsOf, readBatch, sampleText } from "../../../test/harness/engine-samples.ts";

test("an alarm's details with its events", () => {
  expect(alarmsOf("logrhythm", sampleText("logrhythm-details.json"))).toEqual([
    {
      alarmId: "185",
      name: "Susp: Inbound Connection With Non-Whitelisted Country",
      rbp: 37,
      // No zone: UTC.
      timestamp: Date.UTC(2021, 7, 17, 13, 36, 39, 780),
      entity: "Primary Site",
      user: "jsmith",
      host: "WS-101",
      srcIp: "203.0.113.10",
    },
  ]);
});

test("the answer to a search, and one item of it", () => {
  const results = readBatch("logrhythm", sampleText("logrhythm-search.json"), "alarms");
  expect(results).toMatchObject([
    { ok: true, alarm: { alarmId: "185", rbp: 0 }, warning: expect.stringContaining("rbpMax: missing, 0 taken") },
    {
      ok: true,
      alarm: { alarmId: "186", rbp: 88, entity: "Branch", timestamp: Date.UTC(2021, 7, 18, 1) },
      warning: null,
    },
  ]);
  const [item] = JSON.parse(sampleText("logrhythm-search.json")).alarmsSearchDetails;
  expect(alarmsOf("auto", JSON.stringify(item))[0]?.alarmId).toBe("185");
});

test("the other spelling of the events, beside the alarm's own members", () => {
  const alarm = { alarmId: 1, alarmRuleName: "n", rbpMax: 12.4, alarmDate: "2021-08-17T13:36:39", entityName: "" };
  const events = [
    { login: null, originIP: "" },
    { login: "bob", impactedName: "srv", originIP: "10.0.0.1" },
  ];
  expect(alarmsOf("logrhythm", JSON.stringify({ ...alarm, alarmsEventDetails: events }))).toMatchObject([
    { rbp: 12, entity: "Primary Site", user: "bob", host: "srv", srcIp: "10.0.0.1" },
  ]);
});

test("complaints name LogRhythm's members", () => {
  const text =
    '{"alarmDetails":{"alarmId":{},"alarmRuleName":"n","rbpMax":101,"alarmDate":"17.08.2021"}}\n{"alarmDetails":null,"statusCode":404}';
  expect(errorsOf("logrhythm", text, "alarms")).toEqual([
    expect.stringMatching(/^alarmId: an object, .*; rbpMax: 101, .*; alarmDate or dateInserted: "17\.08\.2021"/),
    expect.stringMatching(/^alarmId: missing, /),
  ]);
});
