import { expect, test } from "bun:test";
import { StoreError } from "../../core/errors.ts";
import { Faults } from "../../core/faults.ts";
import { retryWhileBlocked } from "./start-retry.ts";

function attempts(failures: unknown[]) {
  const said: string[][] = [];
  const faults = new Faults(() => 0);
  const sleep = async () => void said.push(faults.list().map(({ name, message }) => `${name}: ${message}`));
  const work = async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return "done";
  };
  return { said, faults, run: () => retryWhileBlocked({ name: "open", what: "not yet" }, { faults, sleep }, work) };
}

test("tries again while it is something that passes, says so meanwhile, and no longer", async () => {
  const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const { said, faults, run } = attempts([new StoreError("store_locked", "locked"), full]);
  expect(await run()).toBe("done");
  expect(said).toEqual([["open: not yet: locked"], ["open: not yet: no space"]]);
  expect(faults.list()).toEqual([]);
});

test("what does not pass is the caller's at once", async () => {
  for (const failure of [new StoreError("store_corrupt", "damaged"), new StoreError("store_newer", "newer"), "odd"]) {
    const { said, run } = attempts([failure]);
    expect(await run().catch((error) => error)).toBe(failure);
    expect(said).toEqual([]);
  }
});
