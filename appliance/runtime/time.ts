/** The real clock, sleep and chance; and a clock that runs faster, for the demo. */
import { setTimeout } from "node:timers/promises";
import type { Clock, Sleep } from "../../core/ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

export const systemSleep: Sleep = (milliseconds, signal) =>
  setTimeout(milliseconds, undefined, signal ? { signal } : {}).catch(() => Promise.reject(signal?.reason));

/** A clock on which `factor` milliseconds pass in each real one, from now on, and the sleep that belongs to it. */
export function compressedTime(factor: number): { clock: Clock; sleep: Sleep } {
  const start = Date.now();
  const startMonotonic = performance.now();
  const monotonic = () => (performance.now() - startMonotonic) * factor;
  return {
    clock: { now: () => Math.floor(start + monotonic()), monotonic },
    sleep: (milliseconds, signal) => systemSleep(milliseconds / factor, signal),
  };
}
