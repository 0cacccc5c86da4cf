/** API keys at the door: header `X-API-Key` only, never a query. */
import type { Context } from "hono";
import type { ApiKeyScope, KeyRefusal } from "../../core/api-key.ts";
import { problem } from "./problem.ts";

/** Who is calling, once the key was found good for the scope asked for. */
export interface Caller {
  id: string;
  /** Entities the key is limited to; empty = all. */
  entities: readonly string[];
}

export interface KeyJudge {
  /** Judges the presented key. */
  judge(key: string | undefined, scope: ApiKeyScope): Caller | KeyRefusal;
}

/** The caller, or the answer that refuses it: 401 without a usable key, 403 when the key lacks the scope. */
export function requireScope(c: Context, keys: KeyJudge, scope: ApiKeyScope): Caller | Response {
  const verdict = keys.judge(c.req.header("x-api-key"), scope);
  if (typeof verdict !== "string") return verdict;
  if (verdict === "scope")
    return problem(
      c,
      403,
      "Forbidden",
      `this API key has no scope ${scope}: make one with \`rhythmx key create NAME --scope ${scope}\``,
    );
  c.header("WWW-Authenticate", 'ApiKey realm="rhythmx"');
  return problem(c, 401, "Unauthorized", "send a valid API key in the header X-API-Key");
}
