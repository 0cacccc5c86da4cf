import { expect, test } from "bun:test";
import type { LoggedEvent } from "../../../core/event.ts";
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

  async read(after: number, limit: number): Promise<LoggedEvent[]> {
    this.asked.push(after);
    if (this.fails) throw new Error("locked");
    return Array.from({ length: Math.min(limit, this.end - after) }, (_, index) => event(after + 1 + index));
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
  expect(log.asked).toEqual([0, 2, 4]);
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
