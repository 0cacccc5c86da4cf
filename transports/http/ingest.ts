/** `POST /api/v1/ingest/detections` and `/ingest/alarms` (CONTRACT 2). */
import type { Context } from "hono";
import { EdgeError, StoreError } from "../../core/errors.ts";
import { batchSha256 } from "../../core/intake/hash.ts";
import type { Intake, IntakeKind } from "../../core/intake/intake.ts";
import { type KeyJudge, requireScope } from "./api-key-auth.ts";
import { type ConnectionBindings, withBody } from "./body.ts";
import { problem } from "./problem.ts";

export interface IngestDependencies {
  intake: Intake;
  keys: KeyJudge;
  /** IP address of the client, through proxies that are trusted. */
  clientAddress(peer: string, forwardedFor: string | undefined): string;
  /** Why intake is closed at the moment, readable; null while it is open. */
  closed(): { reason: string; retryAfter: number } | null;
}

const ndjsonTypes = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"];
const sendAgain = "send the batch again, under the same Idempotency-Key so that nothing counts twice";

const idempotencyKeyForm = /^[\x21-\x7e]{1,255}$/;

export function ingestHandler(kind: IntakeKind, dependencies: IngestDependencies) {
  return async (c: Context<{ Bindings: ConnectionBindings }>): Promise<Response> => {
    const address = dependencies.clientAddress(c.env.remoteAddress, c.req.header("x-forwarded-for"));
    const caller = requireScope(c, dependencies.keys, "ingest", address);
    if (caller instanceof Response) return caller;
    const closed = dependencies.closed();
    if (closed)
      return problem(c, 503, "Intake is closed", `${closed.reason}; then ${sendAgain}`, {
        retryAfter: closed.retryAfter,
      });

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

    const format = c.req.query("format") ?? "rhythmx";
    return withBody(c, { address, known: true }, async (body) => {
      // Reading a body may take a while: check again that the key is still valid.
      const still = requireScope(c, dependencies.keys, "ingest", address);
      if (still instanceof Response) return still;
      try {
        const answer = await dependencies.intake.ingest({
          kind,
          body,
          format,
          owner: still.id,
          entities: still.entities.length === 0 ? null : still.entities,
          idempotency: key === null ? null : { key, bodySha256: batchSha256(kind, format, body) },
        });
        if (answer.repeated) c.header("Idempotency-Replayed", "true");
        return c.body(answer.json, 200, { "Content-Type": "application/json" });
      } catch (error) {
        return refusal(c, error);
      }
    });
  };
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
    return problem(c, 503, "Not stored", `the database cannot take records at the moment: ${sendAgain}`, {
      retryAfter: 5,
    });
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
