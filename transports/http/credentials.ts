/** The credential of a request. Read in one place, so that a request is authorised and served by the same credential. */
import type { Context } from "hono";

export type Credential = { kind: "key" | "token"; text: string };

const keyForm = /^smk_/;

/**
 * The one credential that counts; null without any, "conflict" where two keys name different callers. `Authorization: Bearer smk_…` is an
 * API key too: many programs can send nothing else. A token takes precedence over a key; if the token is invalid, the key is not tried
 * instead.
 */
export function credentialOf(c: Context): Credential | null | "conflict" {
  const header = c.req.header("x-api-key")?.trim();
  const authorization = c.req.header("authorization")?.trim();
  const bearer = authorization === undefined ? undefined : (/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "");
  if (bearer !== undefined && keyForm.test(bearer))
    return header !== undefined && header !== bearer ? "conflict" : { kind: "key", text: bearer };
  if (bearer !== undefined) return { kind: "token", text: bearer };
  return header === undefined ? null : { kind: "key", text: header };
}

/**
 * The API key of a request that takes nothing else, null without one. Another scheme in `Authorization`, which a proxy may have asked
 * for, does not count there.
 */
export function keyOf(c: Context): string | null | "conflict" {
  const credential = credentialOf(c);
  if (credential === "conflict") return credential;
  if (credential?.kind === "key") return credential.text;
  return c.req.header("x-api-key")?.trim() ?? null;
}

export const conflictDetail =
  "two different API keys came with this request: send one, in X-API-Key or in Authorization: Bearer";
