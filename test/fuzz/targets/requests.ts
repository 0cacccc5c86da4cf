/** What every request brings: headers, cookies, and places to return to. */
import { isIP } from "node:net";
import { type Context, Hono } from "hono";
import { clientAddress } from "../../../appliance/api/client-address.ts";
import { ifMatch } from "../../../transports/http/api/route.ts";
import { preferencesOf, sessionCookie, setPreference, takeSaid } from "../../../transports/http/console/cookies.ts";
import { leadTo } from "../../../transports/http/console/gate.tsx";
import { isFromElsewhere, isOwnPage, isPrivate, safeReturn } from "../../../transports/http/console/origin.ts";
import { credentialOf } from "../../../transports/http/credentials.ts";
import { note } from "../outcomes.ts";
import { holds, type Target, textOf } from "../target.ts";

const now = Date.UTC(2026, 10, 1);
const peer = "192.0.2.1";
const environment = { remoteAddress: peer, extendTimeout: () => {} };

const trusted = ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"];
const addressOf = clientAddress(() => trusted);
const origins = [
  { isTrustedProxy: () => true, baseUrl: () => "https://edge.example" },
  { isTrustedProxy: () => false, baseUrl: () => null },
];

interface Read {
  work(c: Context): void;
}
const reading: Read = { work: () => {} };
const reader = new Hono().get("/*", (c) => {
  reading.work(c);
  return c.text("");
});

let thrown: unknown = null;
reader.onError((error, c) => {
  thrown = error;
  return c.text("", 500);
});

/** One header a line. */
async function attemptHeaders(text: string): Promise<void> {
  const headers = new Headers();
  for (const line of text.split(/\r?\n/).slice(0, 60)) {
    const [name = "", ...rest] = line.split(":");
    try {
      headers.append(name, rest.join(":"));
    } catch {
      // No HTTP server hands this on.
    }
  }
  reading.work = (given) => {
    const c = given as never;
    const header = (name: string) => given.req.header(name);
    const forwarded = header("x-forwarded-for");
    holds(addressOf("203.0.113.9", forwarded) === "203.0.113.9", "a stranger says where it comes from");
    const address = addressOf(peer, forwarded);
    holds(isIP(address) !== 0 && address.length < 46, "an address that is none");
    const credential = credentialOf(c);
    if (credential !== null && credential !== "conflict") {
      note(credential.kind);
      holds(credential.kind === "token" || !/[\r\n]/.test(credential.text), "a key of several lines");
    }
    const tag = ifMatch(header("if-match"));
    holds(tag === null || tag.length <= 200, "a revision without end");
    for (const origin of origins) {
      const session = sessionCookie(c, origin as never);
      holds(session === null || /^[\w-]{43}$/.test(session), "a session that is none");
      const { theme, zoneChoice, zone, hiddenColumns } = preferencesOf(c);
      note(`${theme} ${zoneChoice} ${zone.length}`);
      holds(
        ["system", "light", "dark"].includes(theme) && ["viewer", "UTC"].includes(zoneChoice),
        "a choice that is none",
      );
      new Intl.DateTimeFormat("en", { timeZone: zone }).format(now);
      holds(hiddenColumns.length <= 201, "columns without end");
      const isOwn = isOwnPage(c, origin as never);
      const site = header("sec-fetch-site");
      if (isOwn) {
        const claimed = header("origin") ?? "";
        const own = [`http://${header("host")}`, `https://${header("host")}`, "https://edge.example"];
        holds(site === "same-origin" || (site === undefined && own.includes(claimed)), "another site's page is ours");
      }
      holds(typeof isPrivate(c, origin as never) === "boolean", "neither private nor not");
      isFromElsewhere(c);
    }
    const said = takeSaid(c);
    holds(said === null || said.length <= 400, "words without end");
    if (said !== null) note("said");
    setPreference(c, "theme", "dark");
  };
  const answer = await reader.request("/x", { headers }, environment);
  if (answer.status !== 200) throw thrown;
  for (const cookie of answer.headers.getSetCookie())
    holds(/^[\w-]+=[^;\s]*(?:; [\w-]+(?:=[\w/]+)?)*$/.test(cookie), "a cookie that is none");
}

/** Wherever it leads is a page of ours. */
async function attemptReturn(text: string): Promise<void> {
  const to = safeReturn(text);
  note(to === "/" ? "/" : to.replace(/\w+/g, "w").slice(0, 20));
  const isOurs = (place: string) => {
    const { origin, pathname } = new URL(place, "https://edge.example:8443/sign-in");
    holds(origin === "https://edge.example:8443", `leads to ${origin}`);
    holds(!/^\/(?:sign-in|password|console|api)(?:\/|$)/.test(pathname), "leads back to the sign-in");
  };
  holds(/^\/(?!\/)/.test(to), "no path of ours");
  isOurs(to);
  holds(safeReturn(to) === to || to.length > 2_000, "another place when it is asked again");
  reading.work = () => {};
  const leading = new Hono().get("/", (c) => leadTo(c as never, to));
  for (const headers of [{}, { "X-Fragment": "1" }] as Record<string, string>[]) {
    const answer = await leading.request("/", { headers }, environment);
    const place = answer.headers.get("location") ?? answer.headers.get("x-location");
    if (place !== null) {
      holds(/^[ -~]*$/.test(place), "a header that is not ASCII");
      isOurs(place);
    }
  }
}

export const requestTargets: readonly Target[] = [
  {
    name: "headers",
    samples: [
      'X-Forwarded-For: 203.0.113.7, 10.0.0.9\nAuthorization: Bearer smk_abc\nX-API-Key: smk_abc\nIf-Match: "3-1"',
      `Cookie: rhythmx=${"a".repeat(43)}; rhythmx-theme=dark; rhythmx-zone=viewer; rhythmx-viewer-zone=Europe%2FBerlin; rhythmx-hidden-columns=a.b; rhythmx-said=Done%20it`,
      "Host: edge.example\nOrigin: https://edge.example\nX-Forwarded-Proto: https\nSec-Fetch-Site: same-origin",
      "X-Forwarded-For: [2001:db8::1]:443, ::ffff:10.0.0.1, 1.2.3.4:80",
    ],
    words: [
      "\n",
      ": ",
      "Bearer ",
      "smk_",
      "%",
      "%ED%A0%80",
      "rhythmx-said=",
      "; ",
      "::",
      "fe80::1%eth0",
      "null",
      "cross-site",
    ],
    attempt: (input) => attemptHeaders(textOf(input)),
  },
  {
    name: "return-paths",
    samples: ["/incidents?view=all&q=a%26b#x", "/incidents/INC-1", "/x/../account", "/.//x", "/%2e/y"],
    words: ["/", "//", "/./", "/../", "\\", "%2e", "%2F", "@", ":", "evil.example", "?", "#", "\t", "sign-in"],
    attempt: (input) => attemptReturn(textOf(input)),
  },
];
