/** The one way to targets: every request that fails says whether it may be sent again, and whether it may have had its effect. */
import { AsyncLocalStorage } from "node:async_hooks";
import { ofetch } from "ofetch";
import { DeliveryError, messageOf } from "../core/errors.ts";
import type { Exchange } from "../core/tickets/ticket.ts";

export type Fetch = typeof globalThis.fetch;

/** What a target has asked for with Retry-After, for all who ask it. */
export interface Throttle {
  /** Epoch milliseconds before which it wants no request. */
  until: number;
}

/** What every adapter gets. */
export interface AdapterTools {
  fetch: Fetch;
  now: () => number;
  throttle: Throttle;
  timeoutMs?: number;
}

export interface TargetOptions {
  /** Origin, with a path prefix where the target has one; no slash at the end. */
  baseUrl: string;
  headers: Readonly<Record<string, string>>;
  fetch: Fetch;
  now(): number;
  throttle: Throttle;
  timeoutMs?: number;
  /** Never to be repeated in messages. */
  secrets: readonly string[];
}

export interface TargetAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the target says
  body: any;
}

export interface TargetRequest {
  method: "GET" | "POST" | "PUT" | "PATCH";
  path: string;
  body?: string;
  /** Statuses that are no failure besides 2xx. */
  also?: readonly number[];
}

const defaultTimeoutMs = 30_000;
const mostBytes = 4 * 1024 * 1024;
const longestWords = 600;
/** Failures before anything of the request was sent. */
const notSent =
  /ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|FailedToOpenSocket|CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|DNS/i;

/** What was asked of targets in the course of one piece of work. */
export interface Exchanges {
  last: Exchange | null;
  /** One of the requests got the answer that it asked for. */
  answered: boolean;
}

const recording = new AsyncLocalStorage<Exchanges>();

/** Runs `work`; what it has asked of targets can be read at any time, whatever others ask meanwhile. */
export function recordingExchanges<T>(work: (exchanges: Readonly<Exchanges>) => Promise<T>): Promise<T> {
  const record: Exchanges = { last: null, answered: false };
  return recording.run(record, () => work(record));
}

function note(exchange: Exchange, answered = false): void {
  const record = recording.getStore();
  if (record === undefined) return;
  record.last = exchange;
  record.answered ||= answered;
}

export class Target {
  readonly #options: TargetOptions;

  constructor(options: TargetOptions) {
    this.#options = options;
  }

  /** The answer as JSON. @throws DeliveryError; `data`: `status`, `words`, `sent`, `permanent`, `effectUnknown`, `outage` */
  async request({ method, path, body, also = [] }: TargetRequest): Promise<TargetAnswer> {
    const { baseUrl, headers, fetch, timeoutMs = defaultTimeoutMs } = this.#options;
    const request = `${method} ${path.split("?")[0]}`;
    this.#waitsFor(request);
    note({ request, status: null, words: "" });
    const client = ofetch.create({}, { fetch } as never);
    let text: string;
    let response: Response;
    try {
      response = await client.raw(`${baseUrl}${path}`, {
        method,
        headers: {
          Accept: "application/json",
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
        // The ledger counts attempts; a login page is no answer.
        ...{
          retry: 0,
          redirect: "manual",
          ignoreResponseError: true,
          responseType: "stream",
          signal: AbortSignal.timeout(timeoutMs),
        },
      });
      text = await this.#read(response);
    } catch (error) {
      throw this.#network(error, request);
    }
    const { status } = response;
    const parsed = parse(text);
    const words = this.#clean(wordsOf(parsed, text));
    const isJson = parsed !== undefined || text === "";
    const isWanted = (status >= 200 && status < 300) || also.includes(status);
    note({ request, status, words }, isWanted && isJson);
    if (isWanted) {
      if (isJson) return { status, headers: response.headers, body: parsed };
      const html = /^\s*</.test(text);
      throw this.#failure(
        "no_json",
        `${html ? "a page" : "something"} that is no JSON (asleep, or a proxy's login)`,
        status,
        words,
        {
          retryable: true,
          effectUnknown: true,
          outage: true,
        },
      );
    }
    throw this.#refusal(response, status, words);
  }

