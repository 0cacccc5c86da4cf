import { describe, expect, test } from "bun:test";
import { ResendWindow } from "./resend-window.ts";

const limits = { resendBytes: 100, resendMs: 10_000, resendAfterResetMs: 60_000 };

/** A window whose chunks of `size` bytes have been written at the given times. */
function written(times: readonly number[], size = 40): ResendWindow {
  const window = new ResendWindow(limits);
  for (const [index, time] of times.entries()) {
    window.append({ bytes: Buffer.alloc(size, index), ends: [size] }, () => {});
    window.wrote(time);
  }
  return window;
}

/** First bytes of the chunks that would be written next. */
function pending(window: ResendWindow): number[] {
  const found: number[] = [];
  for (let chunk = window.next(); chunk; chunk = window.next()) {
    found.push(chunk.bytes[0] ?? -1);
    window.wrote(0);
  }
  return found;
}

describe("ResendWindow", () => {
  test("a message that was taken alone on three connections closed in order counts as read; several at once never do", () => {
    for (const [ends, left] of [
      [[40], 0],
      [[20, 40], 2],
    ] as const) {
      const window = new ResendWindow(limits);
      window.append({ bytes: Buffer.alloc(40, 1), ends: [...ends] }, () => {});
      for (let connection = 1; connection <= 5; connection++) {
        expect(window.messages).toBe(connection <= 3 ? ends.length : left);
        if (window.next()) window.wrote(connection);
        window.leftInOrder(40);
        window.rewind(10_000, connection);
      }
    }
  });

  test("repeats everything in order, first what had been written", () => {
    const window = written([0, 1, 2]);
    window.append({ bytes: Buffer.alloc(40, 9), ends: [40] }, () => {});
    window.rewind(10_000, 5);
    expect(pending(window)).toEqual([0, 1, 2, 9]);
  });

  test("keeps no more acknowledged bytes than the limit, and all that is not acknowledged", () => {
    const window = written([0, 0, 0, 0, 0, 0]);
    window.settle(200, 0);
    expect(window.bytes).toBe(120);
    window.settle(240, 0);
    expect(window.bytes).toBe(80);
    window.rewind(10_000, 0);
    expect(pending(window)).toEqual([4, 5]);
  });

  test("never forgets what is not acknowledged, however old", () => {
    const window = written([0, 0, 0]);
    window.settle(80, 0);
    window.rewind(10_000, 1e9);
    expect(pending(window)).toEqual([2]);
  });

  test("age counts from the last moment that data was stuck", () => {
    const window = written([0, 0]);
    window.settle(40, 1000);
    window.settle(40, 9000);
    window.settle(80, 9100);
    expect(window.rewind(10_000, 18_000)).toBe(false);
    expect(pending(window)).toEqual([0, 1]);
  });

  test("an orderly close of an idle connection leaves nothing to repeat", () => {
    const window = written([0, 0]);
    window.settle(80, 100);
    expect(window.messages).toBe(2);
    expect(window.rewind(10_000, 10_001)).toBe(true);
    expect(window.next()).toBeUndefined();
    expect(window.bytes).toBe(0);
    expect(window.messages).toBe(0);
  });

  test("what waits for a receiver that is away does not age", () => {
    const window = written([0]);
    window.rewind(10_000, 5);
    window.settle(0, 1e9);
    expect(window.messages).toBe(1);
    window.wrote(1e9);
    window.settle(40, 1e9 + 1);
    window.rewind(10_000, 1e9 + 5000);
    expect(pending(window)).toEqual([0]);
  });

  test("tells since when something is unacknowledged", () => {
    const window = written([5, 6, 7]);
    window.append({ bytes: Buffer.alloc(40), ends: [40] }, () => {});
    expect(window.unacknowledgedSince()).toBe(5);
    window.settle(60, 8);
    expect(window.unacknowledgedSince()).toBe(6);
    window.settle(120, 9);
    expect(window.unacknowledgedSince()).toBeNull();
  });

  test("a chunk that is cut calls back when its last part is handed over", () => {
    const window = new ResendWindow(limits);
    let handed = 0;
    window.append({ bytes: Buffer.from("abcdef"), ends: [2, 4, 6] }, () => handed++);
    window.cutNext(5);
    const head = window.next()!;
    expect(head.bytes.toString()).toBe("abcd");
    head.onHanded();
    expect(handed).toBe(0);
    window.wrote(0);
    window.next()!.onHanded();
    expect(handed).toBe(1);
  });
});
