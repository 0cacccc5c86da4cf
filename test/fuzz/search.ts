/** The search for inputs that break a target, and how one is made small. */
import fc from "fast-check";
import { inputsOf } from "./mutate.ts";
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
  corpus?: readonly Uint8Array[];
  before?: Before;
  /** Epoch milliseconds; the search ends there. */
  until?: number;
}

/** The first new finding of this many inputs, made small; null = none. `tried`: how many there were. */
export async function search(
  target: Target,
  { seed, runs, known, corpus = [], before = () => {}, until }: Search,
): Promise<{ finding: Finding | null; tried: number }> {
  let tried = 0;
  const property = fc.asyncProperty(inputsOf(target, corpus), async (input) => {
    tried++;
    before(input);
    const fault = await faultOf(target, input);
    return fault === null || known.has(fault.key);
  });
  const limit = until === undefined ? {} : { interruptAfterTimeLimit: Math.max(1, until - Date.now()) };
  const { counterexample } = await fc.check(property, { seed, numRuns: runs, ...limit });
  if (counterexample === null) return { finding: null, tried };
  const [found] = counterexample;
  before(found);
  const fault = await faultOf(target, found);
  if (fault === null) return { finding: { key: "flaky", message: "fails only sometimes", input: found }, tried };
  const input = await minimised(target, found, fault.key, before);
  return { finding: { ...fault, input }, tried };
}

const mostAttempts = 3_000;

/** The same fault by fewer bytes: pieces are left out, the larger ones first (Zeller's ddmin). */
async function minimised(target: Target, from: Uint8Array, key: string, before: Before): Promise<Uint8Array> {
  let best = from;
  let left = mostAttempts;
  for (let size = Math.ceil(best.length / 2); size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && left > 0; left--) {
      const shorter = Uint8Array.from(Buffer.concat([best.subarray(0, at), best.subarray(at + size)]));
      before(shorter);
      if ((await faultOf(target, shorter))?.key === key) best = shorter;
      else at += size;
    }
  }
  return best;
}
