/** Cookies of the console: the session, which no script can read, and how a person wants to see pages. */
import type { ApiContext } from "../api/route.ts";
import { isPrivate } from "./origin.ts";
import { isZone } from "./parts/time.tsx";
import type { OriginPort } from "./ports.ts";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

/** `viewer`: the zone of the browser, which a script tells in a cookie. */
export const zoneChoices = ["viewer", "UTC"] as const;
export type ZoneChoice = (typeof zoneChoices)[number];

export interface Preferences {
  theme: Theme;
  zoneChoice: ZoneChoice;
  /** The zone in which times are shown. */
  zone: string;
  /** Names of the columns that the list of incidents leaves out. */
  hiddenColumns: readonly string[];
}

const year = 365 * 24 * 3600;
const hiddenName = "rhythmx-hidden-columns";

/** With the prefix a browser takes the cookie over TLS alone, for this host and every path (RFC 6265bis). */
function sessionName(c: ApiContext, origin: OriginPort): string {
  return isPrivate(c, origin) ? "__Host-rhythmx" : "rhythmx";
}

export function sessionCookie(c: ApiContext, origin: OriginPort): string | null {
  const value = cookieOf(c, sessionName(c, origin));
  return value !== null && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : null;
}

/** Null ends it. It has no date: the browser forgets it when it is closed, the appliance after twelve hours. */
export function setSessionCookie(c: ApiContext, origin: OriginPort, value: string | null): void {
  const secure = isPrivate(c, origin) ? "; Secure" : "";
  const end = value === null ? "; Max-Age=0" : "";
  const cookie = `${sessionName(c, origin)}=${value ?? ""}; Path=/; HttpOnly; SameSite=Strict${secure}${end}`;
  c.header("Set-Cookie", cookie, { append: true });
}

export function preferencesOf(c: ApiContext): Preferences {
  const theme = themes.find((one) => one === cookieOf(c, "rhythmx-theme")) ?? "system";
  const zoneChoice = cookieOf(c, "rhythmx-zone") === "UTC" ? "UTC" : "viewer";
  const told = cookieOf(c, "rhythmx-viewer-zone");
  const hiddenColumns = (cookieOf(c, hiddenName) ?? "").slice(0, 200).split(".");
  return {
    hiddenColumns,
    theme,
    zoneChoice,
    zone: zoneChoice === "viewer" && told !== null && isZone(told) ? told : "UTC",
  };
}

export function setPreference(c: ApiContext, name: "theme" | "zone", value: Theme | ZoneChoice): void {
  c.header("Set-Cookie", `rhythmx-${name}=${value}; Path=/; SameSite=Lax; Max-Age=${year}`, { append: true });
}

/** `names`: of letters alone. */
export function setHiddenColumns(c: ApiContext, names: readonly string[]): void {
  c.header("Set-Cookie", `${hiddenName}=${names.join(".")}; Path=/; SameSite=Lax; Max-Age=${year}`, { append: true });
}

/** What the last action has to say, for the page that follows it. */
export function takeSaid(c: ApiContext): string | null {
  const said = cookieOf(c, "rhythmx-said");
  if (said === null) return null;
  c.header("Set-Cookie", "rhythmx-said=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", { append: true });
  return said.slice(0, 400);
}

export function leaveSaid(c: ApiContext, said: string): void {
  const value = encodeURIComponent(said.toWellFormed().slice(0, 400));
  c.header("Set-Cookie", `rhythmx-said=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=30`, { append: true });
}

function cookieOf(c: ApiContext, name: string): string | null {
  for (const part of (c.req.header("cookie") ?? "").split(";")) {
    const [key = "", ...rest] = part.split("=");
    if (key.trim() !== name) continue;
    try {
      return decodeURIComponent(rest.join("=").trim());
    } catch {
      return null;
    }
  }
  return null;
}
