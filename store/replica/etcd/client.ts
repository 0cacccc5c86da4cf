/**
 * Requests to etcd's JSON gateway. An endpoint that fails is left for the next one. node:https because fetch takes a client certificate in
 * another way on each runtime.
 */
import { Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { LogUnavailable } from "../log.ts";
import { isAnswer } from "./answer-form.ts";

export interface EtcdOptions {
  /** Addresses such as `https://10.0.0.1:2379`. */
  endpoints: readonly string[];
  /** PEM texts; null for plain HTTP. */
  tls: { ca: string | null; cert: string | null; key: string | null } | null;
  /** What every key begins with, such as `rx/main/`. */
  prefix: string;
}

/** etcd answered, and what was asked is wrong: another endpoint would say the same. */
export class EtcdRefusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.name = "EtcdRefusal";
    this.code = code;
  }
}

/** How long is waited for answers, in milliseconds. */
export interface Patience {
  /** For any answer. */
  deadline: number;
  /** For one endpoint; default 2,000. */
  attempt?: number;
  /** After so long without an answer the next endpoint is asked as well; default: as `attempt`. */
  another?: number;
}

/** While another endpoint than the first is asked, it is looked so often whether the first one answers again. */
const backEveryMs = 5_000;

/** gRPC codes by which etcd says that another attempt may succeed: deadline, aborted, unavailable, and unknown, which wraps "no leader". */
const passing: readonly number[] = [1, 2, 4, 8, 10, 13, 14];
const mostAnswerBytes = 64 * 1024 * 1024;

type Attempt = { endpoint: number; answer: unknown } | { error: unknown };

export class EtcdClient {
  readonly prefix: string;
  readonly #endpoints: readonly string[];
  readonly #plain = new PlainAgent({ keepAlive: true, maxSockets: 8 });
  readonly #tls: TlsAgent;
  #current = 0;
  #isClosed = false;
  /** When it is looked again whether the first endpoint answers. */
  #backAt = 0;

  constructor({ endpoints, tls, prefix }: EtcdOptions) {
    this.prefix = prefix;
    this.#endpoints = endpoints;
    const { ca = null, cert = null, key = null } = tls ?? {};
    this.#tls = new TlsAgent({
      keepAlive: true,
      maxSockets: 8,
      // Said because NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment is not what our settings say.
      rejectUnauthorized: true,
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    });
  }

  /** One key or value as the gateway takes it. */
  key(name: string): string {
    return base64(`${this.prefix}${name}`);
  }

  /** The end of the range of all keys that begin with `name`. */
  endOf(name: string): string {
    const bytes = Buffer.from(`${this.prefix}${name}`);
    const last = bytes.length - 1;
    bytes[last] = (bytes[last] ?? 0) + 1;
    return bytes.toString("base64");
  }

  /**
   * Asks one endpoint after the other until one answers. One that is slow is not waited for alone: who is cut off, or hangs, does not say so.
   * Only for what may be done twice. @throws LogUnavailable, EtcdRefusal
   */
  async ask<Answer>(
    path: string,
    body: object,
    { deadline, attempt = 2_000, another = attempt }: Patience,
  ): Promise<Answer> {
    const text = JSON.stringify(body);
    const end = performance.now() + deadline;
    const asked = new Set<Promise<Attempt>>();
    let last: unknown = null;
    for (let next = this.#current, count = 0; ; ) {
      const left = end - performance.now();
      if (left <= 0 || this.#isClosed)
        throw new LogUnavailable(`etcd does not answer: ${words(last)}`, { cause: last });
      if (asked.size < this.#endpoints.length) {
        const mine = this.#attempt(next, path, text, Math.min(left, attempt));
        asked.add(mine);
        void mine.then(() => asked.delete(mine));
        next = (next + 1) % this.#endpoints.length;
        count++;
      }
      const enough = after(Math.min(left, another));
      const outcome = await Promise.race([...asked, enough.passed]);
      enough.cancel();
      if (outcome === null) continue;
      if ("answer" in outcome) {
        this.#current = outcome.endpoint;
        this.#lookBack();
        return outcome.answer as Answer;
      }
      const { error } = outcome;
      if (error instanceof EtcdRefusal && !passing.includes(error.code)) throw error;
      // An attempt that the deadline cut short says nothing beside what an earlier one was answered.
      if (last === null || performance.now() < end || left >= attempt) last = error;
      this.#current = next;
      // After a round the machines are given a moment: an election takes about a second.
      if (count % this.#endpoints.length === 0) await after(Math.max(0, Math.min(100, end - performance.now()))).passed;
    }
  }

  /** What one endpoint says for itself. @throws Error if it does not answer */
  async askOf<Answer>(endpoint: string, path: string, body: object, deadlineMs: number): Promise<Answer> {
    return (await this.#send(endpoint, path, JSON.stringify(body), deadlineMs)) as Answer;
  }

  get endpoints(): readonly string[] {
    return this.#endpoints;
  }

  /** Requests under way fail. */
  close(): void {
    this.#isClosed = true;
    this.#plain.destroy();
    this.#tls.destroy();
  }

  #attempt(endpoint: number, path: string, body: string, deadlineMs: number): Promise<Attempt> {
    return this.#send(this.#endpoints[endpoint] ?? "", path, body, deadlineMs).then(
      (answer) => ({ endpoint, answer }),
      (error: unknown) => ({ error }),
    );
  }

  /** The first endpoint is the nearest one: it is asked again once it answers, and has a leader. */
  #lookBack(): void {
    const now = performance.now();
    if (this.#current === 0 || now < this.#backAt) return;
    this.#backAt = now + backEveryMs;
    void this.#attempt(0, "/v3/maintenance/status", "{}", 1_000).then((outcome) => {
      const { leader = "0" } = ("answer" in outcome ? outcome.answer : {}) as { leader?: unknown };
      if (leader !== "0") this.#current = 0;
    });
  }

  #send(endpoint: string, path: string, body: string, deadlineMs: number): Promise<unknown> {
    const address = new URL(path, endpoint);
    const secure = address.protocol === "https:";
    return new Promise((resolve, reject) => {
      const options = {
        method: "POST",
        headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) },
      };
      const answered = (response: import("node:http").IncomingMessage) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on("data", (part: Buffer) => {
          size += part.length;
          if (size > mostAnswerBytes) request.destroy(new Error("the answer has no end"));
          else parts.push(part);
        });
        response.on("error", failed);
        response.on("aborted", () => failed(new Error("the connection ended within the answer")));
        response.on("end", () => {
          clearTimeout(timer);
          try {
            resolve(answerOf(response.statusCode ?? 0, Buffer.concat(parts).toString("utf8")));
          } catch (error) {
            reject(error);
          }
        });
      };
      const request = secure
        ? tlsRequest(address, { ...options, agent: this.#tls }, answered)
        : plainRequest(address, { ...options, agent: this.#plain }, answered);
      const failed = (error: Error) => {
        clearTimeout(timer);
        reject(new Error(`${endpoint}: ${words(error)}`, { cause: error }));
      };
      const timer = setTimeout(() => {
        failed(new Error(`no answer within ${Math.ceil(deadlineMs)} ms`));
        request.destroy();
      }, deadlineMs);
      request.on("error", failed);
      request.end(body);
    });
  }
}

