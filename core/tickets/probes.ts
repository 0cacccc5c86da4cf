/**
 * Probes a system with parked deliveries by reading, so that they resume without manual action (CONTRACT 6). So do deliveries that have used up their
 * retries because the system asked to slow down: nothing is wrong with them, and no outage ends.
 */

import { hourMs, minuteMs } from "../time.ts";

const firstProbeMs = 15 * minuteMs;
const laterProbesMs = hourMs;
/** Wrong credentials, tried too often, lock an account. */
const mostUnauthorized = 3;

/** Causes that affect every request: any answer ends them. */
const ofAllRequests = ["unauthorized", "redirected"];
/** Causes that a connection test may not detect: they end when its result improves. */
const ofSome = ["forbidden", "not_found", "rejected"];

/** Cause of a delivery that the system has refused because it wants fewer requests. */
export const throttled = "throttled";

/** Probes of one system since deliveries of it have been parked. */
export interface Probe {
  /** Those with credentials that had been refused, one after the other. */
  count: number;
  /** Epoch milliseconds. */
  last: number;
  ok: boolean;
}

/** Deliveries that stand still for one cause. */
export interface Parked {
  cause: string;
  /** When the first was parked, epoch milliseconds. */
  oldest: number;
}

/** Whether a probe may end what these deliveries stand still for: they are parked, or dead because of a limit of the system. */
export function isProbedFor({ state, cause }: { state: "parked" | "dead"; cause: string }): boolean {
  return state === "parked" ? cause !== throttled : cause === throttled;
}

/**
 * When the next probe is due (epoch milliseconds); null: none, a person has to do something. What was noted at a time that is still to come was noted by
 * a clock that has been set back since: it is due.
 */
export function nextProbe(parked: readonly Parked[], before: Probe | null, now: number): number | null {
  const after = (at: number, pause: number) => (at > now + minuteMs ? now : at + pause);
  const causes = parked.map(({ cause }) => cause);
  const mendable = parked.filter(({ cause }) => [...ofAllRequests, ...ofSome, throttled].includes(cause));
  if (mendable.length === 0 || causes.includes("captcha")) return null;
  if (before === null) return after(Math.min(...mendable.map(({ oldest }) => oldest)), firstProbeMs);
  if (causes.includes("unauthorized") && before.count >= mostUnauthorized) return null;
  return after(before.last, laterProbesMs);
}

/** The number of probes with refused credentials, after one while these deliveries stood still. */
export function countAfter(parked: readonly Parked[], before: Probe | null): number {
  return parked.some(({ cause }) => cause === "unauthorized") ? (before?.count ?? 0) + 1 : 0;
}

/** Causes for which deliveries were parked and resume after a probe. */
export function endedCauses(before: Probe | null, ok: boolean): string[] {
  if (!ok) return [];
  return before !== null && !before.ok ? [...ofAllRequests, ...ofSome] : ofAllRequests;
}