  /** Nothing is sent before the target wants it. @throws DeliveryError throttled */
  #waitsFor(request: string): void {
    const { now, throttle } = this.#options;
    const left = throttle.until - now();
    if (left <= 0) return;
    const retryAfter = Math.ceil(left / 1000);
    throw this.#failure("throttled", `held back: it wants no request for ${retryAfter} s`, null, request, {
      retryable: true,
      retryAfter,
      outage: true,
    });
  }

  #refusal(response: Response, status: number, words: string): DeliveryError {
    const { now, throttle } = this.#options;
    const retryAfter = retryAfterSeconds(response.headers.get("retry-after"), now());
    if (retryAfter !== null) throttle.until = Math.max(throttle.until, now() + retryAfter * 1000);
    if (status >= 300 && status < 400) {
      const where = this.#clean(response.headers.get("location") ?? "");
      return this.#failure(
        "redirected",
        `it redirects to ${where || "elsewhere"}: check the address`,
        status,
        words,
        {},
      );
    }
    if (status === 401) {
      const captcha = response.headers.get("x-authentication-denied-reason")?.includes("CAPTCHA") ?? false;
      return this.#failure(
        captcha ? "captcha" : "unauthorized",
        captcha ? "log in by hand once and answer the CAPTCHA" : "user name, password or token does not hold",
        status,
        words,
        {},
      );
    }
    if (status === 429)
      return this.#failure("throttled", "it asks us to slow down", status, words, { retryable: true, retryAfter });
    if (status === 409 || status === 425)
      return this.#failure("busy", "it is busy with this record", status, words, { retryable: true, retryAfter });
    if (status === 408 || status >= 500)
      return this.#failure("server_error", "it failed", status, words, {
        retryable: true,
        retryAfter,
        effectUnknown: true,
        outage: status !== 500,
      });
    const causes: Readonly<Record<number, string>> = { 403: "forbidden", 404: "not_found", 413: "too_large" };
    return this.#failure(causes[status] ?? "rejected", "it refuses the request", status, words, {});
  }

  #network(error: unknown, request: string): DeliveryError {
    // ofetch wraps what fetch has thrown.
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
    const words = this.#clean(messageOf(cause).replace(/ For more information, pass.*$/, ""));
    note({ request, status: null, words });
    return this.#failure(name, name.replaceAll("_", " "), null, words, {
      retryable: true,
      effectUnknown: sent,
      outage: true,
    });
  }

  #failure(
    reason: string,
    what: string,
    status: number | null,
    words: string,
    options: { retryable?: boolean; retryAfter?: number | null; effectUnknown?: boolean; outage?: boolean },
  ): DeliveryError {
    const { retryable = false, retryAfter = null, effectUnknown = false, outage = false } = options;
    const said = words === "" ? "" : `: ${words}`;
    return new DeliveryError(reason, `${what}${status === null ? "" : ` (${status})`}${said}`, {
      retryable,
      ...(retryAfter === null ? {} : { retryAfter }),
      data: { status, words, permanent: !retryable, effectUnknown, outage },
    });
  }

  /** At most so much: a target that never stops sending does not fill the memory. */
  async #read(response: Response): Promise<string> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      size += part.length;
      if (size > mostBytes) throw new Error("the answer has no end");
      parts.push(part);
    }
    return Buffer.concat(parts).toString("utf8");
  }

  #clean(text: string): string {
    let clean = text;
    // Before it is shortened: half a secret is one too.
    for (const secret of this.#options.secrets) {
      if (secret.length < 4) continue;
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])
        clean = clean.replaceAll(form, "********");
    }
    return clean
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim()
      .slice(0, longestWords)
      .toWellFormed();
  }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the target says
function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a target says of a failure, in its own words: Jira's ErrorCollection, ServiceNow's error, else the text without markup. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the target says
function wordsOf(body: any, text: string): string {
  if (typeof body !== "object" || body === null) return text.replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, " ");
  const { errorMessages, errors, error } = body;
  const fields =
    typeof errors === "object" && errors !== null
      ? Object.entries(errors).map(([name, why]) => `${name}: ${String(why)}`)
      : [];
  const said = [
    ...(Array.isArray(errorMessages) ? errorMessages.map(String) : []),
    ...fields,
    ...(typeof error === "object" && error !== null
      ? [error.message, error.detail].filter(Boolean).map(String)
      : typeof error === "string"
        ? [error]
        : []),
    ...(typeof body.message === "string" ? [body.message] : []),
  ];
  return said.join("; ");
}

/** Seconds of `Retry-After`, which may also be a date (RFC 9110, 10.2.3); null for neither. */
function retryAfterSeconds(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value.trim())) return Math.min(Number(value), 86_400);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.min(86_400, Math.max(0, Math.ceil((date - now) / 1000)));
}
