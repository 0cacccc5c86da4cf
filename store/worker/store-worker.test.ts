import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alarm } from "../../core/detection.ts";
import { StoreError } from "../../core/errors.ts";
import type { StoreCall, StoreReply } from "./calls.ts";
import type { Open } from "./open-file.ts";
import { writing } from "./operations.ts";
import { StoreWorker } from "./store-worker.ts";

const now = Date.UTC(2026, 2, 13, 4, 30);
let folder: string;
let worker: StoreWorker;
let nextId = 1;

const call = (method: StoreCall["method"], ...args: unknown[]): StoreCall => ({ id: nextId++, method, args });

/** The replies of each turn until no call waits. */
async function turns(...waiting: StoreCall[]): Promise<StoreReply[][]> {
  const turns: StoreReply[][] = [];
  while (waiting.length > 0) turns.push(await worker.work(waiting));
  return turns;
}

function writeAlarm(alarmId: string): StoreCall {
  const alarm: Alarm = { entity: "e", alarmId, name: "n", rbp: 1, timestamp: now, user: null, host: null, srcIp: null };
  return call("intake.writeAlarms", { alarms: [alarm], now, step: null });
}

const valuesOf = (replies: readonly StoreReply[]) => replies.map((reply) => ("value" in reply ? reply.value : reply));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-operations-"));
  worker = new StoreWorker();
  await turns(call("open", join(folder, "rhythmx.db"), now, "serve"));
});

afterEach(async () => {
  await turns(call("close"));
  rmSync(folder, { recursive: true });
});

test("calls that wait share a turn, are done in order, and each is answered", async () => {
  const read = () => call("events.read", 0, 10, ["alarm"]);
  const [first, ...more] = await turns(
    writeAlarm("a"),
    read(),
    writeAlarm("b"),
    read(),
    call("events.savePosition", "r", 1, now),
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
  const [replies = []] = await turns(writeAlarm("a"), call("events.savePosition", "r", {}, now), writeAlarm("b"));
  expect(replies.filter((reply) => "appended" in reply)).toHaveLength(2);
  expect(replies.filter((reply) => "error" in reply)).toHaveLength(1);
  const [[events] = []] = await turns(call("events.read", 0, 10, ["alarm"]));
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
    return call("intake.writeDetections", { detections, now, counted: [], step: null });
  };
  expect(await turns(large(), large())).toHaveLength(2);
  expect(await turns(writeAlarm("a"), call("events.end"), writeAlarm("b"))).toHaveLength(3);
  expect(await turns(call("events.savePosition", "r", 1, now), call("events.read", 0, 1, ["alarm"]))).toHaveLength(2);
});

describe("an operation that writes although it is not declared to", () => {
  const wrong = (kind: "read" | "memory", shares: boolean) => ({
    ...writing,
    events: {
      ...writing.events,
      savePosition: {
        kind,
        ...(shares ? { shares } : {}),
        run: writing.events.savePosition.run,
      },
    },
  });
  const position = () => call("events.position", "r");

  for (const kind of ["read", "memory"] as const)
    for (const shares of [true, false] as const)
      test(`${kind}, ${shares ? "in a commit with others" : "alone"}: fails, and nothing is written`, async () => {
        await turns(call("close"));
        worker = new StoreWorker(wrong(kind, shares));
        await turns(call("open", join(folder, "rhythmx.db"), now, "serve"));
        const save = call("events.savePosition", "r", 1, now);
        const calls = shares ? [writeAlarm("a"), save, writeAlarm("b")] : [save];
        const replies = (await turns(...calls, position())).flat();
        expect(replies).toContainEqual({
          id: save.id,
          error: expect.objectContaining({ message: expect.stringContaining("declare it as a write") }),
        });
        expect(replies.at(-1)).toMatchObject({ value: null });
        expect(replies.filter((reply) => "appended" in reply)).toHaveLength(shares ? 2 : 0);
      });

  test("a transaction counts as a write, also an empty one", async () => {
    await turns(call("close"));
    const probe = {
      kind: "read" as const,
      run: ({ database }: Open) => database.transaction(async () => "done"),
    };
    worker = new StoreWorker({ ...writing, probe: { probe } });
    await turns(call("open", join(folder, "rhythmx.db"), now, "serve"));
    const replies = (await turns(call("probe.probe" as StoreCall["method"]))).flat();
    expect(replies).toMatchObject([{ error: { message: expect.stringContaining("declare it as a write") } }]);
    const [, after] = (await turns(writeAlarm("a"))).flat();
    expect(after).toMatchObject({ value: { accepted: 1 } });
  });
});

test("a commit that is reported as failed and is in the file all the same: its numbers are not used again, and it is announced once", async () => {
  await turns(call("close"));
  const event =
    "insert into event_log (seq, at, kind, subject, entity_name, data) values (1, ?, 'alarm', 'lost', 'e', '{}')";
  const run = async ({ database }: Open) => {
    await database.write([{ sql: event, args: [now] }]);
    throw new StoreError("store_failed", "the disk did not answer");
  };
  worker = new StoreWorker({ ...writing, probe: { probe: { kind: "write" as const, run } } });
  await turns(call("open", join(folder, "rhythmx.db"), now, "serve"));
  const [[failed] = []] = await turns(call("probe.probe" as StoreCall["method"]));
  expect(failed).toMatchObject({ error: { message: "the disk did not answer" } });
  const late = { appended: { end: 1, counts: { alarm: 1 } } };
  const replies = (await turns(writeAlarm("a"))).flat();
  expect(replies).toMatchObject([late, { appended: { end: 2 } }, { value: { accepted: 1 } }]);
  expect((await turns(writeAlarm("b"))).flat()).toMatchObject([{ appended: { end: 3 } }, { value: { accepted: 1 } }]);
});

test("a call that names no operation of this Worker is refused by name", async () => {
  const [[reply] = []] = await turns(call("reading.listPage", {}));
  expect(reply).toMatchObject({ error: { message: expect.stringContaining("reading.listPage") } });
});

test("alarms count as records: more than a commit takes are not put into one", async () => {
  const alarm: Alarm = {
    entity: "e",
    alarmId: "a",
    name: "n",
    rbp: 1,
    timestamp: now,
    user: null,
    host: null,
    srcIp: null,
  };
  const many = () =>
    call("intake.writeAlarms", {
      alarms: Array.from({ length: 600 }, (_, index) => ({ ...alarm, alarmId: `a${index}` })),
      now,
      step: null,
    });
  expect(await turns(many(), many())).toHaveLength(2);
});
