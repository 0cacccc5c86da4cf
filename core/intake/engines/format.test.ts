import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  alarmsOf,
  detectionsOf,
  errorsOf,
  ownSampleText,
  readBatch,
  sampleText,
} from "../../../test/harness/engine-samples.ts";
import { formatOf } from "./format.ts";
import { foldedParts } from "./unfold.ts";

const own =
  '{"rule_title":"Own","timestamp":"2024-01-01T00:00:00Z","level":"low","raw":{"k":9007199254740993},"matches":[1,2]}';

describe("auto", () => {
  test.each([
    ["hayabusa", "hayabusa.jsonl"],
    ["hayabusa", "hayabusa-documented.jsonl"],
    ["chainsaw", "chainsaw.json"],
    ["zircolite", "zircolite.json"],
    ["elastic", "elastic.json"],
    ["wazuh", "wazuh.jsonl"],
  ])("reads %s's %s as that format does", (format, file) => {
    expect(detectionsOf("auto", sampleText(file))).toEqual(detectionsOf(format, sampleText(file)));
  });

  test.each(["logrhythm-details.json", "logrhythm-search.json"])("reads %s", (file) => {
    expect(alarmsOf("auto", sampleText(file))).toEqual(alarmsOf("logrhythm", sampleText(file)));
  });

  test("reads own records as the own format does", () => {
    expect(readBatch("auto", own)).toEqual(readBatch("rhythmx", own));
    const alarm = '{"alarm_id":9007199254740993,"name":"n","rbp":1,"timestamp":1700000000}';
    expect(readBatch("auto", alarm, "alarms")).toEqual(readBatch("rhythmx", alarm, "alarms"));
  });

  test("reads a batch of everything, record by record", () => {
    const files = ["hayabusa.jsonl", "chainsaw.json", "zircolite.json", "elastic.json", "wazuh.jsonl"];
    const values = files.map((file) => {
      const text = sampleText(file).trim();
      return text.startsWith("[") ? text.slice(1, -1) : file.endsWith(".jsonl") ? text.split("\n").join(",") : text;
    });
    const all = detectionsOf("auto", `[${own},${values.join(",")}]`);
    expect(all).toHaveLength(1 + 21 + 16 + 17 + 3 + 4);
    expect(all[0]?.body).toBe('{"k":9007199254740993}');
  });

  test("says what it does not know", () => {
    expect(errorsOf("auto", '{"a":1}\nnot json\n{"alarmId":1,"alarmRuleName":"x"}')).toEqual([
      "not the shape of any known format (rhythmx, hayabusa, chainsaw, zircolite, elastic, wazuh, auto)",
      expect.stringContaining("not valid JSON"),
      expect.stringContaining("this looks like an alarm, which goes to /api/v1/ingest/alarms"),
    ]);
  });
});

test("unknown names tell the known ones", () => {
  expect(formatOf("detections", "splunk")).toEqual({
    known: ["rhythmx", "hayabusa", "chainsaw", "zircolite", "elastic", "wazuh", "auto"],
  });
  expect(formatOf("alarms", "constructor")).toEqual({ known: ["rhythmx", "logrhythm", "auto"] });
});

test("every format refuses a record of another shape with a complaint, and none throws", () => {
  const records = [
    "{}",
    '{"rule":5,"_source":[],"hits":{"hits":5},"Details":[],"matches":{},"document":[]}',
    "[1]",
    "null",
  ];
  for (const format of ["hayabusa", "chainsaw", "zircolite", "elastic", "wazuh", "auto"])
    for (const error of errorsOf(format, records.join("\n"))) expect(error).toMatch(/accepted|not the shape/);
});

test("nothing that JSON can say makes a mapper throw", () => {
  const names =
    "kind document documents data Event System EventData name timestamp level RuleTitle Timestamp Level Details MitreTags title rule_level matches result_type group_keys evidence _source fields _id kibana.alert.rule.name signal rule threat tactic hits agent full_log win alarmId alarmRuleName alarmDetails alarmEventsDetails __proto__ constructor EventID #text User".split(
      " ",
    );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, true, 5, 1e300, "x", "-", "", "crit", "10.0.0.1", "2024-01-01T00:00:00Z", "a: b ¦ c"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 8 }),
    ),
  }));
  const kinds = [
    ["detections", ["hayabusa", "chainsaw", "zircolite", "elastic", "wazuh", "auto"]],
    ["alarms", ["logrhythm", "auto"]],
  ] as const;
  fc.assert(
    fc.property(value, (record) => {
      for (const [kind, formats] of kinds)
        for (const format of formats)
          for (const result of readBatch(format, JSON.stringify(record), kind)) expect(result.ok).toBeBoolean();
    }),
    { numRuns: 1_000 },
  );
});

test("the same detections in our own form, Chainsaw's and Zircolite's are the same alerts", () => {
  const ours = detectionsOf("rhythmx", ownSampleText());
  const byRecord = new Map(ours.map((d) => [`${d.ruleId} ${d.host} ${d.recordId}`, d]));
  const compared = { chainsaw: 0, zircolite: 0 };
  for (const engine of ["chainsaw", "zircolite"] as const)
    for (const theirs of detectionsOf(engine, sampleText(`${engine}.json`))) {
      const same = byRecord.get(`${theirs.ruleId} ${theirs.host} ${theirs.recordId}`);
      if (same === undefined) continue;
      compared[engine]++;
      const { hash, ruleTitle, level, user, host, srcIp, timestamp, eventId, channel, tags } = same;
      expect(theirs).toMatchObject({ hash, ruleTitle, level, user, host, srcIp, timestamp, eventId, channel, tags });
    }
  expect(compared).toEqual({ chainsaw: 16, zircolite: 12 });
});

describe("unfolding", () => {
  test("stops one after the limit", () => {
    const format = formatOf("detections", "zircolite");
    const rule = `{"rule_level":"low","matches":[${"{},".repeat(5_000)}{}]}`;
    if ("known" in format) throw new Error("unknown");
    expect(format.split(rule, 20)).toHaveLength(21);
    expect(format.split(`${rule}\n${rule}`, 7_000)).toHaveLength(7_001);
  });

  test("divides a long object into parts of the same shape", () => {
    const rule = '{"title":"T","matches":[ {"a":1} , {"a":2},{"a":3} ],"rule_level":"low"}';
    expect(foldedParts(rule, 2, 1_000)).toEqual([
      { text: '{"title":"T","matches":[{"a":1},{"a":2}],"rule_level":"low"}', records: 2 },
      { text: '{"title":"T","matches":[{"a":3}],"rule_level":"low"}', records: 1 },
    ]);
    expect(foldedParts(rule, 100, 8).map((part) => part.records)).toEqual([1, 1, 1]);
    expect(foldedParts('{"hits":{"total":1,"hits":[{},{}]}}', 1, 100).map((part) => part.text)).toEqual([
      '{"hits":{"total":1,"hits":[{}]}}',
      '{"hits":{"total":1,"hits":[{}]}}',
    ]);
  });

  test("leaves alone what holds no list", () => {
    for (const text of [own, '{"matches":', "not json", '{"x":"\\"matches\\""}', '{"matches":{}}'])
      expect(foldedParts(text, 1, 1)).toEqual([{ text, records: 1 }]);
  });
});
