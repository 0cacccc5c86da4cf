import { expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { createLog } from "../runtime/log.ts";
import { type Loop, Scheduler } from "./scheduler.ts";

function scheduler(loops: Loop[]) {
  const clock = new FakeClock();
  const written: string[] = [];
  const log = createLog({ level: "debug", format: "json", clock, write: (line) => written.push(line) });
  return { clock, written, scheduler: new Scheduler(loops, { clock, sleep: clock.sleep, log }) };
}

test("a loop turns at once and then in its rhythm, and tells when it last did", async () => {
  const turns: number[] = [];
  const { clock, scheduler: loops } = scheduler([
    { name: "a", everyMs: () => 1000, tick: (now) => void turns.push(now) },
  ]);
  const start = clock.now();
  loops.start();
  await clock.advance(2500);
  expect(turns.map((at) => at - start)).toEqual([0, 1000, 2000]);
  expect(loops.status()).toMatchObject([{ name: "a", runs: 3, failures: 0, lastRun: start + 2000, lastError: null }]);
  await loops.stop();
  await clock.advance(5000);
  expect(turns).toHaveLength(3);
});

test("a loop that fails goes on, is counted, and is logged once per kind of failure", async () => {
  let failing = true;
  const tick = () => {
    if (failing) throw new Error("no disk");
  };
  const { clock, written, scheduler: loops } = scheduler([{ name: "a", everyMs: () => 1000, tick }]);
  loops.start();
  await clock.advance(2500);
  expect(loops.status()).toMatchObject([{ runs: 3, failures: 3, lastError: "no disk" }]);
  expect(written).toHaveLength(1);
  failing = false;
  await clock.advance(1000);
  expect(loops.status()).toMatchObject([{ runs: 4, failures: 3, lastError: null }]);
  await loops.stop();
});

test("a long turn shows with each step that it is alive, one that hangs does not", async () => {
  let steps = 0;
  const { clock, scheduler: loops } = scheduler([
    {
      name: "long",
      everyMs: () => 10,
      tick: async (_, stepped) => {
        for (; steps < 5; steps++) {
          await clock.sleep(100);
          stepped();
        }
        await clock.sleep(1_000);
      },
    },
  ]);
  const quiet = () => clock.monotonic() - (loops.status()[0]?.aliveMonotonic ?? Number.NaN);
  loops.start();
  await clock.advance(550);
  expect([loops.status()[0]?.runs, quiet()]).toEqual([0, 50]);
  await clock.advance(800);
  expect([loops.status()[0]?.runs, quiet()]).toEqual([0, 850]);
});

test("a turn that takes long is not overtaken by the next", async () => {
  let running = 0;
  let most = 0;
  const { clock, scheduler: loops } = scheduler([
    {
      name: "slow",
      everyMs: () => 10,
      tick: async () => {
        most = Math.max(most, ++running);
        await clock.sleep(100);
        running--;
      },
    },
  ]);
  loops.start();
  await clock.advance(1000);
  expect(most).toBe(1);
  void loops.stop();
  await clock.advance(200);
});

test("woken loops take a turn and then wait as long as they now should", async () => {
  let everyMs = 60_000;
  const turns: number[] = [];
  const { clock, scheduler: loops } = scheduler([
    { name: "a", everyMs: () => everyMs, tick: (now) => void turns.push(now) },
  ]);
  const start = clock.now();
  loops.start();
  await clock.advance(500);
  everyMs = 1000;
  loops.wake();
  await clock.advance(2100);
  expect(turns.map((at) => at - start)).toEqual([0, 500, 1500, 2500]);
  await loops.stop();
});
