/** When a delivery is tried again, and what becomes of one that failed: pure decisions with a name (CONTRACT 6). */
import { type Delivery, type DeliveryKind, type DeliveryState, interrupted } from "./ticket.ts";

export interface RetrySettings {
  /** After the first attempt. */
  maxRetries: number;
  baseDelaySeconds: number;
  maxDelaySeconds: number;
  /** When an unknown outcome is looked up, one after the other; after the last look it is sent again. */
  lookupDelaysSeconds: readonly number[];
  /** What follows when nothing was found: send again, or hold for a person. */
  unknownOutcome: "resend" | "ask";
}

/** The outcome of a request to a target. */
export interface Failure {
  /** Stable word. */
  cause: string;
  detail: string;
  /** A person has to fix something first. */
  permanent: boolean;
  /** The request may have had its effect. */
  effectUnknown: boolean;
  /** Epoch milliseconds before which the target must not be asked (Retry-After); null = not given. */
  notBefore: number | null;
  /** The target says that it was made, and not which: looked up once, and never sent again by itself. */
  made?: boolean;
  /** The target, not this ticket, is the trouble: nothing is counted against the ticket. */
  outage: boolean;
}

export interface Next {
  state: DeliveryState;
  attempts: number;
  lookups: number;
  nextAttemptAt: number;
  reason: "parked" | "look-up" | "retry" | "retries-exhausted" | "outage";
}

/** After a request that failed. `random`: 0 to 1; jitter only adds, at most a tenth. */
export function afterFailure(
  delivery: Delivery,
  failure: Failure,
  settings: RetrySettings,
  now: number,
  random: number,
): Next {
  const { attempts, lookups } = delivery;
  if (failure.made === true) return { state: "unknown", attempts, lookups: 0, nextAttemptAt: now, reason: "look-up" };
  const at = (seconds: number) => Math.max(now + Math.ceil(seconds * 1000), failure.notBefore ?? 0);
  if (failure.permanent) return { state: "parked", attempts, lookups, nextAttemptAt: now, reason: "parked" };
  if (failure.effectUnknown && isLookedUp(delivery.kind)) {
    const delay = settings.lookupDelaysSeconds[0] ?? 0;
    return { state: "unknown", attempts: attempts + 1, lookups: 0, nextAttemptAt: at(delay), reason: "look-up" };
  }
  if (failure.outage) return { state: "planned", attempts, lookups, nextAttemptAt: at(0), reason: "outage" };
  const failed = attempts + 1;
  if (failed > settings.maxRetries)
    return { state: "dead", attempts: failed, lookups, nextAttemptAt: now, reason: "retries-exhausted" };
  const delay = backoffSeconds(failed, settings) * (1 + random / 10);
  return { state: "planned", attempts: failed, lookups, nextAttemptAt: at(delay), reason: "retry" };
}

/** A duplicate would be visible, so a request that may have taken effect is looked up first. */
function isLookedUp(kind: DeliveryKind): boolean {
  return kind === "create" || kind === "comment";
}

/** 60, 120, 240, 480, 960 s after the first, second … failure. */
function backoffSeconds(failed: number, { baseDelaySeconds, maxDelaySeconds }: RetrySettings): number {
  return Math.min(maxDelaySeconds, baseDelaySeconds * 2 ** (failed - 1));
}

/**
 * For a target whose look-up is consistent: one empty look-up is enough, except right after a start, because the target may still be working on
 * what the killed process had sent.
 */
export function forOneLook(delivery: Pick<Delivery, "cause" | "lookups">, settings: RetrySettings): RetrySettings {
  const isEarly = delivery.cause === interrupted && delivery.lookups === 0;
  return { ...settings, lookupDelaysSeconds: isEarly ? [0, settings.lookupDelaysSeconds[0] ?? 0] : [] };
}

/** Decides after a look-up that found nothing. */
export function afterEmptyLookup(delivery: Delivery, settings: RetrySettings, now: number): Next {
  const { attempts } = delivery;
  const lookups = delivery.lookups + 1;
  const before = settings.lookupDelaysSeconds[lookups - 1] ?? 0;
  const delay = settings.lookupDelaysSeconds[lookups];
  if (delay !== undefined)
    return {
      state: "unknown",
      attempts,
      lookups,
      nextAttemptAt: now + Math.ceil(Math.max(0, delay - before) * 1000),
      reason: "look-up",
    };
  if (settings.unknownOutcome === "ask")
    return { state: "parked", attempts, lookups, nextAttemptAt: now, reason: "parked" };
  if (attempts > settings.maxRetries)
    return { state: "dead", attempts, lookups, nextAttemptAt: now, reason: "retries-exhausted" };
  return { state: "planned", attempts, lookups: 0, nextAttemptAt: now, reason: "retry" };
}
