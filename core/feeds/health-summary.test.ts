import { expect, test } from "bun:test";
import { summaryOf } from "./health.ts";

const to = (name: string, lastError: string | null = null) => ({ feed: "alerts", name, lastError }) as const;

test("one short line, whatever fails", () => {
  const none = { parked: 0, dead: 0 };
  expect(summaryOf([], none)).toBe("running: no destinations");
  expect(summaryOf([to("a"), to("b")], none)).toBe("running: 2 destinations");
  expect(summaryOf([to("a", "refused"), to("b")], { parked: 1, dead: 0 })).toBe(
    "running: 2 destinations, 1 failing (alerts/a), 1 ticket delivery stuck",
  );
  const many = Array.from({ length: 5 }, (_, index) => to(String(index), "x"));
  expect(summaryOf(many, { parked: 2, dead: 1 })).toBe(
    "running: 5 destinations, 5 failing (alerts/0, alerts/1, alerts/2 and 2 more), 3 ticket deliveries stuck",
  );
});
