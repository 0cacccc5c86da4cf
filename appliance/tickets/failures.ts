/** What an error says of a request to a target. */
import { DeliveryError, EdgeError, messageOf } from "../../core/errors.ts";
import type { Circuit } from "../../core/tickets/circuit.ts";
import type { Failure } from "../../core/tickets/retry.ts";

/** Stable word. */
export function causeOf(error: unknown): string {
  return error instanceof EdgeError ? error.code : "defect";
}

/** The account may not see what it asks for: asking again changes nothing until somebody gives it the right. */
export function isHidden(error: unknown): boolean {
  return error instanceof DeliveryError && (error.code === "hidden" || error.code === "forbidden");
}

/** Before this the target wants no request (epoch ms); null = it did not say. */
export function notBefore(error: unknown, now: number): number | null {
  return error instanceof DeliveryError && error.retryAfter !== null ? now + error.retryAfter * 1000 : null;
}

/** `sent`: something was sent that may have had an effect. */
export function failureOf(error: unknown, now: number, sent: boolean): Failure {
  const cause = causeOf(error);
  if (!(error instanceof DeliveryError))
    return { cause, detail: messageOf(error), permanent: true, effectUnknown: false, notBefore: null, outage: false };
  const { message, data } = error;
  const effectUnknown = sent && data.effectUnknown === true;
  return {
    cause,
    detail: message,
    permanent: data.permanent === true,
    notBefore: notBefore(error, now),
    effectUnknown,
    made: sent && data.made === true,
    outage: data.outage === true && !effectUnknown,
  };
}

/** What a failure says of the target: one request of several that broke is no outage, and and neither is a request to slow down. `answered`: one was answered. */
export function noteFailure(circuit: Circuit, error: unknown, answered: boolean, now: number): void {
  if (!(error instanceof DeliveryError) || error.code === "throttled") return;
  if (answered) circuit.succeeded();
  if (error.data.outage === true || error.data.effectUnknown === true) circuit.failed(now);
  else circuit.succeeded();
}
