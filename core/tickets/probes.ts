/** A system with parked deliveries is tried again by reading, so that what it refused goes on by itself (CONTRACT 6). */

const firstProbeMs = 15 * 60_000;
const laterProbesMs = 60 * 60_000;
/** Wrong credentials, tried too often, lock an account. */
const mostUnauthorized = 3;

/** Causes that hold for every request: whoever gets an answer again is past them. */
const ofAllRequests = ["unauthorized", "redirected"];
/** Causes that the test of a connection may have had nothing to do with: they end when it got better. */
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

/** When the next probe is due (epoch milliseconds); null: none, a person has to do something. */
export function nextProbe(parked: readonly Parked[], before: Probe | null): number | null {
  const causes = parked.map(({ cause }) => cause);
  const mendable = parked.filter(({ cause }) => [...ofAllRequests, ...ofSome].includes(cause));
  if (mendable.length === 0 || causes.includes("captcha")) return null;
  if (before === null) return Math.min(...mendable.map(({ oldest }) => oldest)) + firstProbeMs;
  if (causes.includes("unauthorized") && before.count >= mostUnauthorized) return null;
  return before.last + laterProbesMs;
}

/** Causes whose deliveries go on after a probe. */
export function endedCauses(before: Probe | null, ok: boolean): string[] {
  if (!ok) return [];
  return before !== null && !before.ok ? [...ofAllRequests, ...ofSome] : ofAllRequests;
}
