import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readDetection } from "./detection.ts";
import { alertHash } from "./hash.ts";
import type { ReadContext } from "./record-fields.ts";

const now = Date.UTC(2026, 2, 1, 12);
const context: ReadContext = { now, defaultEntity: "Primary Site", allowedEntities: null, repaired: false };
const least = { rule_title: "Mimikatz", timestamp: "2026-03-01T11:00:00Z", level: "high", raw: { a: 1 } };

function read(members: object, given: Partial<ReadContext> = {}) {
  return readDetection(JSON.stringify({ ...least, ...members }), { ...context, ...given });
}
function detection(members: object, given: Partial<ReadContext> = {}) {
  const result = read(members, given);
  if (!result.ok) throw new Error(result.error);
  return result.detection;
}
function errorOf(members: object, given: Partial<ReadContext> = {}): string {
  const result = read(members, given);
  return result.ok ? "" : result.error;
}
function warningOf(members: object, given: Partial<ReadContext> = {}): string | null {
  const result = read(members, given);
  return result.ok ? result.warning : result.error;
}

test("the least that a detection is", () => {
  expect(read({})).toEqual({
    ok: true,
    warning: null,
    detection: {
      id: null,
      ruleId: null,
      ruleTitle: "Mimikatz",
      ruleAuthor: null,
      tags: [],
      level: "high",
      risk: 75,
      mlCluster: -1,
      timestamp: now - 3_600_000,
      entity: "Primary Site",
      user: null,
      host: null,
      srcIp: null,
      dstHost: null,
      eventId: null,
      channel: null,
      provider: null,
      recordId: null,
      body: '{"a":1}',
      hash: alertHash({
        entity: "Primary Site",
        ruleId: null,
        ruleTitle: "Mimikatz",
        user: null,
        host: null,
        srcIp: null,
      }),
    },
  });
});

test("all of it, trimmed; unknown members ignored", () => {
  const all = {
    id: " d1 ",
    rule_id: "r1",
    rule_author: "Someone é",
    tags: ["attack.t1003", " ", " attack.stealth"],
    level: " CRITICAL",
    risk: 99.6,
    ml_cluster: 3,
    entity: " ACME ",
    user: "CORP\\j",
    host: "PC1",
    src_ip: "10.0.0.1",
    dst_host: "PC2",
    event_id: 4624,
    channel: "Security",
    provider: "P",
    record_id: "77",
    constructor: 5,
  };
  expect(detection(all)).toMatchObject({
    id: "d1",
    ruleId: "r1",
    ruleAuthor: "Someone é",
    tags: ["attack.t1003", "attack.stealth"],
    level: "critical",
    risk: 100,
    mlCluster: 3,
    entity: "ACME",
    user: "CORP\\j",
    host: "PC1",
    srcIp: "10.0.0.1",
    dstHost: "PC2",
    eventId: "4624",
    channel: "Security",
    provider: "P",
    recordId: "77",
    hash: alertHash({ entity: "acme", ruleId: "r1", ruleTitle: "", user: "j", host: "pc1", srcIp: null }),
  });
});

test("null and blank are absent", () => {
  const optional = [
    "id",
    "rule_id",
    "rule_author",
    "entity",
    "user",
    "host",
    "src_ip",
    "dst_host",
    "event_id",
    "channel",
    "provider",
    "record_id",
  ];
  for (const nothing of [null, "", " \t"])
    expect(detection(Object.fromEntries(optional.map((name) => [name, nothing])))).toEqual(detection({}));
  expect(detection({ tags: null, risk: null, ml_cluster: null })).toEqual(detection({}));
});

test.each([
  ["informational", 10],
  ["low", 25],
  ["medium", 50],
  ["high", 75],
  ["critical", 90],
])("level %s alone is risk %d", (level, risk) => {
  expect(detection({ level }).risk).toBe(risk);
});

test("numbers beyond 2^53 keep their digits", () => {
  const record =
    '{"rule_title":"t","timestamp":1772366400,"level":"low","record_id": 9007199254740993 ,"event_id":4624.50,"raw":{"k":9007199254740993}}';
  const result = readDetection(record, context);
  expect(result).toMatchObject({
    ok: true,
    detection: { recordId: "9007199254740993", eventId: "4624.50", body: '{"k":9007199254740993}' },
  });
});

test("members of prototypes are no fields", () => {
  const record = `{"__proto__":{"user":"x"},${JSON.stringify(least).slice(1)}`;
  expect(readDetection(record, context)).toMatchObject({ ok: true, detection: { user: null } });
});

