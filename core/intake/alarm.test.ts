import { expect, test } from "bun:test";
import { readAlarm } from "./alarm.ts";

const now = Date.UTC(2026, 2, 1, 12);
const context = { now, defaultEntity: "Primary Site", allowedEntities: null, repaired: false };
const alarm = {
  alarm_id: 117,
  name: "Brute force",
  rbp: 87.5,
  timestamp: 1772366400,
  entity: "ACME",
  user: "j",
  host: null,
};

test("an alarm", () => {
  expect(readAlarm(JSON.stringify(alarm), context)).toEqual({
    ok: true,
    warning: null,
    alarm: {
      alarmId: "117",
      name: "Brute force",
      rbp: 88,
      timestamp: now,
      entity: "ACME",
      user: "j",
      host: null,
      srcIp: null,
    },
  });
});

test("ids keep every digit", () => {
  const record = JSON.stringify(alarm).replace("117", "9007199254740993");
  expect(readAlarm(record, context)).toMatchObject({ ok: true, alarm: { alarmId: "9007199254740993" } });
  expect(readAlarm(JSON.stringify({ ...alarm, alarm_id: "0x7" }), context)).toMatchObject({
    ok: true,
    alarm: { alarmId: "0x7" },
  });
});

test("ahead of the clock", () => {
  expect(readAlarm(JSON.stringify({ ...alarm, timestamp: "2026-03-02T00:00:00Z" }), context)).toMatchObject({
    ok: true,
    alarm: { timestamp: now },
    warning: expect.stringContaining("2026-03-02"),
  });
});

test.each([
  [{ alarm_id: undefined }, "alarm_id: missing, accepted: a number or text"],
  [{ alarm_id: " " }, "alarm_id: blank, accepted: a number or text"],
  [{ alarm_id: {} }, "alarm_id: an object, accepted: a number or text"],
  [{ name: null }, "name: null, accepted: text"],
  [{ rbp: undefined }, "rbp: missing, accepted: a number from 0 to 100"],
  [{ rbp: null }, "rbp: null, accepted: a number from 0 to 100"],
  [{ rbp: "80" }, 'rbp: "80", accepted: a number from 0 to 100'],
  [{ rbp: 100.1 }, "rbp: 100.1, accepted: a number from 0 to 100"],
  [{ user: 1, src_ip: 2 }, "user: 1, accepted: text or null; src_ip: 2, accepted: text or null"],
])("%p", (members, error) => {
  expect(readAlarm(JSON.stringify({ ...alarm, ...members }), context)).toEqual({ ok: false, readable: true, error });
});

test("not an object", () => {
  expect(readAlarm("[]", context)).toEqual({
    ok: false,
    readable: false,
    error: "an array, accepted: one JSON object per record",
  });
});

test("an entity that the key is not for", () => {
  expect(readAlarm(JSON.stringify(alarm), { ...context, allowedEntities: ["Other"] })).toMatchObject({
    ok: false,
    readable: true,
  });
});
