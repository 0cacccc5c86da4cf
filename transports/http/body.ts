/**
 * Taking in a request's body, for every route: bounded in size, in time and in total memory; slow senders are accepted,
 * silent ones are not.
 */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Context } from "hono";
import { EdgeError } from "../../core/errors.ts";
import { BodyBudget, type Sender } from "./body-budget.ts";
import { ByteBudget } from "./byte-budget.ts";
import { problem } from "./problem.ts";

/** What the server knows about the connection; handed in as hono's environment. */
export interface ConnectionBindings {
  remoteAddress: string;
  extendTimeout(seconds: number): void;
}

type BodyContext = Context<{ Bindings: ConnectionBindings }>;

export interface BodyLimits {
  /** Bytes, as sent. */
  most: number;
  /**
   * A body that is too large is still read to its end, up to here, and thrown away: a client that is cut off while it sends often sees a
   * broken connection instead of the answer, and sends the same again for ever.
   */
  discarded: number;
  /** Longest pause within a body before the connection is closed. */
  silenceSeconds: number;
  /** Longest time for a whole body. */
  totalMs: number;
  tooLarge: { title: string; detail: string };
}

const mebibyte = 1024 * 1024;
/** Largest batch, decompressed (CONTRACT 2). */
const largestBatch = 16 * mebibyte;
/** 16 MiB at 30 kB/s. */
const batchLimits: BodyLimits = {
  most: largestBatch,
  discarded: 4 * largestBatch,
  silenceSeconds: 60,
  totalMs: 600_000,
  tooLarge: {
    title: "Batch too large",
    detail: "a batch holds at most 16 MiB (decompressed) and 20,000 records: send it in parts",
  },
};
/** Longest time for storing a batch before the answer. */
const answerSeconds = 240;

/** Each piece of a body costs time, however small: a client that drips may, one that floods with single bytes may not. */
const mostSmallPieces = 20_000;
const smallBytes = 16;
/** Pieces of this size are kept as they came. */
const keptPiece = 4096;

/** Deflate cannot pack more than this into a byte. */
const deepestPacking = 1032;
/** Memory limit for decompressing bodies at the same time: many small ones could otherwise unpack into gigabytes. */
const unpacked = new ByteBudget(2 * largestBatch);
/** One for all ports and routes. */
const budget = new BodyBudget();

const gunzipAsync = promisify(gunzip);

/** What `work` answers to a batch, decompressed; or the answer that refuses it: 415 unknown encoding, 413 too large, 400 incomplete, 408, 503. */
export async function withBody(
  c: BodyContext,
  sender: Sender,
  work: (body: Uint8Array) => Promise<Response>,
  limits: BodyLimits = batchLimits,
  room: BodyBudget = budget,
): Promise<Response> {
  const encoding = (c.req.header("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip" && encoding !== "x-gzip")
    return problem(
      c,
      415,
      "Unsupported Media Type",
      `Content-Encoding ${JSON.stringify(encoding.slice(0, 80))}: send gzip, or no encoding`,
    );
  try {
    return await receiving(c, sender, limits, room, async (body) => {
      c.env.extendTimeout(answerSeconds);
      if (encoding === "identity") return work(body);
      return unpacked.use(Math.min(limits.most, body.length * deepestPacking), async () =>
        work(await unpack(body, limits)),
      );
    });
  } catch (error) {
    if (error instanceof EdgeError && error.code === "body_refused") return bodyRefusal(c, error);
    throw error;
  }
}

/** The body as it was sent. @throws EdgeError body_refused: 413 more than `most` bytes, 400 incomplete, 408 too slow, 503 no room */
export function readBytes(
  c: BodyContext,
  sender: Sender,
  { most, totalMs }: Pick<BodyLimits, "most" | "totalMs">,
): Promise<Uint8Array> {
  const size = most < mebibyte ? `${most / 1024} KiB` : `${most / mebibyte} MiB`;
  const tooLarge = { title: "Content Too Large", detail: `a body here holds at most ${size}` };
  const limits = { most, discarded: most, silenceSeconds: 30, totalMs, tooLarge };
  return receiving(c, sender, limits, budget, async (body) => body);
}

/** The answer that an EdgeError body_refused stands for. */
export function bodyRefusal(c: Context, { message, data }: EdgeError): Response {
  const retry = typeof data.retryAfter === "number" ? { retryAfter: data.retryAfter } : {};
  // Do not wait for the rest of the body.
  if (data.status !== 400) c.header("Connection", "close");
  return problem(c, data.status as 400, String(data.title), message, retry);
}

async function unpack(body: Uint8Array, limits: BodyLimits): Promise<Uint8Array> {
  try {
    return await gunzipAsync(body, { maxOutputLength: limits.most });
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limits);
    throw refused(400, "Unreadable body", "Content-Encoding says gzip, but the body is no complete gzip stream");
  }
}