describe("bad records", () => {
  test.each([
    ["", "not valid JSON (Unexpected EOF), accepted: one JSON object per record"],
    ["{bad}", "not valid JSON (Expected '}'), accepted: one JSON object per record"],
    ['{"a":1', "not valid JSON (Expected '}'), accepted: one JSON object per record"],
    ["\u202e{", "not valid JSON (Unrecognized token '\\u202e'), accepted: one JSON object per record"],
    ["[1]", "an array, accepted: one JSON object per record"],
    ["null", "null, accepted: one JSON object per record"],
    ["5", "5, accepted: one JSON object per record"],
    ['"x"', '"x", accepted: one JSON object per record'],
  ])("%p is not readable", (record, error) => {
    expect(readDetection(record, context)).toEqual({ ok: false, readable: false, error });
  });

  const times =
    "ISO 8601 such as 2026-03-01T12:00:00Z (no zone = UTC), or epoch seconds or milliseconds, from 1970 to 9999";
  const logs = "the original log as an object (nested at most 1000 levels deep) or text";
  const words = "informational, low, medium, high, critical";
  test.each([
    [{ rule_title: undefined }, "rule_title: missing, accepted: text"],
    [{ rule_title: null }, "rule_title: null, accepted: text"],
    [{ rule_title: " " }, "rule_title: blank, accepted: text"],
    [{ rule_title: 5 }, "rule_title: 5, accepted: text"],
    [{ timestamp: undefined }, `timestamp: missing, accepted: ${times}`],
    [{ timestamp: null }, `timestamp: null, accepted: ${times}`],
    [{ timestamp: {} }, `timestamp: an object, accepted: ${times}`],
    [{ timestamp: true }, `timestamp: true, accepted: ${times}`],
    [{ timestamp: "2026-02-30T00:00:00Z" }, `timestamp: "2026-02-30T00:00:00Z", accepted: ${times}`],
    [{ timestamp: -5 }, `timestamp: -5, accepted: ${times}`],
    [{ timestamp: 253402300800000 }, `timestamp: 253402300800000, accepted: ${times}`],
    [{ level: undefined }, `level: missing, accepted: ${words}`],
    [{ level: "info" }, `level: "info", accepted: ${words}`],
    [{ level: 3 }, `level: 3, accepted: ${words}`],
    [{ raw: undefined }, `raw: missing, accepted: ${logs}`],
    [{ raw: null }, `raw: null, accepted: ${logs}`],
    [{ raw: 5 }, `raw: 5, accepted: ${logs}`],
    [{ raw: [{}] }, `raw: an array, accepted: ${logs}`],
    [{ raw: false }, `raw: false, accepted: ${logs}`],
    [{ user: 5 }, "user: 5, accepted: text or null"],
    [{ host: {} }, "host: an object, accepted: text or null"],
    [{ src_ip: ["10.0.0.1"] }, "src_ip: an array, accepted: text or null"],
    [{ id: 5 }, "id: 5, accepted: text or null"],
    [{ rule_id: true }, "rule_id: true, accepted: text or null"],
    [{ entity: 1 }, "entity: 1, accepted: text or null"],
    [{ event_id: {} }, "event_id: an object, accepted: a number or text"],
    [{ record_id: [] }, "record_id: an array, accepted: a number or text"],
    [{ tags: "attack.t1003" }, 'tags: "attack.t1003", accepted: an array of texts'],
    [{ tags: ["a", 5] }, "tags: 5 in the array, accepted: an array of texts"],
    [{ tags: [null] }, "tags: null in the array, accepted: an array of texts"],
    [{ risk: 101 }, "risk: 101, accepted: a number from 0 to 100"],
    [{ risk: -0.1 }, "risk: -0.1, accepted: a number from 0 to 100"],
    [{ risk: "50" }, 'risk: "50", accepted: a number from 0 to 100'],
    [{ ml_cluster: 1.5 }, "ml_cluster: 1.5, accepted: an integer"],
    [{ ml_cluster: "1" }, 'ml_cluster: "1", accepted: an integer'],
    [{ rule_title: 1, user: 2 }, "rule_title: 1, accepted: text; user: 2, accepted: text or null"],
    [{ level: "\u001b[31m\u202e\n" }, `level: "\\u001b[31m\\u202e\\n", accepted: ${words}`],
    [{ level: "x".repeat(100) }, `level: "${"x".repeat(60)}...", accepted: ${words}`],
  ])("%p", (members, error) => {
    expect(read(members)).toEqual({ ok: false, readable: true, error });
  });

  test("a log nested too deep", () => {
    const record = JSON.stringify({ ...least, raw: 0 }).replace(
      '"raw":0',
      `"raw":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`,
    );
    expect(readDetection(record, context)).toEqual({
      ok: false,
      readable: true,
      error: `raw: an object nested 100000 levels deep, accepted: ${logs}`,
    });
  });
});

