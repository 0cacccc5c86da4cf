/** All requests to targets go through here. The error of a failed one says whether it may be sent again, and whether it may have had an effect. */
import { ofetch } from "ofetch";
import { DeliveryError } from "../core/errors.ts";
import type { RemoteTicket } from "../core/tickets/ticket.ts";
import { brokenOff, carriesError, parseJson, passesByItself, retryAfterSeconds, TooLong, wordsOf } from "./answers.ts";
import { isRecording, note, noteBroken } from "./exchanges.ts";
import { keptBody, withoutSecrets } from "./kept-bodies.ts";
import { putOff, type Throttle } from "./throttle.ts";

export type Fetch = typeof globalThis.fetch;

/** The tools of every adapter. */
export interface AdapterTools {
  fetch: Fetch;
  now: () => number;
  /** Whether a request may be sent now; default: always. */
  mayAct?: () => boolean;
  throttle: Throttle;
  timeoutMs?: number;
}

export interface TargetOptions {
  /** The origin, with the target's path prefix if it has one; no slash at the end. */
  baseUrl: string;
  headers: Readonly<Record<string, string>>;
  fetch: Fetch;
  now(): number;
  mayAct?: () => boolean;
  throttle: Throttle;
  timeoutMs?: number;
  /** Texts that never appear in messages. */
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
  /** Statuses besides 2xx that are no failure. */
  also?: readonly number[];
}

interface MakingRequest extends Pick<TargetRequest, "path" | "body"> {
  /** The ticket that was made, from the answer; null if the answer does not name it. */
  identified(answer: TargetAnswer): RemoteTicket | null;
}

const defaultTimeoutMs = 30_000;
const mostBytes = 4 * 1024 * 1024;
const longestWords = 600;

export class Target {
  readonly #options: TargetOptions;

  constructor(options: TargetOptions) {
    this.#options = options;
  }

  /** Returns the answer as JSON. @throws DeliveryError; `data`: `status`, `words`, `permanent`, `effectUnknown`, `outage`, `made` */
  async request(asked: TargetRequest): Promise<TargetAnswer> {
    const { method, path, also = [] } = asked;
    const { response, text, broken } = await this.#exchange(asked);
    if (broken !== null) throw this.#network(broken, `${method} ${path.split("?")[0]}`);
    const { status } = response;
    const body = parseJson(text);
    const words = this.#clean(wordsOf(body, text));
    const isGood = status >= 200 && status < 300;
    const isAnswer = (body !== undefined || text === "") && !(isGood && carriesError(body));
    const isWanted = isGood || also.includes(status);
    const sent = this.#kept(asked.body);
    note(
      { request: `${method} ${path.split("?")[0]}`, status, words, sent, answer: this.#kept(text) },
      isWanted && isAnswer,
    );
    if (!isWanted) throw this.#refusal(response, status, words);
    if (!isAnswer) throw this.#noAnswer(body, text, status, words);
    return { status, headers: response.headers, body };
  }

  /**
   * Sends a request that makes something, and returns what the answer identifies. A status of 2xx means that it was made. Exceptions under 200:
   * a page or half an answer may come from a proxy, and an error proves neither; these are looked up later.
   * @throws DeliveryError `made_not_identified` (`data.made`): it exists, and must not be sent again
   */
  async make({ path, body, identified }: MakingRequest): Promise<RemoteTicket> {
    const request = `POST ${path.split("?")[0]}`;
    const { response, text, broken } = await this.#exchange({
      method: "POST",
      path,
      ...(body === undefined ? {} : { body }),
    });
    const { status, headers } = response;
    const parsed = broken === null ? parseJson(text) : undefined;
    const words = this.#clean(wordsOf(parsed, text));
    const exchange = { request, status, words, sent: this.#kept(body), answer: this.#kept(text) };
    // Forms answer 303 See Other when something was made.
    if (!((status >= 200 && status < 300) || status === 303)) {
      note(exchange);
      throw this.#refusal(response, status, words);
    }
    note(exchange, true);
    const made = identified({ status, headers, body: parsed });
    if (made !== null) return made;
    if (status !== 201) {
      if (broken !== null) throw this.#network(broken, request);
      if (status === 303 || (parsed === undefined && text !== "") || carriesError(parsed))
        throw this.#noAnswer(parsed, text, status, words);
    }
    throw new DeliveryError(
      "made_not_identified",
      `it answers ${status}, so it was made, and does not say which${words === "" ? "" : `: ${words}`}`,
      { retryable: false, data: { status, words, permanent: false, effectUnknown: false, made: true } },
    );
  }

