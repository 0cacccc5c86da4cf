import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alarm } from "../../core/detection.ts";
import { type StoreCall, type StoreReply, StoreWorker } from "./store-worker.ts";

const now = Date.UTC(2026, 2, 13, 4, 30);
let folder: string;
let worker: StoreWorker;
let nextId = 1;

const call = (method: StoreCall["method"], ...args: unknown[]): StoreCall => ({ id: nextId++, method, args });

/** Replies of each turn until nothing waits. */
async function turns(...waiting: StoreCall[]): Promise<StoreReply[][]> {
  const turns: StoreReply[][] = [];
  while (waiting.length > 0) turns.push(await worker.work(waiting));
  return turns;
}

function writeAlarm(alarmId: string): StoreCall {
  const alarm: Alarm = { entity: "e", alarmId, name: "n", rbp: 1, timestamp: now, user: null, host: null, srcIp: null };
  return call("writeAlarms", { alarms: [alarm], now, step: null });
}

const valuesOf = (replies: readonly StoreReply[]) => replies.map((reply) => ("value" in reply ? reply.value : reply));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-operations-"));
  worker = new StoreWorker();
  await turns(call("open", join(folder, "rhythmx.db"), now));
});

afterEach(async () => {
  await turns(call("close"));
  rmSync(folder, { recursive: true });
});

test("calls that wait share a turn, are done in order, and each is answered", async () => {
  const read = () => call("readEvents", 0, 10, ["alarm"]);
  const [first, ...more] = await turns(
    writeAlarm("a"),
    read(),
    writeAlarm("b"),
    read(),
    call("savePosition", "r", 1, now),
  );
  expect(more).toEqual([]);
  const replies = valuesOf(first ?? []);
  expect(replies.slice(0, 2)).toEqual([1, 2].map((end) => ({ appended: { end, counts: { alarm: 1 } } })));
  expect(replies.slice(2).map((value) => (Array.isArray(value) ? value.length : value))).toEqual([
    expect.objectContaining({ accepted: 1 }),
    1,
    expect.objectContaining({ accepted: 1 }),
    2,
    undefined,
  ]);
});

test("where one of them fails the others are done all the same, once, and announced once", async () => {
  const [replies = []] = await turns(writeAlarm("a"), call("savePosition", "r", {}, now), writeAlarm("b"));
  expect(replies.filter((reply) => "appended" in reply)).toHaveLength(2);
  expect(replies.filter((reply) => "error" in reply)).toHaveLength(1);
  const [[events] = []] = await turns(call("readEvents", 0, 10, ["alarm"]));
  expect(events).toMatchObject({
    value: [
      { seq: 1, subject: "a" },
      { seq: 2, subject: "b" },
    ],
  });
});

test("large writes and everything else have a turn of their own", async () => {
  const large = () => {
    const detections = Array.from({ length: 600 }, (_, index) => ({
      id: null,
      ruleId: null,
      ruleTitle: "t",
      ruleAuthor: null,
      tags: [],
      level: "low",
      risk: 1,
      mlCluster: -1,
      timestamp: now,
      entity: "e",
      user: null,
      host: null,
      srcIp: null,
      body: "{}",
      hash: `h${index}`,
    }));
    return call("writeDetections", { detections, now, counted: [], step: null });
  };
  expect(await turns(large(), large())).toHaveLength(2);
  expect(await turns(writeAlarm("a"), call("lastSeq"), writeAlarm("b"))).toHaveLength(3);
  expect(await turns(call("savePosition", "r", 1, now), call("readEvents", 0, 1, ["alarm"]))).toHaveLength(2);
});