describe("entity", () => {
  test("the record's, else the key's only one, else the default", () => {
    expect(detection({ entity: "X" }).entity).toBe("X");
    expect(detection({}, { allowedEntities: ["A"] }).entity).toBe("A");
    expect(detection({}).entity).toBe("Primary Site");
    expect(detection({}, { allowedEntities: ["A", "primary site"] }).entity).toBe("primary site");
    expect(detection({ entity: " acme" }, { allowedEntities: ["A", "ACME"] }).entity).toBe("ACME");
  });

  test("one that the key is not for is refused, and none is told", () => {
    expect(errorOf({ entity: "B" }, { allowedEntities: ["SecretA"] })).toBe(
      'entity: "B", accepted: an entity that this API key is for',
    );
    expect(errorOf({}, { allowedEntities: ["SecretA", "SecretC"] })).toBe(
      "entity: missing, accepted: an entity that this API key is for",
    );
    expect(errorOf({ entity: "B" }, { allowedEntities: [] })).toContain("entity");
  });
});

describe("kept with a warning", () => {
  test("a time ahead of the clock by more than five minutes", () => {
    expect(read({ timestamp: now + 300_000 })).toMatchObject({
      ok: true,
      warning: null,
      detection: { timestamp: now + 300_000 },
    });
    expect(read({ timestamp: now + 300_001 })).toMatchObject({
      ok: true,
      warning: `timestamp: ${now + 300_001} is ahead of this appliance's clock by more than 5 minutes, time of receipt taken`,
      detection: { timestamp: now },
    });
  });

  test("fields that are too long, whose alert stays its own", () => {
    const long = detection({ rule_title: "x".repeat(2_000), user: `${"u".repeat(511)}😀`, id: "i".repeat(5_000) });
    expect(long.ruleTitle).toBe("x".repeat(1_024));
    expect(long.user).toBe("u".repeat(511));
    expect(long.id).toHaveLength(5_000);
    expect(long.hash).not.toBe(detection({ rule_title: "x".repeat(1_024), user: "u".repeat(511) }).hash);
    expect(warningOf({ rule_title: "x".repeat(2_000), user: "u".repeat(600) })).toBe(
      "rule_title: cut to 1024 of 2000 characters; user: cut to 512 of 600 characters",
    );
    expect(warningOf({ tags: Array(70).fill("t") })).toBe("tags: the first 64 of 70 kept");
  });

  test("bytes that were not UTF-8, where they may have been", () => {
    const warning = "bytes that are not UTF-8 were replaced by U+FFFD";
    expect(warningOf({ user: "\ufffd" }, { repaired: true })).toBe(warning);
    expect(warningOf({ user: "\ufffd" })).toBeNull();
    expect(warningOf({}, { repaired: true })).toBeNull();
  });
});

test("control characters stay; NUL and half characters, which a column cannot hold, do not", () => {
  expect(detection({ user: "a\u0000b\nc\u202e\ud83d" }).user).toBe("a\ufffdb\nc\u202e\ufffd");
});

test("whatever comes: a detection or an error on one line of ASCII, never a throw", () => {
  const names = [
    "rule_title",
    "timestamp",
    "level",
    "raw",
    "user",
    "host",
    "src_ip",
    "id",
    "rule_id",
    "tags",
    "entity",
    "event_id",
    "risk",
    "ml_cluster",
  ];
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.constantFrom("high", "2026-01-01T00:00:00Z"),
  );
  const members = fc.dictionary(fc.constantFrom(...names), value);
  fc.assert(
    fc.property(
      fc.oneof(
        members.map((some) => JSON.stringify({ ...least, ...some })),
        fc.string({ unit: "binary" }),
      ),
      (record) => {
        const result = readDetection(record, context);
        if (!result.ok) expect(result.error).toMatch(/^[\x20-\x7e]+$/);
        else {
          expect(result.detection.hash).toMatch(/^[0-9a-f]{16}$/);
          expect(result.detection.body).toMatch(/^\{[\x20-\x7e]*\}$/);
          expect(result.detection.risk).toBeWithin(0, 101);
          expect(result.detection.ruleTitle).not.toBe("");
        }
      },
    ),
    { numRuns: 500 },
  );
});
