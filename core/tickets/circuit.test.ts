import { expect, test } from "bun:test";
import { dayMs } from "../time.ts";
import { answerOf, Circuit } from "./circuit.ts";

const start = Date.UTC(2026, 2, 13);

function opened(now: number): Circuit {
  const circuit = new Circuit(60);
  for (let n = 0; n < 3; n++) circuit.failed(now);
  return circuit;
}

test("three failures in a row open it; the first probe comes after a quarter of the base delay", () => {
  const circuit = new Circuit(60);
  circuit.failed(start);
  circuit.failed(start);
  expect(circuit.decide(start)).toBe("send");
  circuit.failed(start);
  expect([circuit.decide(start), circuit.decide(start + 14_999), circuit.decide(start + 15_000)]).toEqual([
    "wait",
    "wait",
    "probe",
  ]);
  circuit.succeeded();
  expect(circuit.decide(start)).toBe("send");
});

test("probes come less often, up to twice the base delay", () => {
  const circuit = opened(start);
  const pauses: number[] = [];
  for (let n = 0, now = start; n < 6; n++) {
    const next = circuit.nextProbeAt(now) ?? 0;
    pauses.push((next - now) / 1000);
    now = next;
    circuit.failed(now);
  }
  expect(pauses).toEqual([15, 30, 60, 120, 120, 120]);
  expect(circuit.isOutage).toBe(true);
});

test("a clock that was set back: the next probe comes after the longest pause at the latest, not at the old time", () => {
  const circuit = opened(start);
  const back = start - dayMs;
  expect(circuit.nextProbeAt(back)).toBe(back + 120_000);
  expect([circuit.decide(back), circuit.decide(back + 119_999), circuit.decide(back + 120_000)]).toEqual([
    "wait",
    "wait",
    "probe",
  ]);
});

test("a probe: who refuses is there, who does not answer is away", () => {
  const step = (ok: boolean, refused?: true) => ({ name: "x", ok, detail: "", ...(refused ? { refused } : {}) });
  expect(answerOf([step(true), step(true)])).toBe("succeeded");
  expect(answerOf([step(true), step(false, true)])).toBe("answered");
  expect(answerOf([step(false)])).toBeNull();
  expect(answerOf([])).toBeNull();
  // What is wrong with a project is no matter of the circuit.
  expect(answerOf([step(true), step(true), step(false)])).toBe("succeeded");
});
