import { expect, test } from "bun:test";
import type { LoggedEvent } from "../../../core/event.ts";
import { textOf } from "../../../core/feeds/message-buffer.ts";
import { type PackedEvents, packBodies } from "../../../core/feeds/packed-events.ts";
import { ReadAhead } from "./read-ahead.ts";

const event = (seq: number): LoggedEvent => ({
  seq,
  at: 0,
  kind: "alert_first",
  subject: "h",
  entity: "e",
  data: "[]",
  body: "{}",
});

/** A log of `end` events that counts what it is asked. */
class CountingLog {
  end = 0;
  fails = false;
  readonly asked: number[] = [];
  readonly limits: number[] = [];
  /** Characters of an event's log. */
  size = 2;

  async read(after: number, limit: number): Promise<LoggedEvent[]> {
    this.asked.push(after);
    this.limits.push(limit);
    if (this.fails) throw new Error("locked");
    return Array.from({ length: Math.min(limit, this.end - after) }, (_, index) => {
      return { ...event(after + 1 + index), body: `${after + 1 + index}${"x".repeat(this.size)}` };
    });
  }

  async readInto(shared: SharedArrayBuffer, after: number, limit: number): Promise<PackedEvents> {
    return packBodies(await this.read(after, limit), shared);
  }
}

const seqs = async (events: Promise<LoggedEvent[]>) => (await events).map(({ seq }) => seq);

test("reads the next batch before it is asked for, and only behind a full one", async () => {
  const log = new CountingLog();
  log.end = 5;
  const ahead = new ReadAhead(log, 2, ["alert_first"]);
  expect(await seqs(ahead.read(0))).toEqual([1, 2]);
  expect(log.asked).toEqual([0, 2]);
  expect(await seqs(ahead.read(2))).toEqual([3, 4]);
  expect(await seqs(ahead.read(4))).toEqual([5]);
  expect(log.asked).toEqual([0, 2]);
  expect(await seqs(ahead.read(5))).toEqual([]);
  expect(log.asked).toEqual([0, 2, 5]);
});

test("finds what was appended after it had read an empty end ahead", async () => {
  const log = new CountingLog();
  log.end = 2;
  const ahead = new ReadAhead(log, 2, ["alert_first"]);
  await ahead.read(0);
  log.end = 3;
  expect(await seqs(ahead.read(2))).toEqual([3]);
});

test("a place that was set back is read anew", async () => {
  const log = new CountingLog();
  log.end = 9;
  const ahead = new ReadAhead(log, 2, ["alert_first"]);
  await ahead.read(4);
  expect(await seqs(ahead.read(0))).toEqual([1, 2]);
});

test("a failure ahead is told to the one who asks for that batch, and the next attempt is a new one", async () => {
  const log = new CountingLog();
  log.end = 9;
  const ahead = new ReadAhead(log, 2, ["alert_first"]);
  const first = ahead.read(0);
  log.fails = true;
  expect(await seqs(first)).toEqual([1, 2]);
  await expect(ahead.read(2)).rejects.toThrow("locked");
  log.fails = false;
  expect(await seqs(ahead.read(2))).toEqual([3, 4]);
});

test("a long way to the end is read in steps of several batches, and given out in batches", async () => {
  const log = new CountingLog();
  log.end = 23;
  const ahead = new ReadAhead(log, 2, ["alert_first"]);
  const given: number[][] = [];
  for (let after = 0; after < log.end; after = given.at(-1)?.at(-1) ?? log.end)
    given.push(await seqs(ahead.read(after)));
  expect(given).toEqual([...Array.from({ length: 11 }, (_, index) => [2 * index + 1, 2 * index + 2]), [23]]);
  expect(log.limits).toEqual([2, 8, 8, 8]);
});

test("steps of large events hold no more of them than a batch", async () => {
  const log = new CountingLog();
  log.end = 9;
  log.size = 1024 * 1024;
  const ahead = new ReadAhead(log, 2, ["alert_first"]);
  await ahead.read(0);
  await ahead.read(2);
  expect(log.limits).toEqual([2, 2, 2]);
});

test("what was read in a step is dropped when the place is set back", async () => {
  const log = new CountingLog();
  log.end = 40;
  const ahead = new ReadAhead(log, 2, ["alert_first"]);
  for (const after of [0, 2, 4]) await ahead.read(after);
  expect(await seqs(ahead.read(1))).toEqual([2, 3]);
  expect(await seqs(ahead.read(3))).toEqual([4, 5]);
});

test("each event has its own log, also while the next step is read into shared memory, and when it does not fit there", async () => {
  for (const size of [2, 150_000]) {
    const log = new CountingLog();
    log.end = 23;
    log.size = size;
    const ahead = new ReadAhead(log, 2, ["alert_first"]);
    let asBytes = 0;
    for (let after = 0; after < log.end; ) {
      const events = await ahead.read(after);
      // The step after this one has been read by now.
      await Promise.resolve();
      for (const { seq, body, bodyBytes } of events) {
        expect(textOf(bodyBytes ?? body ?? "")).toBe(`${seq}${"x".repeat(size)}`);
        if (bodyBytes !== undefined) asBytes++;
      }
      after = events.at(-1)?.seq ?? log.end;
    }
    expect(asBytes).toBe(21);
  }
});
