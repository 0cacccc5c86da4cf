/** The real clock, sleep and random numbers; and a faster clock for the demo. */
import { setTimeout } from "node:timers/promises";
import type { Clock, Sleep } from "../../core/ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

export const systemSleep: Sleep = (milliseconds, signal) =>
  setTimeout(milliseconds, undefined, signal ? { signal } : {}).catch(() => Promise.reject(signal?.reason));

/** A clock that runs `factor` times as fast from now on, with its sleep. */
export function compressedTime(factor: number): { clock: Clock; sleep: Sleep } {
  const start = Date.now();
  const startMonotonic = performance.now();
  const monotonic = () => (performance.now() - startMonotonic) * factor;
  return {
    clock: { now: () => Math.floor(start + monotonic()), monotonic },
    sleep: (milliseconds, signal) => systemSleep(milliseconds / factor, signal),
  };
}
