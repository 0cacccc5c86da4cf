/** `POST /api/v1/ingest/detections` and `/ingest/alarms` (CONTRACT 2). */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Context } from "hono";
import { EdgeError, StoreError } from "../../core/errors.ts";
import type { Intake, IntakeKind } from "../../core/intake/intake.ts";
import { type KeyJudge, requireScope } from "./api-key-auth.ts";
import { problem } from "./problem.ts";

/** Largest body, decompressed (CONTRACT 2). */
export const maxBodyBytes = 16 * 1024 * 1024;

export interface IngestDependencies {
  intake: Intake;
  keys: KeyJudge;
  /** Why nothing can be taken in at the moment, for people; null when all is well. */
  closed(): { reason: string; retryAfter: number } | null;
}

const gunzipAsync = promisify(gunzip);
const ndjsonTypes = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"];
const idempotencyKeyForm = /^[\x21-\x7e]{1,255}$/;

export function ingestHandler(kind: IntakeKind, dependencies: IngestDependencies) {
  return async (c: Context): Promise<Response> => {
    const caller = requireScope(c, dependencies.keys, "ingest");
    if (caller instanceof Response) return caller;
    const closed = dependencies.closed();
    if (closed) return problem(c, 503, "Intake is closed", closed.reason, { retryAfter: closed.retryAfter });

    const type = (c.req.header("content-type") ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
    if (type !== "application/json" && !ndjsonTypes.includes(type))
      return problem(
        c,
        415,
        "Unsupported Media Type",
        `Content-Type ${quote(type)}: send application/x-ndjson (one record a line) or application/json (an array)`,
      );
    const key = c.req.header("idempotency-key") ?? null;
    if (key !== null && !idempotencyKeyForm.test(key))
      return problem(c, 400, "Bad header", "Idempotency-Key: 1 to 255 printable ASCII characters without blanks");

    const body = await readBody(c);
    if (body instanceof Response) return body;
    try {
      const answer = await dependencies.intake.ingest({
        kind,
        body,
        contentType: type === "application/json" ? "json" : "ndjson",
        format: c.req.query("format") ?? "rhythmx",
        owner: caller.id,
        entities: caller.entities.length === 0 ? null : caller.entities,
        idempotency: key === null ? null : { key, bodySha256: createHash("sha256").update(body).digest("hex") },
      });
      if (answer.repeated) c.header("Idempotency-Replayed", "true");
      return c.body(answer.json, 200, { "Content-Type": "application/json" });
    } catch (error) {
      return refusal(c, error);
    }
  };
}

async function readBody(c: Context): Promise<Uint8Array | Response> {
  const encoding = (c.req.header("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip" && encoding !== "x-gzip")
    return problem(c, 415, "Unsupported Media Type", `Content-Encoding ${quote(encoding)}: send gzip, or no encoding`);
  let body: Uint8Array;
  try {
    body = new Uint8Array(await c.req.arrayBuffer());
  } catch {
    return problem(
      c,
      400,
      "Unreadable body",
      "the connection broke while the body was being sent: send the batch again",
    );
  }
  if (body.length > maxBodyBytes) return tooLarge(c);
  if (encoding === "identity") return body;
  try {
    return await gunzipAsync(body, { maxOutputLength: maxBodyBytes });
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") return tooLarge(c);
    return problem(c, 400, "Unreadable body", "Content-Encoding says gzip, but the body is no complete gzip stream");
  }
}

export function tooLarge(c: Context): Response {
  // The rest of the body is not waited for.
  c.header("Connection", "close");
  return problem(
    c,
    413,
    "Batch too large",
    "a batch holds at most 16 MiB (decompressed) and 20,000 records: send it in parts",
  );
}

const refusals = {
  batch_unreadable: { status: 400, title: "No readable record" },
  batch_too_large: { status: 413, title: "Batch too large" },
  format_unknown: { status: 400, title: "Unknown format" },
  idempotency_mismatch: { status: 422, title: "Idempotency-Key reused" },
  idempotency_in_progress: { status: 409, title: "Batch in progress" },
  intake_busy: { status: 429, title: "Intake is behind" },
} as const;

function refusal(c: Context, error: unknown): Response {
  if (error instanceof StoreError)
    return problem(
      c,
      503,
      "Not stored",
      "the database cannot take records at the moment; nothing of this write was kept: send the batch again",
      { retryAfter: 5 },
    );
  if (error instanceof EdgeError && error.code in refusals) {
    const { status, title } = refusals[error.code as keyof typeof refusals];
    const retry = status === 409 || status === 429 ? { retryAfter: 1 } : {};
    const errors = Array.isArray(error.data.rejected) ? { errors: error.data.rejected as never } : {};
    return problem(c, status, title, error.message, { ...retry, ...errors });
  }
  throw error;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
