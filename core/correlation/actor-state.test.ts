import { expect, test } from "bun:test";
import { detectionOf } from "../../test/harness/detection-of.ts";
import { encodeActorState, newActorState, parseActorState } from "./actor-state.ts";
import { addDetections, noteOutbreak } from "./evidence.ts";

const now = Date.UTC(2026, 2, 13);

function stateOf() {
  const state = newActorState(now);
  addDetections(state.evidence, [detectionOf({ ruleId: "r", timestamp: now })], now);
  return state;
}

test("outbreaks survive the state's text; there are eight at most, the newest", () => {
  const state = stateOf();
  expect(parseActorState(encodeActorState(state))).toEqual(state);
  for (let id = 1; id <= 9; id++)
    noteOutbreak(state.evidence, { id, key: "r", title: `R ${id}`, hosts: 5, firstAt: now, lastAt: now + id });
  noteOutbreak(state.evidence, { id: 5, key: "r", title: "R 5", hosts: 6, firstAt: now, lastAt: now + 5 });
  expect(state.evidence.outbreaks.map(({ id, hosts }) => [id, hosts])).toEqual(
    [2, 3, 4, 5, 6, 7, 8, 9].map((id) => [id, id === 5 ? 6 : 5]),
  );
  expect(parseActorState(encodeActorState(state))).toEqual(state);
});

test("states of version 2, which have no outbreaks, are read; those of a version that is not known are not", () => {
  const state = stateOf();
  const [, ...rest] = JSON.parse(encodeActorState(state));
  expect(parseActorState(JSON.stringify([2, ...rest]))).toEqual(state);
  expect(() => parseActorState(JSON.stringify([4, ...rest]))).toThrow("its version is 4");
});
