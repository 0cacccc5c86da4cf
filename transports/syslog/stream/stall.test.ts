import { describe, expect, test } from "bun:test";
import { type StallVerdict, StallWatch } from "./stall.ts";

const limits = { stallMs: 20_000, notReadingMs: 120_000 };
const silent = { acknowledged: 100, outstanding: true, windowClosed: false };
const closed = { acknowledged: 100, outstanding: true, windowClosed: true };

describe("StallWatch", () => {
  test("silence is dead after the stall time, not before", () => {
    const watch = new StallWatch(limits, 0);
    expect(watch.judge(silent, 0)).toBe("moving");
    expect(watch.judge(silent, 19_999)).toBe("waiting");
    expect(watch.judge(silent, 20_000)).toBe("dead");
  });

  test("nothing outstanding is never a stall", () => {
    const watch = new StallWatch(limits, 0);
    expect(watch.judge({ ...silent, outstanding: false }, 0)).toBe("moving");
    expect(watch.judge({ ...silent, outstanding: false }, 1e9)).toBe("moving");
    expect(watch.judge(silent, 1e9 + 19_999)).toBe("waiting");
  });

  test("what is written after an hour of rest has as long as anything else", () => {
    const watch = new StallWatch(limits, 0);
    watch.judge({ ...silent, outstanding: false }, 250);
    watch.rests(3_600_000);
    expect(watch.judge(silent, 3_600_250)).toBe("waiting");
    expect(watch.judge(silent, 3_620_000)).toBe("dead");
  });

  test("a closed window that is answered for is named, and given up much later", () => {
    const watch = new StallWatch(limits, 0);
    const verdicts: StallVerdict[] = [];
    for (let now = 0; now <= 120_000; now += 1000) verdicts.push(watch.judge(closed, now));
    expect(verdicts.indexOf("not-reading")).toBe(20);
    expect(verdicts.indexOf("hung")).toBe(120);
    expect(verdicts).not.toContain("dead");
  });

  test("a reader that takes a little every 19 s is left alone for ever", () => {
    const watch = new StallWatch(limits, 0);
    for (let step = 1; step < 200; step++) {
      expect(watch.judge({ ...closed, acknowledged: step * 384_000 }, step * 19_000)).toBe("moving");
      expect(watch.judge({ ...closed, acknowledged: step * 384_000 }, step * 19_000 + 18_000)).toBe("waiting");
    }
  });

  test("a machine that dies while its window is closed is dead once its probes stay unanswered", () => {
    const watch = new StallWatch(limits, 0);
    watch.judge(closed, 0);
    expect(watch.judge(closed, 30_000)).toBe("not-reading");
    expect(watch.judge(silent, 49_999)).toBe("waiting");
    expect(watch.judge(silent, 50_000)).toBe("dead");
  });
});
