import { expect, test } from "bun:test";
import { MemoryWatch } from "./memory-watch.ts";

/** A process that takes as much of a processor as it is told, looked at every three seconds. */
function watched() {
  const process = { seconds: 0, cpu: 0, isIdle: true };
  const given: string[] = [];
  const watch = new MemoryWatch({
    clock: { monotonic: () => process.seconds * 1000 },
    memory: {
      cpuSeconds: () => process.cpu,
      giveBack: (withCode) => void given.push(withCode ? "all" : "garbage"),
    },
    store: {
      get isIdle() {
        return process.isIdle;
      },
      giveBackMemory: async (withCode) => void given.push(`store: ${withCode ? "all" : "garbage"}`),
    },
  });
  const pass = async (seconds: number, cpu: number, isIdle = true) => {
    process.seconds += seconds;
    process.cpu += cpu;
    process.isIdle = isIdle;
    await watch.tick();
    return given.splice(0);
  };
  return { pass };
}

test("memory is given back once the start is over, with what it has compiled, and then only after work", async () => {
  const { pass } = watched();
  expect(await pass(0, 0.6)).toEqual([]);
  expect(await pass(3, 0.4)).toEqual([]);
  expect(await pass(3, 0.1)).toEqual(["all", "store: all"]);
  expect(await pass(3, 0)).toEqual([]);
  expect(await pass(3, 0.1)).toEqual([]);
  // A burst, and the rest after it; what was compiled for it stays.
  expect(await pass(3, 2.5)).toEqual([]);
  expect(await pass(3, 0.01)).toEqual(["garbage", "store: garbage"]);
  expect(await pass(3, 0.01)).toEqual([]);
});

test("a little work all the time is rest too, and is tidied up after each second of it", async () => {
  const { pass } = watched();
  await pass(0, 1);
  expect(await pass(3, 0.1)).toEqual(["all", "store: all"]);
  for (let turn = 0; turn < 9; turn++) expect(await pass(3, 0.1)).toEqual([]);
  expect(await pass(3, 0.11)).toEqual(["garbage", "store: garbage"]);
});

test("where others take the processor, calls that wait say that it is no rest", async () => {
  const { pass } = watched();
  await pass(0, 1);
  expect(await pass(3, 0.1, false)).toEqual([]);
  // What was waited for at the turn before may have ended just now.
  expect(await pass(3, 0.1)).toEqual([]);
  expect(await pass(3, 0.1)).toEqual(["all", "store: all"]);
});

test("a turn that comes early decides nothing", async () => {
  const { pass } = watched();
  await pass(0, 1);
  expect(await pass(0.1, 0)).toEqual([]);
  expect(await pass(2.9, 2)).toEqual([]);
  expect(await pass(0.1, 0)).toEqual([]);
  expect(await pass(2.9, 0)).toEqual(["all", "store: all"]);
});

test("an appliance that says nothing of its process gives nothing back", async () => {
  const watch = new MemoryWatch({
    clock: { monotonic: () => 0 },
    store: { isIdle: true, giveBackMemory: () => Promise.reject(new Error("not to be called")) },
  });
  await watch.tick();
  await watch.tick();
});
