/** Interprets answers of targets: their error texts, errors under a status of 2xx, and connections that broke without an answer. */
import { DeliveryError, messageOf } from "../core/errors.ts";

/** Failures before any part of the request was sent. */
const notSent =
  /ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|FailedToOpenSocket|CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|DNS/i;

/** An answer of which the rest is not read. */
export class TooLong extends Error {
  constructor(mostBytes: number) {
    super(`it answers with more than ${mostBytes / 1_048_576} MiB, which is read no further`);
  }
}

/** Whether less has to be asked for at a time. */
export function isTooLong(error: unknown): boolean {
  return error instanceof DeliveryError && error.code === "too_long";
}

/** Whether asking again is no use until somebody has mended something there. Of credentials and addresses the next request shows that by itself. */
export function isRefused(error: unknown): boolean {
  if (!(error instanceof DeliveryError) || error.data.permanent !== true) return false;
  return !["unauthorized", "captcha", "redirected"].includes(error.code);
}

/** Why no answer came, as a stable code; `sent`: the request may have had an effect. */
export function brokenOff(error: unknown): { name: string; sent: boolean; said: string } {
  // ofetch wraps the error of fetch.
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const text = `${String((cause as { code?: unknown }).code ?? "")} ${messageOf(cause)}`;
  const sent = !notSent.test(text);
  const isTls = /CERT|SELF_SIGNED|UNABLE_TO|TLS/i.test(text);
  const name = !sent
    ? isTls
      ? "tls"
      : "unreachable"
    : /timed? ?out|abort/i.test(text)
      ? "timeout"
      : "connection_broke";
  return {
    name,
    sent,
    said: messageOf(cause).replace(/ For more information, pass.*$| Is the computer able to access the url\?$/, ""),
  };
}

/** An escaped half of a surrogate pair; whether the other half is there is seen once it is read. */
const escapedHalf = /\\ud[89a-f]/i;

/**
 * The value of JSON text; undefined for text that is none. A half of a surrogate pair (RFC 8259, 8.2) becomes U+FFFD: no address, request or row
 * can hold it.
 */
// biome-ignore lint/suspicious/noExplicitAny: whatever the target says
export function parseJson(text: string): any {
  try {
    return escapedHalf.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A reviver of `JSON.parse`. */
function wellFormed(_name: string, value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (Object.keys(value).every((name) => name.isWellFormed())) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name.toWellFormed(), one]));
}

/** The error text of an answer: Jira's ErrorCollection, ServiceNow's error, else the text without markup. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the target says
export function wordsOf(body: any, text: string): string {
  if (typeof body !== "object" || body === null) return withoutMarkup(text.slice(0, mostMarkup));
  const { errorMessages, errors, error } = body;
  const fields =
    typeof errors === "object" && errors !== null
      ? Object.entries(errors).map(([name, why]) => `${name}: ${wordOf(why)}`)
      : [];
  const said = [
    ...(Array.isArray(errorMessages) ? errorMessages.map(wordOf) : []),
    ...fields,
    ...(typeof error === "object" && error !== null
      ? [error.message, error.detail].filter(Boolean).map(wordOf)
      : typeof error === "string"
        ? [error]
        : []),
    ...(typeof body.message === "string" ? [body.message] : []),
  ];
  return said.join("; ");
}

/** A value as text. Of a list, its texts; an object has none, and may hold a `toString` that is no function. */
function wordOf(value: unknown): string {
  if (Array.isArray(value)) return value.filter((one) => typeof one !== "object").join(", ");
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Far more than is shown; the patterns look at the rest of the text for each tag that has no end. */
const mostMarkup = 64 * 1024;

function withoutMarkup(text: string): string {
  const bare = text.replace(/<(script|style)\b(?:(?!<\1)[\s\S])*?<\/\1>/gi, " ");
  return bare.replace(/<[^<>]*>/g, " ");
}

/** However long a target asks us to wait, it is asked again after a day. */
export const longestRetryAfterSeconds = 86_400;

/** The seconds of `Retry-After`, which may also be a date (RFC 9110, 10.2.3); null if it is neither. */
export function retryAfterSeconds(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value.trim())) return Math.min(Number(value), longestRetryAfterSeconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.min(longestRetryAfterSeconds, Math.max(0, Math.ceil((date - now) / 1000)));
}

/**
 * Whether an answer contains an error whatever its HTTP status: ServiceNow's `error` and `status: "failure"` (a transaction that was cancelled,
 * a query that took too long), Jira's ErrorCollection, `success: false`.
 */
export function carriesError(body: unknown): boolean {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return false;
  const { error, errors, errorMessages, status, success } = body as Readonly<Record<string, unknown>>;
  return (
    [error, errors, errorMessages].some(isSaid) ||
    (typeof status === "string" && /^(failure|failed|error)$/i.test(status.trim())) ||
    success === false
  );
}

/** Whether the value is not empty. */
function isSaid(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Whether an error is temporary and the target's own: a query that was cancelled or took too long, a limit, an overload. */
export function passesByItself(words: string): boolean {
  return /cancel|time[ds]?[ -]?out|timeout|too long|exceed|quota|limit|overload|unavailable|try again|temporar|maintenance/i.test(
    words,
  );
}

/** For `catch` after a request that was taken: what it wrote may be there, so it is looked up before it is written again. @throws the error */
export function afterWriting(error: unknown): never {
  if (!(error instanceof DeliveryError)) throw error;
  const { code, message, retryAfter, data } = error;
  throw new DeliveryError(code, message, {
    retryable: true,
    ...(retryAfter === null ? {} : { retryAfter }),
    data: { ...data, permanent: false, effectUnknown: true },
  });
}
