/** Probes a system with parked deliveries by reading, so that they resume without manual action (CONTRACT 6). */

import { hourMs, minuteMs } from "../time.ts";

const firstProbeMs = 15 * minuteMs;
const laterProbesMs = hourMs;
/** Wrong credentials, tried too often, lock an account. */
const mostUnauthorized = 3;

/** Causes that affect every request: any answer ends them. */
const ofAllRequests = ["unauthorized", "redirected"];
/** Causes that a connection test may not detect: they end when its result improves. */
const ofSome = ["forbidden", "not_found", "rejected"];

/** Probes of one system since deliveries of it have been parked. */
export interface Probe {
  count: number;
  /** Epoch milliseconds. */
  last: number;
  ok: boolean;
}

/** Deliveries that are parked for one cause. */
export interface Parked {
  cause: string;
  /** When the first was parked, epoch milliseconds. */
  oldest: number;
}

/**
 * When the next probe is due (epoch milliseconds); null: none, a person has to do something. What was noted at a time that is still to come was noted by
 * a clock that has been set back since: it is due.
 */
export function nextProbe(parked: readonly Parked[], before: Probe | null, now: number): number | null {
  const after = (at: number, pause: number) => (at > now + minuteMs ? now : at + pause);
  const causes = parked.map(({ cause }) => cause);
  const mendable = parked.filter(({ cause }) => [...ofAllRequests, ...ofSome].includes(cause));
  if (mendable.length === 0 || causes.includes("captcha")) return null;
  if (before === null) return after(Math.min(...mendable.map(({ oldest }) => oldest)), firstProbeMs);
  if (causes.includes("unauthorized") && before.count >= mostUnauthorized) return null;
  return after(before.last, laterProbesMs);
}

/** Causes whose deliveries resume after a probe. */
export function endedCauses(before: Probe | null, ok: boolean): string[] {
  if (!ok) return [];
  return before !== null && !before.ok ? [...ofAllRequests, ...ofSome] : ofAllRequests;
}
