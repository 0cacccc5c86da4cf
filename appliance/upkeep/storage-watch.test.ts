import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { Faults } from "../../core/faults.ts";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { StorageWatch } from "./storage-watch.ts";

test("a heartbeat is written every 30 s; while writing fails, at every tick, so that the end of the fault is noticed at once", async () => {
  const clock = new FakeClock();
  const faults = new Faults(() => 0);
  const beats: number[] = [];
  const heartbeat = async (now: number) => {
    beats.push(now);
    return { at: now - 1_000, distrustMs: 0 };
  };
  const settings = () => ({ dataDir: tmpdir(), minFreeBytes: 0, minFreePercent: 0 });
  const watch = new StorageWatch({ store: { admin: { heartbeat } }, clock, faults, settings } as never);
  const tick = async (milliseconds: number) => {
    clock.skip(milliseconds);
    const before = beats.length;
    await watch.tick();
    return beats.length - before;
  };
  expect(await tick(0)).toBe(1);
  expect([await tick(5_000), await tick(5_000)]).toEqual([0, 0]);
  faults.set("store_write", "the disk is full");
  expect([await tick(5_000), await tick(5_000)]).toEqual([1, 1]);
  faults.clear("store_write");
  expect([await tick(5_000), await tick(24_999), await tick(1)]).toEqual([0, 0, 1]);
});
