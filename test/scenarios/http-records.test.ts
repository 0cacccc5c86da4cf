/** What happens to single records: good ones are kept, bad ones named, ids count once, keys stay within their entities. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

let receiver: SyslogReceiver;
let appliance: TestAppliance;
const config = () => ({ syslog: { protocol: "tcp", host: "127.0.0.1", port: receiver.port } });
beforeAll(async () => {
  receiver = await SyslogReceiver.started();
  appliance = await TestAppliance.start({ config: config() });
});
afterAll(async () => {
  await appliance.stop();
  await rm(appliance.dataDir, { recursive: true });
  await receiver.stop();
});

/** Structured data, both elements in one, of the messages of rules whose id begins so; waits until there are `count`. */
async function sent(rule: string, count: number): Promise<Record<string, string>[]> {
  let found: Record<string, string>[] = [];
  await until(() => {
    const all = receiver.messages.map((text) => parseRfc5424(text).sd.flatMap(({ params }) => params));
    found = all.map((params) => Object.fromEntries(params)).filter((params) => params.id?.startsWith(rule));
    return found.length >= count;
  });
  return found;
}

describe("good and bad records in one batch", () => {
  const bad: [string, Record<string, unknown> | string, string | RegExp][] = [
    ["not JSON", '{"rule_title": "x"', /^not valid JSON \(.*\), accepted: one JSON object per record$/],
    ["a number", "42", "42, accepted: one JSON object per record"],
    ["an array", "[1]", "an array, accepted: one JSON object per record"],
    ["no title", { rule_title: undefined }, "rule_title: missing, accepted: text"],
    ["a blank title", { rule_title: " \t" }, "rule_title: blank, accepted: text"],
    ["a title that is no text", { rule_title: 5 }, "rule_title: 5, accepted: text"],
    ["no timestamp", { timestamp: null }, /^timestamp: null, accepted: ISO 8601 .* or epoch/],
    ["a timestamp that is an object", { timestamp: {} }, /^timestamp: an object, accepted: ISO 8601/],
    [
      "a day that does not exist",
      { timestamp: "2026-02-30T00:00:00Z" },
      /^timestamp: "2026-02-30T00:00:00Z", accepted/,
    ],
    ["no level", { level: undefined }, "level: missing, accepted: informational, low, medium, high, critical"],
    ["an unknown level", { level: "severe" }, /^level: "severe", accepted: informational/],
    ["no raw", { raw: undefined }, /^raw: missing, accepted: the original log/],
    ["raw null", { raw: null }, /^raw: null, accepted/],
    ["raw a number", { raw: 1 }, /^raw: 1, accepted/],
    ["raw an array", { raw: [{}] }, /^raw: an array, accepted/],
    ["user a number", { user: 1 }, "user: 1, accepted: text or null"],
    ["host an object", { host: {} }, "host: an object, accepted: text or null"],
    ["src_ip true", { src_ip: true }, "src_ip: true, accepted: text or null"],
    ["risk over 100", { risk: 101 }, "risk: 101, accepted: a number from 0 to 100"],
    ["risk as text", { risk: "50" }, 'risk: "50", accepted: a number from 0 to 100'],
    ["tags as text", { tags: "attack.t1059" }, 'tags: "attack.t1059", accepted: an array of texts'],
    ["a tag that is no text", { tags: ["a", 1] }, "tags: 1 in the array, accepted: an array of texts"],
    ["id an array", { id: [] }, "id: an array, accepted: text or null"],
    ["event_id an object", { event_id: {} }, "event_id: an object, accepted: a number or text"],
    ["ml_cluster a fraction", { ml_cluster: 1.5 }, "ml_cluster: 1.5, accepted: an integer"],
    ["several at once", { user: 1, level: 2 }, /^level: 2, accepted: .*; user: 1, accepted: text or null$/],
  ];

  test.each(["lines", "array"])("in %s: each bad one named, every good neighbour kept", async (shape) => {
    const records = bad.flatMap(([, record], index) => [
      JSON.stringify(detection({ rule_id: `${shape} good ${index}` })),
      typeof record === "string" ? record : JSON.stringify(detection(record)),
    ]);
    // A record that is cut off takes the rest of its line with it, but not of an array.
    const body = shape === "lines" ? records.join("\n") : `[${records.join(",\n")}]`;
    const { status, body: answer } = await appliance.ingest(body);
    expect(status).toBe(200);
    if (shape === "lines") {
      expect(answer.rejected).toEqual(
        bad.map(([, , error], index) => ({
          index: 2 * index + 1,
          error: typeof error === "string" ? error : expect.stringMatching(error),
        })),
      );
    }
    expect(answer).toMatchObject({ accepted: bad.length, duplicates: 0, alerts_new: bad.length, alerts_updated: 0 });
    expect(answer.received).toBe(answer.accepted + answer.rejected.length);
    const ids = (await sent(`${shape} good`, bad.length)).map(({ id }) => id);
    expect(ids).toEqual(bad.map((_, index) => `${shape} good ${index}`));
  });

  test("unknown fields are ignored, null is absent, blank lines are no records", async () => {
    const fields = {
      rule_id: null,
      user: null,
      src_ip: null,
      tags: null,
      risk: null,
      id: null,
      whatever: { deep: [] },
    };
    const { body } = await appliance.ingest(`\r\n\n${JSON.stringify(detection(fields))}\r\n\r\n`);
    expect(body).toMatchObject({ received: 1, accepted: 1, rejected: [] });
    expect(body).not.toHaveProperty("warnings");
  });
});

