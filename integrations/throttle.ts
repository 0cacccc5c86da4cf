/** What a target has asked for with Retry-After. */

/** Shared by all who ask the same target. */
export interface Throttle {
  /** Which target that is: its system, and what stands for address and account. */
  readonly name: string;
  /** The target accepts no request before this time; epoch milliseconds. */
  until: number;
  /** Called when an answer has moved `until`, to store it at once: it must hold after a kill too. */
  changed?: () => void;
}

/** Waits at least until this time (epoch milliseconds) from now on. */
export function putOff(throttle: Throttle, until: number): void {
  if (until <= throttle.until) return;
  throttle.until = until;
  throttle.changed?.();
}
