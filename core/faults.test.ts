import { expect, test } from "bun:test";
import { Faults } from "./faults.ts";

test("a fault keeps its first time, takes the newest message, and is told once when it comes and when it goes", () => {
  let now = 1;
  const told: string[] = [];
  const faults = new Faults(
    () => now,
    (fault, state) => told.push(`${fault.name} ${state}`),
  );
  faults.set("store", "a");
  now = 2;
  faults.set("store", "b");
  expect(faults.list()).toEqual([{ name: "store", message: "b", since: 1 }]);
  faults.clear("store");
  faults.clear("store");
  expect(faults.has("store")).toBe(false);
  expect(told).toEqual(["store appeared", "store gone"]);
});