/** Runs `work` on the body; its memory is released when `work` has ended. */
async function receiving<T>(
  c: BodyContext,
  sender: Sender,
  limits: BodyLimits,
  room: BodyBudget,
  work: (body: Uint8Array) => Promise<T>,
): Promise<T> {
  if (Number(c.req.header("content-length") ?? 0) > limits.discarded) throw tooLarge(limits);
  let taken = 0;
  const take = (bytes: number) => {
    if (!room.take(sender, bytes))
      throw refused(503, "Busy", "too many requests are being sent at the same time: try again in a few seconds", 5);
    taken += bytes;
  };
  try {
    return await work(await receive(c, limits, take));
  } finally {
    room.give(sender, taken);
  }
}

async function receive(c: BodyContext, limits: BodyLimits, take: (bytes: number) => void): Promise<Uint8Array> {
  // A small body comes with its head and is complete a turn later. Asked for earlier, its stream gets a buffer of 256 KiB for each request,
  // and every forty requests then wait for a garbage collection.
  await new Promise((resolve) => setImmediate(resolve));
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const held = new Pieces();
  let size = 0;
  let pieces = 0;
  let isLate = false;
  // Ends the read that is waiting. A race with one promise for each piece would hold a reaction for every piece until the end.
  const timer = setTimeout(() => {
    isLate = true;
    void reader.cancel().catch(() => {});
  }, limits.totalMs);
  try {
    for (;;) {
      // The server counts from this call, also while bytes flow.
      c.env.extendTimeout(limits.silenceSeconds);
      const part = await reader.read().catch(() => "broken" as const);
      if (isLate) throw refused(408, "Request Timeout", `the body took longer than ${limits.totalMs / 1000} s`);
      if (part === "broken")
        throw refused(400, "Unreadable body", "the connection broke while the body was being sent: send it again");
      if (part.done) break;
      size += part.value.length;
      pieces++;
      if (size > limits.discarded) throw tooLarge(limits);
      if (pieces > mostSmallPieces && size < pieces * smallBytes)
        throw refused(400, "Unreadable body", "the body comes in pieces of a few bytes: send larger chunks");
      if (size > limits.most) held.clear();
      else {
        take(part.value.length);
        held.add(part.value);
      }
    }
  } catch (error) {
    void reader.cancel().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
  if (size > limits.most) throw tooLarge(limits);
  return held.bytes;
}

/**
 * Bytes that come piece by piece. Large pieces are kept as they came and copied once, at the end; small ones are gathered, because a list of
 * pieces of one byte each would take two hundred times the memory.
 */
class Pieces {
  readonly #whole: Uint8Array[] = [];
  #gathered = new Uint8Array(0);
  #size = 0;

  get bytes(): Uint8Array {
    this.#close();
    const [only] = this.#whole;
    if (this.#whole.length === 1 && only !== undefined) return only;
    return Buffer.concat(this.#whole);
  }

  add(part: Uint8Array): void {
    // A small view would keep all of a large piece.
    if (part.length >= keptPiece && part.length * 2 >= part.buffer.byteLength) {
      this.#close();
      this.#whole.push(part);
      return;
    }
    const size = this.#size + part.length;
    if (size > this.#gathered.length) {
      const larger = new Uint8Array(Math.max(size, this.#gathered.length * 2));
      larger.set(this.#gathered.subarray(0, this.#size));
      this.#gathered = larger;
    }
    this.#gathered.set(part, this.#size);
    this.#size = size;
  }

  clear(): void {
    this.#whole.length = 0;
    this.#gathered = new Uint8Array(0);
    this.#size = 0;
  }

  /** Ends what was gathered: what comes next follows it. */
  #close(): void {
    if (this.#size === 0) return;
    this.#whole.push(this.#gathered.subarray(0, this.#size));
    this.#gathered = new Uint8Array(0);
    this.#size = 0;
  }
}

function tooLarge({ tooLarge: { title, detail } }: BodyLimits): EdgeError {
  return refused(413, title, detail);
}

function refused(status: number, title: string, message: string, retryAfter?: number): EdgeError {
  const data = retryAfter === undefined ? { status, title } : { status, title, retryAfter };
  return new EdgeError("body_refused", message, { data });
}
