import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreError } from "../../core/errors.ts";
import { openStore } from "../open-store.ts";
import type { Opened } from "./calls.ts";
import { Reader } from "./reader.ts";
import { WorkerCalls } from "./worker-calls.ts";

const now = Date.UTC(2026, 2, 13, 4, 30);
const clock = { now: () => now, monotonic: () => now };
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-calls-"));
  path = join(folder, "rhythmx.db");
});

afterEach(() => rmSync(folder, { recursive: true }));

/** How each call ended: `done`, or its error. A call that never settles keeps the test from ending. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((one) => (one.status === "fulfilled" ? "done" : (one.reason as StoreError).message));
}

const closed = "the store is closed";

describe("the Worker that writes", () => {
  let faults: unknown[];
  let calls: WorkerCalls;
  const heartbeats = (count: number) =>
    Array.from({ length: count }, (_, index) => calls.call("admin.heartbeat", "write", [now + index, null]));

  beforeEach(async () => {
    faults = [];
    calls = new WorkerCalls(
      (_, error) => error !== null && faults.push(error),
      (error) => faults.push(error),
    );
    const opened = (await calls.call("open", null, [path, now, "serve"])) as Opened;
    expect(opened.writing.admin?.heartbeat).toBe("write");
  });

  afterEach(() => calls.end());

  test("calls under way are finished before it closes, later ones refused, and neither is a fault of the disk", async () => {
    const before = outcomes(heartbeats(20));
    const closing = calls.close();
    const after = outcomes(heartbeats(3));
    expect(await before).toEqual(Array(20).fill("done"));
    await closing;
    expect(await after).toEqual(Array(3).fill(closed));
    expect(await outcomes(heartbeats(1))).toEqual([closed]);
    expect(faults).toEqual([]);
  });

  test("garbage is collected between calls, and each of them is answered", async () => {
    const before = heartbeats(20);
    const collected = [true, false].map((withCode) => calls.call("giveBackHeap", null, [withCode]));
    expect(await outcomes([...before, ...collected, ...heartbeats(20)])).toEqual(Array(42).fill("done"));
    expect(faults).toEqual([]);
  });

  test("calls that it has not answered when it is ended are refused", async () => {
    const waiting = outcomes(heartbeats(200));
    await calls.end();
    const told = await waiting;
    expect(told).toContain(closed);
    expect(told.filter((one) => one !== closed && one !== "done")).toEqual([]);
    expect(faults).toEqual([]);
  });

  test("closing twice is closing once", async () => {
    const [first, second] = [calls.close(), calls.close()];
    expect(await outcomes([first, second, calls.close()])).toEqual(["done", "done", "done"]);
  });

  test("arguments that cannot travel are the caller's error; the calls after go on", async () => {
    const [told] = await outcomes([calls.call("admin.heartbeat", "write", [() => now])]);
    expect(told).toContain("clone");
    expect(await outcomes(heartbeats(1))).toEqual(["done"]);
  });
});

describe("the Worker that reads", () => {
  test("calls under way are finished before it closes, also those that started it, and later ones refused", async () => {
    const store = await openStore({ path, clock });
    const before = outcomes(Array.from({ length: 20 }, () => store.reading.readEvents(0, 10, ["alarm"])));
    const closing = store.close();
    const after = outcomes([store.reading.oldestEvent()]);
    expect(await before).toEqual(Array(20).fill("done"));
    await closing;
    expect(await after).toEqual([closed]);
    expect(await outcomes([store.reading.oldestEvent(), store.events.end()])).toEqual([closed, closed]);
    await store.close();
  });

  test("one that cannot start refuses its calls and closes all the same", async () => {
    const reader = new Reader(join(folder, "none", "rhythmx.db"), () => {});
    const waiting = outcomes([1, 2].map(() => reader.call("reading.oldestEvent", "read", [])));
    const closing = reader.close();
    for (const told of await waiting) expect(told).not.toBe("done");
    await closing;
    expect(await outcomes([reader.call("reading.oldestEvent", "read", [])])).toEqual([closed]);
  });
});

test("a store that is closed while calls of all groups wait settles every one of them", async () => {
  const store = await openStore({ path, clock });
  const calls = () => [
    store.admin.heartbeat(now, null),
    store.events.savePosition("r", 1),
    store.events.read(0, 10, ["alarm"]),
    store.tickets.countTickets(),
    store.incidents.listExceptions(),
    store.findBatch("o", "k"),
    store.reading.oldestEvent(),
  ];
  const waiting = outcomes([...calls(), ...calls()]);
  const closing = store.close();
  const during = outcomes(calls());
  await closing;
  expect(await waiting).toEqual(Array(14).fill("done"));
  for (const told of await during) expect(["done", closed]).toContain(told);
  expect(await outcomes(calls())).toEqual(Array(7).fill(closed));
});
