/** The search for inputs that break a target, and how one is made small. */
import fc from "fast-check";
import { inputsOf } from "./mutate.ts";
import { type Pool, takeOutcomes } from "./outcomes.ts";
import { assertUnpolluted, type Target } from "./target.ts";

export interface Finding {
  /** What broke, without what differs from input to input. */
  key: string;
  message: string;
  input: Uint8Array;
}

/** Called before each input is given to the parser: whoever watches sees which one it hangs on. */
export type Before = (input: Uint8Array) => void;

/** What is wrong with what a target does with this input; null = nothing. */
export async function faultOf(target: Target, input: Uint8Array): Promise<{ key: string; message: string } | null> {
  try {
    // A parser may keep or change what it is given.
    await target.attempt(Uint8Array.from(input));
    assertUnpolluted();
    return null;
  } catch (error) {
    const { name, message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    const place = /\/(?:core|store|transports|integrations|appliance)\/[\w./-]+:\d+/.exec(stack)?.[0] ?? "";
    const text = `${name}: ${message}`.slice(0, 500);
    return { key: `${text.replace(/"[^"]*"|'[^']*'|\d+/g, "…").slice(0, 120)} ${place}`, message: `${text} ${place}` };
  }
}

interface Search {
  seed: number;
  /** How many inputs. */
  runs: number;
  /** Findings that are known already. */
  known: ReadonlySet<string>;
  /** Inputs that are changed beside the samples; those that lead to something new are added. */
  pool?: Pool;
  before?: Before;
  /** By `performance.now()`; the search ends there. */
  until?: number;
  /** An input that takes more of the processor's time than this, twice, is a finding. */
  slowMs?: number;
}

interface Found {
  finding: Finding | null;
  tried: number;
  /** The input that took longest, in milliseconds of the processor's time. */
  slowest: { ms: number; bytes: number };
}

/** The first new finding of this many inputs, made small; null = none. `tried`: how many there were. */
export async function search(
  target: Target,
  { seed, runs, known, pool, before = () => {}, until, slowMs = Number.POSITIVE_INFINITY }: Search,
): Promise<Found> {
  let tried = 0;
  let slowest = { ms: 0, bytes: 0 };
  let slow: Finding | null = null;
  const property = fc.asyncProperty(inputsOf(target, pool?.inputs), async (input) => {
    tried++;
    before(input);
    takeOutcomes();
    const from = process.cpuUsage();
    const fault = await faultOf(target, input);
    let ms = since(from);
    if (fault === null) pool?.offer(input, takeOutcomes());
    if (ms > slowMs && slow === null && !known.has(slowKey)) {
      // The first time may have paid for others: a collection of garbage, code that was compiled.
      const again = process.cpuUsage();
      await faultOf(target, input);
      ms = Math.min(ms, since(again));
      // Not made small: that would take as long again for each attempt.
      if (ms > slowMs) slow = { key: slowKey, message: `takes ${Math.round(ms)} ms for ${input.length} bytes`, input };
    }
    if (ms > slowest.ms) slowest = { ms, bytes: input.length };
    return fault === null || known.has(fault.key);
  });
  const limit = until === undefined ? {} : { interruptAfterTimeLimit: Math.max(1, until - performance.now()) };
  const { counterexample } = await fc.check(property, { seed, numRuns: runs, ...limit });
  return { finding: counterexample === null ? slow : await small(target, counterexample[0], before), tried, slowest };
}

const slowKey = "slow";

function since(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1_000;
}

async function small(target: Target, found: Uint8Array, before: Before): Promise<Finding> {
  before(found);
  const fault = await faultOf(target, found);
  if (fault === null) return { key: "flaky", message: "fails only sometimes", input: found };
  return { ...fault, input: await minimised(target, found, fault.key, before) };
}

const mostAttempts = 3_000;
/** What takes long to try stays as large as it is by then. */
const mostMs = 60_000;

/** The same fault by fewer bytes: pieces are left out, the larger ones first (Zeller's ddmin). */
async function minimised(target: Target, from: Uint8Array, key: string, before: Before): Promise<Uint8Array> {
  let best = from;
  let left = mostAttempts;
  const end = performance.now() + mostMs;
  for (let size = Math.ceil(best.length / 2); size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && left > 0 && performance.now() < end; left--) {
      const shorter = Uint8Array.from(Buffer.concat([best.subarray(0, at), best.subarray(at + size)]));
      before(shorter);
      if ((await faultOf(target, shorter))?.key === key) best = shorter;
      else at += size;
    }
  }
  return best;
}
