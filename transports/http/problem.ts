/** RFC 9457 problem documents. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

export interface ProblemError {
  /** The parameter, header or field at fault. */
  name: string;
  reason: string;
}

/** Answers `application/problem+json`; `detail` says what to do. */
export function problem(
  c: Context,
  status: ContentfulStatusCode,
  title: string,
  detail: string,
  options: { errors?: ProblemError[]; retryAfter?: number } = {},
): Response {
  if (options.retryAfter !== undefined) c.header("Retry-After", String(options.retryAfter));
  const body = { type: "about:blank", title, status, detail, ...(options.errors ? { errors: options.errors } : {}) };
  return c.body(JSON.stringify(body), status, { "Content-Type": "application/problem+json" });
}
