import { expect, test } from "bun:test";
import { Faults } from "../../core/faults.ts";
import type { Problem } from "../../core/settings/problem.ts";
import { noteProblems } from "./notices.ts";

test("the fault names the first problem, how many more there are, and goes when there are none", () => {
  const faults = new Faults(() => 0);
  const log = { warn() {}, error() {} } as never;
  const problem = (key: string) => ({ source: "environment", key, accepted: "a number" }) as unknown as Problem;
  const message = (...keys: string[]) => {
    noteProblems({ problems: keys.map(problem), warnings: [] } as never, faults, log);
    return faults.list().map((fault) => fault.message);
  };
  expect(message("A")[0]).not.toContain("more");
  expect(message("A", "B")[0]).toEndWith(" (and 1 more: rhythmx check)");
  expect(message("A", "B", "C")[0]).toEndWith(" (and 2 more: rhythmx check)");
  expect(message()).toEqual([]);
});