/** @throws EtcdRefusal; Error where it is no answer of etcd */
function answerOf(status: number, text: string): unknown {
  let answer: { code?: unknown; message?: unknown; error?: unknown } | null;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`answers ${status} without JSON: is this etcd's client address?`);
  }
  if (typeof answer !== "object" || answer === null)
    throw new Error(`answers ${status} with other JSON than etcd's: is this its client address?`);
  if (status === 200) {
    if (!isAnswer(answer)) throw new Error("answers in another form than etcd's: is this its client address?");
    return answer;
  }
  const { code, message, error } = answer;
  const said = shown([message, error].find((one) => typeof one === "string") as string | undefined, status);
  throw new EtcdRefusal(typeof code === "number" ? code : 2, `etcd says: ${said}${remedyOf(said)}`);
}

/** What to do about what etcd says; "" where that says it all. */
function remedyOf(said: string): string {
  if (/database space exceeded/.test(said))
    return " (its quota): compact it, defragment it and disarm the alarm (docs/cluster.md, When etcd's database is full)";
  if (/user name|invalid auth|permission denied|authentication/i.test(said))
    return ": its users are not supported; have it take clients by certificate (--client-cert-auth)";
  if (/corrupt/i.test(said)) return ": replace that member of etcd";
  return "";
}

/** Words of somebody else on one short line. */
function shown(said: string | undefined, status: number): string {
  return (said ?? String(status))
    .slice(0, 300)
    .replace(/[\p{Cc}\s]+/gu, " ")
    .toWellFormed();
}

function after(milliseconds: number): { passed: Promise<null>; cancel(): void } {
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, milliseconds, null);
  return { passed: promise, cancel: () => clearTimeout(timer) };
}

export function base64(text: string | Uint8Array): string {
  return Buffer.from(text).toString("base64");
}

export function fromBase64(text: string | undefined): Buffer {
  return Buffer.from(text ?? "", "base64");
}

/** What to do about errors of a connection. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/CERT_HAS_EXPIRED|expired/i, "etcd's certificate, or this machine's clock, is out of date"],
  [/ERR_TLS_CERT_ALTNAME_INVALID|altnames/i, "etcd's certificate has to name the address in RHYTHMX_CLUSTER"],
  [/UNABLE_TO_|SELF_SIGNED|issuer|self.signed/i, "RHYTHMX_CLUSTER_CA_FILE is not the authority of etcd's certificate"],
  [/alert|ALERT|certificate required|bad certificate/, "etcd refuses RHYTHMX_CLUSTER_CERT_FILE"],
  [
    /WRONG_VERSION|EPROTO|packet length/i,
    "one side speaks TLS and the other does not: http or https in RHYTHMX_CLUSTER",
  ],
  [/ENOTFOUND|EAI_AGAIN/, "this name has no address"],
];

function words(error: unknown): string {
  if (!(error instanceof Error)) return "no endpoint";
  const code = String((error as { code?: unknown }).code ?? "");
  if (code === "ECONNREFUSED" || code === "ConnectionRefused") return "nothing answers at this address";
  const remedy = remedies.find(([pattern]) => pattern.test(`${code} ${error.message}`))?.[1];
  if (remedy !== undefined) return `${error.message || code}: ${remedy}`;
  return error.message || code || error.name;
}
