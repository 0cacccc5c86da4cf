/** API keys of intake and metrics: header `X-API-Key` or `Authorization: Bearer smk_…`, never a query. */
import type { Context } from "hono";
import type { ApiKeyScope, KeyRefusal } from "../../core/api-key.ts";
import { conflictDetail, keyOf } from "./credentials.ts";
import { problem } from "./problem.ts";

/** The caller, after the key was accepted for the requested scope. */
export interface Caller {
  id: string;
  /** Entities the key is limited to; empty = all. */
  entities: readonly string[];
}

export interface KeyJudge {
  /** Checks the presented key; `address` is where it came from. */
  judge(key: string | undefined, scope: ApiKeyScope, address: string): Caller | KeyRefusal;
}

/** The caller, or the answer that refuses it: 401 without a usable key, 403 when the key lacks the scope. */
export function requireScope(c: Context, keys: KeyJudge, scope: ApiKeyScope, address: string): Caller | Response {
  const key = keyOf(c);
  const verdict = key === "conflict" ? "unknown" : keys.judge(key ?? undefined, scope, address);
  if (typeof verdict !== "string") return verdict;
  if (verdict === "scope")
    return problem(
      c,
      403,
      "Forbidden",
      `this API key has no scope ${scope}: make one with \`rhythmx key create NAME --scope ${scope}\``,
    );
  c.header("WWW-Authenticate", 'ApiKey realm="rhythmx", Bearer realm="rhythmx"');
  const how = "send a valid API key in the header X-API-Key, or in Authorization: Bearer";
  return problem(c, 401, "Unauthorized", key === "conflict" ? conflictDetail : how);
}