test("a time ahead of the clock becomes the time of receipt, with a warning", async () => {
  const at = (minutes: number) => new Date(appliance.clock.now() + minutes * 60_000).toISOString();
  const records = [0, 4.9, 5.1, 60 * 24 * 365].map((minutes) => ({
    rule_id: `ahead ${minutes}`,
    timestamp: at(minutes),
  }));
  const { body } = await appliance.ingest(records.map(detection));
  expect(body).toMatchObject({ accepted: 4, rejected: [] });
  expect(body.warnings.map(({ index }: { index: number }) => index)).toEqual([2, 3]);
  for (const { warning } of body.warnings) expect(warning).toMatch(/^timestamp: .* ahead of this appliance's clock/);
  const seen = (await sent("ahead", 4)).map(({ first_seen }) => first_seen);
  const whole = (minutes: number) => `${at(minutes).slice(0, 19)}Z`;
  expect(seen).toEqual([whole(0), whole(4.9), whole(0), whole(0)]);
});

test("times in every accepted form are one moment", async () => {
  const forms = [
    "2026-03-01T12:00:00Z",
    "2026-03-01T14:00:00+02:00",
    "2026-03-01 12:00:00",
    1772366400,
    1772366400123,
    "1772366400",
  ];
  const { body } = await appliance.ingest(forms.map((timestamp, n) => detection({ rule_id: `form ${n}`, timestamp })));
  expect(body.accepted).toBe(forms.length);
  const seen = (await sent("form", forms.length)).map(({ first_seen }) => first_seen);
  expect(seen).toEqual(forms.map(() => "2026-03-01T12:00:00Z"));
});

test("an alert has the highest risk of its detections; without risk the level decides", async () => {
  const levels = ["informational", "low", "medium", "high", "critical"];
  const { body } = await appliance.ingest([
    ...levels.map((level) => detection({ rule_id: `risk of ${level}`, level })),
    detection({ rule_id: "risk of several", risk: 12 }),
    detection({ rule_id: "risk of several", risk: 81 }),
    detection({ rule_id: "risk of several", risk: 0 }),
  ]);
  expect(body).toMatchObject({ accepted: 8, alerts_new: 6 });
  expect((await sent("risk of", 6)).map(({ risk }) => risk)).toEqual(["10", "25", "50", "75", "90", "81"]);
});

describe("id", () => {
  const three = () => [detection({ id: "a" }), detection({ id: "b" }), detection({ id: "a", raw: { again: true } })];

  test("counts once in a batch, over batches, over a restart; per entity and rule; for 7 days", async () => {
    expect((await appliance.ingest(three())).body).toMatchObject({ received: 3, accepted: 2, duplicates: 1 });
    expect((await appliance.ingest(three())).body).toMatchObject({
      accepted: 0,
      duplicates: 3,
      alerts_new: 0,
      alerts_updated: 0,
    });

    await appliance.stop();
    appliance = await TestAppliance.start({ config: config(), dataDir: appliance.dataDir, clock: appliance.clock });
    expect((await appliance.ingest(three())).body).toMatchObject({ accepted: 0, duplicates: 3 });

    const elsewhere = [detection({ id: "a", entity: "Other" }), detection({ id: "a", rule_id: "other" })];
    expect((await appliance.ingest(elsewhere)).body).toMatchObject({ accepted: 2, duplicates: 0 });
    // The rule in another spelling is the same rule.
    const shouting = [detection({ id: "a", rule_id: String(detection().rule_id).toUpperCase() })];
    expect((await appliance.ingest(shouting)).body).toMatchObject({ accepted: 0, duplicates: 1 });
  });
});

describe("entities", () => {
  const records = (entities: (string | undefined)[], rule: string) =>
    entities.map((entity, index) => detection({ entity, rule_id: `${rule} ${index}` }));

  test("without a limit: the record's, else the default", async () => {
    await appliance.ingest(records(["Acme", undefined], "free"));
    expect((await sent("free", 2)).map(({ entity }) => entity)).toEqual(["Acme", "Primary Site"]);
  });

  test("a key for one entity: that one is the default, a foreign one is refused without naming others", async () => {
    const { key } = await appliance.makeKey(["ingest"], ["Tenant A"]);
    const headers = { "X-API-Key": key };
    const { body } = await appliance.ingest(records([undefined, " tenant a", "Tenant B", "Primary Site"], "one"), {
      headers,
    });
    expect(body).toMatchObject({ received: 4, accepted: 2, alerts_new: 2 });
    expect(body.rejected).toEqual([
      { index: 2, error: 'entity: "Tenant B", accepted: an entity that this API key is for' },
      { index: 3, error: 'entity: "Primary Site", accepted: an entity that this API key is for' },
    ]);
    expect((await sent("one", 2)).map(({ entity }) => entity)).toEqual(["Tenant A", "Tenant A"]);
  });

  test("a key for two entities has no default of its own", async () => {
    const { key } = await appliance.makeKey(["ingest"], ["Tenant A", "Tenant B"]);
    const headers = { "X-API-Key": key };
    const { body } = await appliance.ingest(records(["Tenant A", "Tenant B", undefined, "Tenant C"], "two"), {
      headers,
    });
    expect(body).toMatchObject({ accepted: 2 });
    expect(body.rejected.map(({ index }: { index: number }) => index)).toEqual([2, 3]);
    expect(JSON.stringify(body.rejected)).not.toMatch(/Tenant [AB]/);
  });
});

/** Alert messages sent or waiting. */
async function outgoing(): Promise<number> {
  const { body } = await appliance.health();
  return body.alerts_sent + body.queued;
}

describe("alarms", () => {
  const alarm = (fields: Record<string, unknown> = {}) => ({
    alarm_id: 4711,
    name: "Brute Force",
    rbp: 85,
    timestamp: "2026-03-13T04:00:00Z",
    entity: "Primary Site",
    user: "CORP\\jsmith",
    ...fields,
  });
  const ingest = (records: unknown[], headers = {}) => appliance.ingest(records, { kind: "alarms", headers });

  test("are counted once each, the bad ones named; they send no alert", async () => {
    const before = await outgoing();
    const { status, body } = await ingest([
      alarm(),
      alarm({ alarm_id: "A-1", user: null, host: "ws-1" }),
      alarm({ alarm_id: "4711", rbp: 90 }),
      alarm({ alarm_id: null }),
      alarm({ rbp: 101 }),
      alarm({ name: "" }),
      alarm({ timestamp: "yesterday" }),
      "text",
    ]);
    expect(status).toBe(200);
    expect(body).toEqual({
      received: 8,
      accepted: 2,
      duplicates: 1,
      rejected: [
        { index: 3, error: "alarm_id: null, accepted: a number or text" },
        { index: 4, error: "rbp: 101, accepted: a number from 0 to 100" },
        { index: 5, error: "name: blank, accepted: text" },
        { index: 6, error: expect.stringMatching(/^timestamp: "yesterday", accepted: ISO 8601/) },
        { index: 7, error: '"text", accepted: one JSON object per record' },
      ],
    });
    expect((await ingest([alarm()])).body).toEqual({ received: 1, accepted: 0, duplicates: 1, rejected: [] });
    // Another tenant's alarm of the same number is another alarm.
    expect((await ingest([alarm({ entity: "Other" })])).body).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(await outgoing()).toBe(before);
  });

  test("obey keys, entities and Idempotency-Keys as detections do", async () => {
    const { key } = await appliance.makeKey(["ingest"], ["Tenant A"]);
    const refused = await ingest([alarm({ alarm_id: 1 })], { "X-API-Key": key });
    expect(refused.body).toMatchObject({ accepted: 0, rejected: [{ index: 0 }] });
    const headers = { "Idempotency-Key": "alarms-1" };
    const first = await ingest([alarm({ alarm_id: 2 })], headers);
    const again = await ingest([alarm({ alarm_id: 2 })], headers);
    expect(first.body).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });
});
