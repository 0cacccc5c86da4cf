import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { Continuity, continuityMs } from "./continuity.ts";

/** A client as the documented samples are: a clock of its own, a limit, and a network that loses answers. */
function simulate(
  steps: readonly { rows: number; limit: number; lost: boolean; restart: boolean }[],
  clockAhead: number,
): number[] {
  const recorded: number[] = [];
  const got: number[] = [];
  let disk: ReturnType<Continuity["takeChanges"]> = [];
  let memory = new Continuity([]);
  let now = 1_000_000;
  let since = "";
  for (const { rows, limit, lost, restart } of [
    ...steps,
    ...Array(80).fill({ rows: 0, limit: 3, lost: false, restart: false }),
  ]) {
    for (let n = 0; n < rows; n++) recorded.push(now++);
    now += 10;
    if (restart) memory = new Continuity(disk);
    const bound = since === "" ? 0 : recorded.filter((at) => at < Number(since)).length;
    const { givenUpTo } = memory.before("c", "q", since, 0, now);
    const start = givenUpTo === null ? bound : Math.min(bound, givenUpTo);
    const page = recorded.slice(start, start + limit);
    const more = recorded.length > start + limit;
    const end = more ? start + page.length : recorded.length;
    const position = memory.after("c", "q", { since, offset: 0, start, count: page.length, end }, now);
    if (position !== null) disk = [position];
    if (lost) continue;
    got.push(...page);
    now += 5;
    // Its own clock, after the answer.
    since = String(now + clockAhead);
  }
  expect([...new Set(got)].sort((a, b) => a - b)).toEqual(recorded);
  return got;
}

const step = fc.record({
  rows: fc.nat(12),
  limit: fc.integer({ min: 1, max: 6 }),
  lost: fc.boolean(),
  restart: fc.boolean(),
});

test("whatever is lost on the way: a client with a clock of its own gets every row, and none twice while its clock is right", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const got = simulate(steps, 0);
      expect(new Set(got).size).toBe(got.length);
    }),
    { numRuns: 500 },
  );
});

test("a client whose clock is ahead loses nothing either", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.nat(100_000), (steps, ahead) => void simulate(steps, ahead)),
    {
      numRuns: 200,
    },
  );
});

test("pages by offset begin where the first one began, and a gap between them is not taken for given", () => {
  const memory = new Continuity([]);
  memory.after("c", "q", { since: "5", offset: 0, start: 10, count: 3, end: 13 }, 1);
  expect(memory.before("c", "q", "5", 3, 2)).toEqual({ givenUpTo: 13, start: 10 });
  memory.after("c", "q", { since: "5", offset: 3, start: 10, count: 3, end: 16 }, 2);
  expect(memory.before("c", "q", "9", 0, 3).givenUpTo).toBe(16);
  memory.after("c", "q", { since: "5", offset: 20, start: 10, count: 3, end: 33 }, 3);
  expect(memory.before("c", "q", "9", 0, 4).givenUpTo).toBe(16);
});

test("after an hour of silence a caller begins anew; other callers and other questions are their own", () => {
  const memory = new Continuity([]);
  memory.after("c", "q", { since: "5", offset: 0, start: 10, count: 3, end: 13 }, 1);
  expect(memory.before("c", "q", "9", 0, continuityMs).givenUpTo).toBe(13);
  expect(memory.before("c", "q", "9", 0, continuityMs + 2).givenUpTo).toBeNull();
  expect(memory.before("c", "other", "9", 0, 2).givenUpTo).toBeNull();
  expect(memory.before("d", "q", "9", 0, 2).givenUpTo).toBeNull();
});

test("what has to be on the disk is the position of an answer with rows; the rest is written now and then", () => {
  const memory = new Continuity([]);
  const position = { caller: "c", poll: "q", given: 13, confirmed: 10, since: "5", start: 10, polledAt: 1 };
  expect(memory.after("c", "q", { since: "5", offset: 0, start: 10, count: 3, end: 13 }, 1)).toEqual(position);
  expect(memory.after("c", "q", { since: "6", offset: 0, start: 13, count: 0, end: 13 }, 2)).toBeNull();
  expect(memory.takeChanges()).toEqual([{ ...position, confirmed: 13, since: "6", start: 13, polledAt: 2 }]);
  expect(memory.takeChanges()).toEqual([]);
});
