import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Detection, levels } from "../../core/detection.ts";
import type { DetectionWrite } from "../../core/ports.ts";
import { detectionsOf, ownSampleText } from "../../test/harness/engine-samples.ts";
import { packDetections, unpackDetections } from "./detection-packet.ts";

const write = (detections: readonly Detection[]): DetectionWrite => ({
  detections,
  now: 1_772_366_400_000,
  counted: ["70e61c11eff750b1"],
  step: null,
  more: "batch 7",
});

const roundTrip = (given: DetectionWrite) => unpackDetections(packDetections(given));

test("the sample comes through, with its lists of tags shared", () => {
  const detections = detectionsOf("rhythmx", ownSampleText().split("\n").slice(0, 1_000).join("\n"));
  const given = write(detections);
  const unpacked = roundTrip(given);
  expect(unpacked).toEqual(given);
  const shared = (list: readonly Detection[]) => new Set(list.map(({ tags }) => tags)).size;
  expect(shared(unpacked.detections)).toBe(shared(detections));
});

test("none, and everything beside them", () => {
  const before = { accepted: 1, duplicates: 2, alertsNew: 3, alertsUpdated: 4 };
  const rest = { received: 5, rejected: [{ index: 0, error: "é\x7f" }], warnings: [], repeats: 6 };
  const step = { owner: "key", key: "k", bodySha256: "00", done: 5, before, rest };
  const given = { ...write([]), step, more: null };
  expect(roundTrip(given)).toEqual(given);
});

test("any detections come through, whatever their texts and however many", () => {
  const text = fc.oneof(
    fc.constantFrom("a", "WS-1", "\x7f", "a\x7f", "é", "😀", "\x80", "\n", "\\", '"', " "),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  );
  const maybe = fc.option(text);
  const tags = fc.constantFrom<readonly string[]>([], ["attack.t1059"], ["a", "b\x7f"]);
  const detection: fc.Arbitrary<Detection> = fc.record({
    id: maybe,
    ruleId: maybe,
    ruleTitle: text,
    ruleAuthor: maybe,
    tags,
    level: fc.constantFrom(...levels),
    risk: fc.nat(100),
    mlCluster: fc.integer({ min: -1 }),
    timestamp: fc.nat({ max: 253_402_300_799_999 }),
    entity: fc.oneof(text, fc.constant("")),
    user: maybe,
    host: maybe,
    srcIp: maybe,
    dstHost: maybe,
    eventId: maybe,
    channel: maybe,
    provider: maybe,
    recordId: maybe,
    body: fc.constantFrom("{}", '{"a":"\\n"}'),
    hash: fc.constantFrom("70e61c11eff750b1", "0000000000000000"),
  });
  fc.assert(
    fc.property(fc.array(detection, { maxLength: 100, size: "max" }), (detections) => {
      expect(roundTrip(write(detections))).toEqual(write(detections));
    }),
    { numRuns: 50 },
  );
});

test("what is kept of a detection keeps little else in memory", () => {
  const [sample] = detectionsOf("rhythmx", ownSampleText().split("\n", 1)[0] ?? "");
  const detections = Array.from({ length: 1_000 }, (_, index) => ({ ...sample!, host: `host-${index}.corp.example` }));
  const { groups } = JSON.parse(packDetections(write(detections)).head);
  const longest = Math.max(
    ...JSON.stringify(groups)
      .split('"')
      .map(({ length }) => length),
  );
  expect(longest).toBeLessThan(1_000);
});
