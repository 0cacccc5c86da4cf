import { expect, test } from "bun:test";
import { minuteMs } from "../../core/time.ts";
import sample from "../sample/sample.jsonl" with { type: "text" };
import { bodyOf, planFeed } from "./feed.ts";

test("the whole sample goes in, in order, within the span, each group no later than its moment", () => {
  const groups = planFeed(sample, 48 * minuteMs, 2 * minuteMs);
  const detections = groups.flatMap((group) => group.detections);
  expect(detections.map(({ line }) => line).join("\n")).toBe(sample.trimEnd());
  expect(groups).toHaveLength(24);
  expect(groups.at(-1)?.at).toBe(48 * minuteMs);
  for (const group of groups)
    for (const { at } of group.detections) {
      expect(at).toBeLessThan(group.at);
      expect(at).toBeGreaterThanOrEqual(group.at - 2 * minuteMs);
    }
});

test("only the time of a detection changes; its log keeps its digits and its own times", () => {
  const line =
    '{"rule_title":"T","level":"high","user":"D\\\\me","host":"H","timestamp":"2020-01-01T00:00:00Z",' +
    '"raw":{"Keywords":-9223372036854775808,"timestamp":"2020-01-01T00:00:00Z"}}';
  const [group] = planFeed(`${line}\n`, minuteMs, minuteMs);
  expect(group?.detections).toEqual([{ line, title: "T", level: "high", who: "me@H", at: 0 }]);
  expect(bodyOf(group!, Date.UTC(2026, 2, 13))).toBe(line.replace("2020-01-01T00:00:00Z", "2026-03-13T00:00:00.000Z"));
});
