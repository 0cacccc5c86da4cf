/** Taking in a request's body: bounded in size, patient with slow senders, not with silent ones. */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Context } from "hono";
import { ByteBudget } from "./byte-budget.ts";
import { problem } from "./problem.ts";

/** What the server knows about the connection; handed in as hono's environment. */
export interface ConnectionBindings {
  remoteAddress: string;
  extendTimeout(seconds: number): void;
}

/** Largest body, decompressed (CONTRACT 2). */
const maxBodyBytes = 16 * 1024 * 1024;
/**
 * A body that is too large is still read to its end, up to here, and thrown away: a client that is cut off while it sends often
 * sees a broken connection instead of the answer, and sends the same again for ever.
 */
const maxDiscardedBytes = 4 * maxBodyBytes;
/** An upload may be silent so long before it is cut. */
const silenceSeconds = 60;
/** Writing a batch down may take so long before the answer. */
const answerSeconds = 240;

/** Deflate cannot pack more than this into a byte. */
const deepestPacking = 1032;
/** What compressed bodies may take in memory together: many small ones could otherwise unpack into gigabytes at once. */
const unpacked = new ByteBudget(2 * maxBodyBytes);

const gunzipAsync = promisify(gunzip);

/** What `work` answers to the body, decompressed; or the answer that refuses it: 415 unknown encoding, 413 too large, 400 incomplete. */
export async function withBody(
  c: Context<{ Bindings: ConnectionBindings }>,
  work: (body: Uint8Array) => Promise<Response>,
): Promise<Response> {
  const encoding = (c.req.header("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip" && encoding !== "x-gzip")
    return problem(
      c,
      415,
      "Unsupported Media Type",
      `Content-Encoding ${JSON.stringify(encoding.slice(0, 80))}: send gzip, or no encoding`,
    );
  const body = await receive(c);
  if (body instanceof Response) return body;
  if (encoding === "identity") return work(body);
  return unpacked.use(Math.min(maxBodyBytes, body.length * deepestPacking), async () => {
    const plain = await unpack(c, body);
    return plain instanceof Response ? plain : work(plain);
  });
}

async function unpack(c: Context, body: Uint8Array): Promise<Uint8Array | Response> {
  try {
    return await gunzipAsync(body, { maxOutputLength: maxBodyBytes });
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") return tooLarge(c);
    return problem(c, 400, "Unreadable body", "Content-Encoding says gzip, but the body is no complete gzip stream");
  }
}

async function receive(c: Context<{ Bindings: ConnectionBindings }>): Promise<Uint8Array | Response> {
  if (Number(c.req.header("content-length") ?? 0) > maxDiscardedBytes) return tooLarge(c);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    c.env.extendTimeout(silenceSeconds);
    for await (const part of c.req.raw.body ?? []) {
      size += part.length;
      if (size > maxDiscardedBytes) return tooLarge(c);
      if (size > maxBodyBytes) parts.length = 0;
      else parts.push(part);
      // The server counts from this call, also while bytes flow.
      c.env.extendTimeout(silenceSeconds);
    }
  } catch {
    return problem(
      c,
      400,
      "Unreadable body",
      "the connection broke while the body was being sent: send the batch again",
    );
  }
  if (size > maxBodyBytes) return tooLarge(c);
  c.env.extendTimeout(answerSeconds);
  return Buffer.concat(parts);
}

function tooLarge(c: Context): Response {
  // What is left of the body is not waited for.
  c.header("Connection", "close");
  return problem(
    c,
    413,
    "Batch too large",
    "a batch holds at most 16 MiB (decompressed) and 20,000 records: send it in parts",
  );
}