  /** Returns any response; `broken`: the connection ended within it. @throws DeliveryError if there was no response */
  async #exchange({
    method,
    path,
    body,
  }: TargetRequest): Promise<{ response: Response; text: string; broken: unknown }> {
    const { baseUrl, headers, fetch, timeoutMs = defaultTimeoutMs } = this.#options;
    const request = `${method} ${path.split("?")[0]}`;
    this.#waitsFor(request);
    note({ request, status: null, words: "", sent: this.#kept(body), answer: null });
    const client = ofetch.create({}, { fetch } as never);
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
        // Attempts are counted in the ledger, and a redirect to a login page is no answer.
        retry: 0,
        redirect: "manual",
        ignoreResponseError: true,
        responseType: "stream",
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      throw this.#network(error, request);
    }
    try {
      return { response, text: await this.#read(response), broken: null };
    } catch (error) {
      return { response, text: "", broken: error };
    }
  }

  /** The error for a successful status with a body that is no answer. */
  #noAnswer(body: unknown, text: string, status: number, words: string): DeliveryError {
    if (body === undefined)
      return this.#failure(
        "no_json",
        `${isPage(text) ? "a page" : "something"} that is no JSON (asleep, or a proxy's login)`,
        status,
        words,
        { retryable: true, effectUnknown: true, outage: true },
      );
    return this.#failure("answer_error", "it answers that all is well, with an error in it", status, words, {
      retryable: true,
      effectUnknown: true,
      outage: passesByItself(words),
    });
  }

  /** Enforces Retry-After. @throws DeliveryError throttled */
  #waitsFor(request: string): void {
    const { now, throttle, mayAct } = this.#options;
    if (mayAct?.() === false)
      throw this.#failure("not_leader", "held back: this node does not lead its cluster at the moment", null, request, {
        retryable: true,
        outage: true,
      });
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
    if (retryAfter !== null) putOff(throttle, now() + retryAfter * 1000);
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
    if (status === 401 && response.headers.get("x-authentication-denied-reason")?.includes("CAPTCHA") === true)
      return this.#failure("captcha", "log in by hand once and answer the CAPTCHA", status, words, {});
    if (status === 401)
      return this.#failure("unauthorized", "user name, password or token does not hold", status, words, {});
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
    if (error instanceof TooLong) {
      noteBroken(request, error.message);
      // The target works; what it has of this ticket is too much.
      return this.#failure("too_long", error.message, null, "", {
        retryable: true,
        effectUnknown: !request.startsWith("GET "),
      });
    }
    const { name, sent, said } = brokenOff(error);
    const words = this.#clean(said);
    noteBroken(request, words);
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

  /** Reads a limited number of bytes, so that an endless answer cannot fill the memory. */
  async #read(response: Response): Promise<string> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      size += part.length;
      if (size > mostBytes) throw new TooLong(mostBytes);
      parts.push(part);
    }
    return Buffer.concat(parts).toString("utf8");
  }

  /** Only work that is recorded keeps bodies. */
  #kept(body: string | undefined): string | null {
    return isRecording() ? keptBody(body, this.#options.secrets) : null;
  }

  #clean(text: string): string {
    // Before the text is shortened, which could leave a part of a secret.
    return withoutSecrets(text, this.#options.secrets)
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim()
      .slice(0, longestWords)
      .toWellFormed();
  }
}

function isPage(text: string): boolean {
  return /^\s*</.test(text);
}
