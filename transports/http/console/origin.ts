/** Where a request comes from: over TLS or not, from the console's own pages or from elsewhere. */
import type { ApiContext } from "../api/route.ts";
import type { OriginPort } from "./ports.ts";

/** Whether the browser reached us over TLS, be it at a proxy in front that is trusted. */
export function isPrivate(c: ApiContext, origin: OriginPort): boolean {
  if (new URL(c.req.url).protocol === "https:") return true;
  if (!origin.isTrustedProxy(c.env.remoteAddress)) return false;
  const forwarded = c.req.header("x-forwarded-proto")?.split(",").at(-1)?.trim().toLowerCase();
  return (forwarded ?? new URL(origin.baseUrl() ?? "http:/").protocol.slice(0, -1)) === "https";
}

/**
 * Whether a page of the console itself sends this. Browsers say so in `Sec-Fetch-Site`; old ones, and those on addresses that they do not
 * trust, in `Origin` alone.
 */
export function isOwnPage(c: ApiContext, origin: OriginPort): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const claimed = c.req.header("origin");
  if (claimed === undefined) return false;
  const scheme = isPrivate(c, origin) ? "https" : "http";
  const base = origin.baseUrl();
  return claimed === `${scheme}://${c.req.header("host")}` || (base !== null && claimed === new URL(base).origin);
}

/** A link on another site was followed: the browser withholds the cookie, although the person may be signed in. */
export function isFromElsewhere(c: ApiContext): boolean {
  return c.req.header("sec-fetch-site") === "cross-site" && c.req.header("sec-fetch-mode") === "navigate";
}

/** A path of the console to return to; anything that could lead elsewhere becomes `/`. */
export function safeReturn(text: string | null | undefined): string {
  if (!text?.startsWith("/") || /^\/[/\\]|[\\\p{Cc}]/u.test(text) || text.length > 2_000) return "/";
  const url = new URL(text, "http://console.invalid");
  // A dot that is resolved away may leave two slashes at the beginning (`/.//elsewhere.example`), which name a host.
  if (
    url.host !== "console.invalid" ||
    /^\/(?:\/|(?:sign-in|password|console|assets\/|api)(?:\/|$))/.test(url.pathname)
  )
    return "/";
  return `${url.pathname}${url.search}${url.hash}`;
}
