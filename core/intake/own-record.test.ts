import { expect, test } from "bun:test";
import fc from "fast-check";
import { ownSampleText } from "../../test/harness/engine-samples.ts";
import { detectionOf, type ReadDetection, readDetection } from "./detection.ts";
import { type BatchFormat, formatOf } from "./engines/format.ts";
import { readOwnRecord } from "./own-record.ts";
import { logBody } from "./raw-log.ts";
import { parseRecord, RecordFields } from "./record-fields.ts";

const context = {
  now: Date.UTC(2026, 10, 1),
  defaultEntity: "Primary Site",
  allowedEntities: null,
  repaired: true,
};

/** The record as JSON.parse reads it. */
function parsed(record: string): ReadDetection {
  const read = parseRecord(record);
  if (!read.ok) return read;
  return detectionOf(new RecordFields(record, read.members), logBody(record, read.members.raw), context);
}

const anyFormat = formatOf("detections", "auto") as BatchFormat;

const usual = {
  id: "4711",
  rule_id: "R-1",
  rule_title: "A rule",
  rule_author: null,
  tags: ["attack.t1059", "attack.execution"],
  level: "high",
  risk: 40,
  ml_cluster: -1,
  timestamp: "2026-03-13T04:29:55Z",
  user: "CORP\\jsmith",
  host: "PC1.corp.example",
  event_id: 4624,
  record_id: "9",
  raw: { EventID: 4624 },
  other: { raw: { rule_title: "no" } },
};

test("a usual record is read here, with its log as it came", () => {
  const { other, ...rest } = usual;
  const record = JSON.stringify({ ...rest, other }).replace("4624}", '9223372036854775807,"a":1.10}');
  expect(readOwnRecord(record)).toMatchObject({
    members: { rule_title: "A rule", user: "CORP\\jsmith", event_id: 4624, rule_author: null, tags: usual.tags },
    log: { ok: true, body: '{"EventID":9223372036854775807,"a":1.10}' },
  });
  expect(readDetection(record, context)).toEqual(parsed(record));
});

test("all of the sample is read here, and as JSON.parse reads it", () => {
  for (const record of ownSampleText().trim().split("\n")) {
    expect(readOwnRecord(record)).not.toBeNull();
    expect(readDetection(record, context)).toEqual(parsed(record));
  }
});

test.each([
  ["repeated members: the last counts", '{"rule_title":"a","user":"b","user":"c","raw":{"a":1},"raw":{"b":2}}'],
  ["the last of repeated members is null", '{"rule_title":"a","rule_title":null,"raw":{}}'],
  ["a log that is not the last", '{"rule_title":"a","raw":{"b":2},"raw":5}'],
  ["names in disguise", '{"rule_titl\\u0065":"a","r\\u0061w":{}}'],
  ["names of every object", '{"__proto__":{"rule_title":"a"},"constructor":1,"rule_title":"b","raw":{}}'],
  ["text as a number", '{"rule_title":5,"raw":{}}'],
  ["tags that are none", '{"rule_title":"a","tags":["b",5],"raw":{}}'],
  ["tags in white space", '{"rule_title":"a","tags":[ " b " , "" ],"raw":{}}'],
  ["a log as text", '{"rule_title":"a","raw":" {\\"n\\": 9007199254740993}\\n"}'],
  ["a log in white space", '{"rule_title":"a","raw": { "a" : " b  c " } }'],
  ["a list as log", '{"rule_title":"a","raw":[{}]}'],
  ["numbers", '{"rule_title":"a","event_id":9007199254740993,"record_id":1e3,"risk":-0,"ml_cluster":1.5,"raw":{}}'],
  ["halves of pairs and NULs", '{"rule_title":"a\\ud800","user":"\\u0000","host":"\ufffd","raw":{"a":"\\udc00"}}'],
  [
    "backslashes",
    '{"rule_title":"\\\\","user":"A\\\\b","host":"\\\\\\\\c","id":"d\\n","channel":"\\\\\\"","raw":{"a":"\\\\"}}',
  ],
  ["a comma too many", '{"rule_title":"a","raw":{},}'],
  ["more behind the end", '{"rule_title":"a","raw":{}} x'],
  ["cut off", '{"rule_title":"a","raw":{"a":'],
])("%s", (_, text) => {
  const record = text.replace("{", '{"timestamp":"2026-03-13T04:29:55Z","level":"low",');
  expect(readDetection(record, context)).toEqual(parsed(record));
  // Once more, now that the names of the record before are those of this one.
  expect(readDetection(record, context)).toEqual(parsed(record));
});

test("a log as deep as is accepted, and one level deeper", () => {
  for (const levels of [999, 1_000, 1_001, 100_000]) {
    const log = `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    const record = JSON.stringify({ ...usual, raw: 0 }).replace('"raw":0', `"raw":${log}`);
    expect(readDetection(record, context)).toEqual(parsed(record));
  }
});

test("senders with members of their own, in turn", () => {
  for (let sender = 0; sender < 1_500; sender++) {
    const { rule_title, ...rest } = usual;
    const record = JSON.stringify({ [`own_${sender}`]: 1, ...rest, rule_title, [`${"long".repeat(sender % 40)}`]: 2 });
    expect(readOwnRecord(record)).not.toBeNull();
    expect(readDetection(record, context)).toEqual(parsed(record));
    expect(readDetection(JSON.stringify(usual), context)).toEqual(parsed(JSON.stringify(usual)));
  }
});

test("any record is read as JSON.parse reads it, and refused with the same words", () => {
  const scalar = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom<unknown>(
      "",
      " a ",
      "\\",
      "A\\b",
      "\\\\c",
      'd\\"',
      "e\n",
      "\\f\t",
      null,
      true,
      7,
      1e300,
      -1,
      4.5,
      [],
      {},
      ["a"],
      [1],
      "2026-03-13T04:29:55.123Z",
    ),
    fc.string({ minLength: 60, maxLength: 70 }),
    fc.jsonValue(),
  );
  const names = fc.constantFrom(...Object.keys(usual), "extra", "__proto__", "Rule_title", "raw ");
  const changes = fc.array(fc.tuple(names, scalar), { maxLength: 4 });
  const order = fc.shuffledSubarray(Object.keys(usual), { minLength: Object.keys(usual).length - 3 });
  const pieces = ['"', "\\", "{", "}", "[", "]", ",", ":", "0", "-", " ", "\t", "\n", "\\u0061", '"raw":', "null", "é"];
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom("", ...pieces)), { maxLength: 2 });
  fc.assert(
    fc.property(order, changes, fc.constantFrom("", " ", "\t"), fc.boolean(), damage, (own, extra, gap, bare, hits) => {
      const members = [...own.map((name) => [name, usual[name as keyof typeof usual]] as const), ...extra];
      const written = members.map(([name, value]) => `"${name}"${gap}:${gap}${JSON.stringify(value)}${gap}`);
      let record = `{${gap}${written.join(`,${gap}`)}}`;
      for (const [at, cut, put] of bare ? [] : hits) {
        const start = at % (record.length + 1);
        record = record.slice(0, start) + put + record.slice(start + cut);
      }
      const read = readDetection(record, context);
      expect(read).toEqual(parsed(record));
      // The records of a batch of any formats are recognised first.
      if (read.ok) expect(anyFormat.read({ text: record, envelope: null }, context)).toEqual(read);
    }),
    { numRuns: 3_000 },
  );
});
