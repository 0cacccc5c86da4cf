import { expect, test } from "bun:test";
import { familyMask, familyOf } from "../attack/attack.ts";
import { Stages } from "./stages.ts";

const mask = (...names: string[]) => familyMask(names.map((name) => familyOf(name)!));

function reached(wanted: number, ...seen: [mask: number, rule: number, first: number, last?: number][]): boolean {
  const stages = new Stages();
  for (const [families, rule, first, last = first] of seen) stages.add(families, rule, { first, last });
  return stages.reach(wanted);
}

test("stages one after the other, each by a rule of its own", () => {
  expect(reached(3, [mask("execution"), 1, 10], [mask("persistence"), 2, 20], [mask("discovery"), 3, 30])).toBe(true);
});

test("against the order of the kill chain is no progress", () => {
  expect(reached(3, [mask("execution"), 1, 30], [mask("persistence"), 2, 20], [mask("discovery"), 3, 10])).toBe(false);
  expect(reached(2, [mask("execution"), 1, 30], [mask("discovery"), 3, 10])).toBe(false);
});

test("a stage that went on while the next began counts", () => {
  expect(reached(2, [mask("execution"), 1, 30, 40], [mask("discovery"), 2, 10, 35])).toBe(true);
});

test("one rule with three tactics is one step", () => {
  const scheduledTask = mask("execution", "persistence", "privilege-escalation");
  expect(reached(3, [scheduledTask, 1, 10])).toBe(false);
  expect(reached(3, [scheduledTask, 1, 10], [scheduledTask, 2, 20])).toBe(false);
  expect(reached(3, [scheduledTask, 1, 10], [scheduledTask, 2, 20], [scheduledTask, 3, 30])).toBe(true);
});

test("rules are shared out where a greedy choice would fail", () => {
  const both = mask("execution", "discovery");
  expect(reached(2, [both, 1, 10, 20], [mask("execution"), 2, 10])).toBe(true);
  expect(reached(2, [both, 1, 10, 20], [mask("discovery"), 2, 10, 20])).toBe(true);
});

test("nothing wanted is reached by nothing", () => {
  expect(reached(0)).toBe(true);
  expect(reached(1)).toBe(false);
});
