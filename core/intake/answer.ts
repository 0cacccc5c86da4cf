/** What a batch came to, as it is answered (CONTRACT 2). */

import type { AnswerRest, IntakeTally } from "../ports.ts";
import { dayMs } from "../time.ts";

/** How long an Idempotency-Key is remembered. */
export const idempotencyWindowMs = dayMs;

export const noTally: IntakeTally = { accepted: 0, duplicates: 0, alertsNew: 0, alertsUpdated: 0 };

export function addTally(a: IntakeTally, b: IntakeTally): IntakeTally {
  return {
    accepted: a.accepted + b.accepted,
    duplicates: a.duplicates + b.duplicates,
    alertsNew: a.alertsNew + b.alertsNew,
    alertsUpdated: a.alertsUpdated + b.alertsUpdated,
  };
}

/** The answer as JSON text. Batches of alarms have no alert counts; `warnings` appears only when there are some. */
export function composeAnswer(kind: "detections" | "alarms", tally: IntakeTally, rest: AnswerRest): string {
  const alerts = kind === "detections" ? { alerts_new: tally.alertsNew, alerts_updated: tally.alertsUpdated } : {};
  return JSON.stringify({
    received: rest.received,
    accepted: tally.accepted,
    duplicates: tally.duplicates + rest.repeats,
    ...alerts,
    rejected: rest.rejected,
    ...(rest.warnings.length > 0 ? { warnings: rest.warnings } : {}),
  });
}
