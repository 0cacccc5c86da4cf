/** Classifies errors of requests to a target. */
import { DeliveryError, EdgeError, messageOf } from "../../../core/errors.ts";
import type { Circuit } from "../../../core/tickets/circuit.ts";
import type { Failure } from "../../../core/tickets/retry.ts";
import type { Whereabouts } from "./reading.ts";

/** A stable code. */
export function causeOf(error: unknown): string {
  return error instanceof EdgeError ? error.code : "defect";
}

/** The account lacks a permission: retries are useless until somebody grants it. */
export function isHidden(error: unknown): boolean {
  return error instanceof DeliveryError && (error.code === "hidden" || error.code === "forbidden");
}

/** The target accepts no request before this time (epoch ms); null = it named none. */
export function notBefore(error: unknown, now: number): number | null {
  return error instanceof DeliveryError && error.retryAfter !== null ? now + error.retryAfter * 1000 : null;
}

/** What it makes of a failure that a ticket was said not to be there. */
export const whereFailed: Readonly<Record<Whereabouts, Partial<Failure>>> = {
  gone: { cause: "ticket_gone" },
  hidden: {},
  there: { permanent: false },
};

/** `sent`: a request was sent that may have had an effect. */
export function failureOf(error: unknown, now: number, sent: boolean): Failure {
  const cause = causeOf(error);
  // Our own mistake after a request says nothing about its effect.
  if (!(error instanceof DeliveryError))
    return { cause, detail: messageOf(error), permanent: !sent, effectUnknown: sent, notBefore: null, outage: false };
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

/**
 * Tells the circuit of a failure. It does not count against the target if another request of the same delivery was answered (`answered`), or
 * if the target asked to slow down. Refused credentials hold back what is read.
 */
export function noteFailure(circuit: Circuit, error: unknown, answered: boolean, now: number): void {
  if (!(error instanceof DeliveryError) || ["throttled", "not_leader"].includes(error.code)) return;
  if (answered) circuit.succeeded();
  if (error.data.outage === true || error.data.effectUnknown === true) circuit.failed(now);
  else if (error.code === "unauthorized" || error.code === "captcha") {
    circuit.answered();
    circuit.credentials.refused(now, error.code === "captcha");
  } else circuit.succeeded();
}
