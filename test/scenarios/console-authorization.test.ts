/** Every page and action of the console against every kind of caller. A route without a row in the table fails. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Role } from "../../core/access/user.ts";
import { createApp } from "../../transports/http/app.ts";
import { isConsolePath } from "../../transports/http/console/console.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { ConsoleClient, ownPage } from "../harness/console-client.ts";

const people: readonly Role[] = ["viewer", "analyst", "admin"];

/** The settings of a syslog feed and of its destinations. */
function ofFeed(feed: string): Record<string, readonly Role[]> {
  const path = `/settings/integrations/${feed}`;
  const one = `${path}/destinations/:name`;
  const buttons = ["check", "save", "test", "send", "sample"];
  const routes = [
    ...[path, `${path}/add`, one, `${one}/remove`].map((page) => `GET ${page}`),
    ...["check", "save", "forget"].map((button) => `POST /console${path}/${button}`),
    ...[`${path}/add`, one].flatMap((page) => buttons.map((button) => `POST /console${page}/${button}`)),
    `POST /console${one}/remove`,
  ];
  return Object.fromEntries(routes.map((route) => [route, ["admin"]]));
}

/** The settings of a ticket system, of auto-push and of retries. */
function ofSection(path: string, ...buttons: string[]): Record<string, readonly Role[]> {
  const page = `/settings/${path}`;
  const routes = [`GET ${page}`, ...buttons.map((button) => `POST /console${page}/${button}`)];
  return Object.fromEntries(routes.map((route) => [route, ["admin"]]));
}

/** Who gets through; null = open to everybody. */
const table: Readonly<Record<string, readonly Role[] | null>> = {
  "GET /": people,
  "GET /incidents": people,
  "GET /incidents/new": ["analyst", "admin"],
  "POST /console/incidents/new": ["analyst", "admin"],
  "POST /console/incidents/change": ["analyst", "admin"],
  "POST /console/incidents/exception": ["analyst", "admin"],
  "POST /console/incidents/exceptions": ["analyst", "admin"],
  "POST /console/incidents/columns": people,
  "GET /incidents/:id": people,
  "GET /incidents/:id/preview/:system": ["analyst", "admin"],
  "GET /incidents/:id/renew/:system": ["analyst", "admin"],
  "POST /console/incidents/:id/renew": ["analyst", "admin"],
  "GET /incidents/:id/exception": ["analyst", "admin"],
  "POST /console/incidents/:id/status": ["analyst", "admin"],
  "POST /console/incidents/:id/owner": ["analyst", "admin"],
  "POST /console/incidents/:id/notes": ["analyst", "admin"],
  "POST /console/incidents/:id/ticket": ["analyst", "admin"],
  "POST /console/incidents/:id/delivery": ["analyst", "admin"],
  "POST /console/incidents/:id/exception": ["analyst", "admin"],
  "GET /cases": people,
  "GET /cases/:id": people,
  "POST /console/cases/:id/status": ["analyst", "admin"],
  "POST /console/cases/:id/owner": ["analyst", "admin"],
  "POST /console/cases/:id/note": ["analyst", "admin"],
  "GET /alerts": people,
  "GET /alerts/:hash": people,
  "GET /campaigns": people,
  "GET /campaigns/:id": people,
  "GET /deliveries": people,
  "GET /deliveries/all": ["analyst", "admin"],
  "GET /deliveries/:id": people,
  "POST /console/deliveries/all/retry": ["analyst", "admin"],
  "POST /console/deliveries/all/discard": ["analyst", "admin"],
  "POST /console/deliveries/retry": ["analyst", "admin"],
  "POST /console/deliveries/discard": ["analyst", "admin"],
  "POST /console/deliveries/:id/retry": ["analyst", "admin"],
  "POST /console/deliveries/:id/discard": ["analyst", "admin"],
  "POST /console/deliveries/:id/identify": ["analyst", "admin"],
  "POST /console/deliveries/:id/candidates": ["analyst", "admin"],
  "GET /settings/integrations": people,
  "POST /console/integrations/:section/test": ["admin"],
  "GET /settings": ["admin"],
  ...ofSection("correlation", "check", "save"),
  ...ofSection("service-levels", "check", "save"),
  ...ofSection("routing", "check", "save"),
  ...ofSection("masking", "check", "save"),
  ...ofSection("retention", "check", "save"),
  ...ofSection("backups", "check", "save"),
  ...ofSection("network", "check", "save"),
  ...ofSection("logging", "check", "save"),
  ...ofFeed("alert-syslog"),
  ...ofFeed("incident-syslog"),
  ...ofSection("integrations/jira", "check", "save", "test", "fields", "pick"),
  ...ofSection("integrations/servicenow", "check", "save", "test", "fields", "pick"),
  ...ofSection("integrations/proactive", "check", "save", "test"),
  ...ofSection("integrations/auto-push", "check", "save"),
  ...ofSection("integrations/retries", "check", "save"),
  "GET /settings/packs": people,
  "GET /settings/packs/:name": people,
  "POST /console/packs/:name/file": people,
  "GET /system": people,
  "POST /console/system/certificate": ["admin"],
  "POST /console/system/self-signed": ["admin"],
  "POST /console/system/backup": ["admin"],
  "POST /console/system/backups/:name/file": ["admin"],
  "POST /console/system/backups/:name/remove": ["admin"],
  "POST /console/system/reload": ["admin"],
  "POST /console/system/support": ["admin"],
  "POST /console/system/log-level": ["admin"],
  "POST /console/system/heartbeats/:feed/:name": ["admin"],
  "POST /console/sample/start": ["admin"],
  "POST /console/sample/remove": ["admin"],
  "GET /users": ["admin"],
  "GET /new-user": ["admin"],
  "GET /users/:name": ["admin"],
  "POST /console/users": ["admin"],
  "POST /console/users/:name/display-name": ["admin"],
  "POST /console/users/:name/rights": ["admin"],
  "POST /console/users/:name/disable": ["admin"],
  "POST /console/users/:name/enable": ["admin"],
  "POST /console/users/:name/sessions": ["admin"],
  "POST /console/users/:name/password": ["admin"],
  "POST /console/users/:name/second-factor": ["admin"],
  "POST /console/users/:name/remove": ["admin"],
  "GET /keys": ["admin"],
  "GET /keys/new": ["admin"],
  "GET /keys/:id": ["admin"],
  "POST /console/keys": ["admin"],
  "POST /console/keys/:id/revoke": ["admin"],
  "GET /exceptions": people,
  "GET /exceptions/new": ["analyst", "admin"],
  "GET /exceptions/:id": people,
  "GET /exceptions/:id/edit": ["analyst", "admin"],
  "POST /console/exceptions": ["analyst", "admin"],
  "POST /console/exceptions/:id/change": ["analyst", "admin"],
  "POST /console/exceptions/:id/extend": ["analyst", "admin"],
  "POST /console/exceptions/:id/end": ["analyst", "admin"],
  "POST /console/exceptions/:id/remove": ["analyst", "admin"],
  "GET /assets": people,
  "GET /assets/edit": ["analyst", "admin"],
  "GET /assets/import": ["analyst", "admin"],
  "POST /console/assets/row": ["analyst", "admin"],
  "POST /console/assets/remove": ["analyst", "admin"],
  "POST /console/assets/preview": ["analyst", "admin"],
  "POST /console/assets/replace": ["analyst", "admin"],
  "POST /console/assets/export": people,
  "GET /audit": ["admin"],
  "POST /console/audit/export": ["admin"],
  "GET /search": people,
  "GET /account": people,
  "GET /console/stream": people,
  "POST /console/preferences": people,
  "POST /console/display-name": people,
  "POST /console/password": people,
  "POST /console/second-factor/begin": people,
  "POST /console/second-factor/confirm": people,
  "POST /console/second-factor/remove": people,
  "POST /console/second-factor/codes": people,
  "POST /console/second-factor/file": people,
  "GET /sign-in": null,
  "POST /sign-in": null,
  "POST /console/sign-out": null,
  "GET /password": null,
  "GET /assets/:file": null,
};

const program = () => createApp({ api: {}, console: {} } as never);
const routes = program()
  .routes.filter(({ method, path }) => method !== "ALL" && isConsolePath(path))
  .map(({ method, path }) => `${method} ${path}`);

/** Addresses of the console that take any method and that no row has; `/*` holds headers and counters. */
function bareAddresses(app: ReturnType<typeof program>): string[] {
  const known = new Set(["/*", ...Object.keys(table).map((route) => route.split(" ")[1])]);
  return app.routes
    .filter(({ method, path }) => method === "ALL" && isConsolePath(path) && !known.has(path))
    .map(({ path }) => path);
}

const form = { "Content-Type": "application/x-www-form-urlencoded" };
let appliance: TestAppliance;
const clients = new Map<Role, ConsoleClient>();
/** The token that forms of a person carry. */
const tokens = new Map<Role, string>();
let stranger: ConsoleClient;

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  stranger = new ConsoleClient(appliance.appliance.apiUrl);
  for (const role of people) {
    if (role !== "admin") await ApiClient.asUser(appliance, role, role);
    const client = await ConsoleClient.signedIn(appliance, role);
    clients.set(role, client);
    tokens.set(role, /name="form_token" value="([^"]+)"/.exec((await client.get("/account")).html)?.[1] ?? "");
  }
});
afterAll(() => appliance.dispose());

test("the table has every route", () => {
  expect([...new Set(routes)].sort()).toEqual(Object.keys(table).sort());
  const more = program();
  more.all("/console/everything", (c) => c.text("x"));
  expect([bareAddresses(program()), bareAddresses(more)]).toEqual([[], ["/console/everything"]]);
});

const guarded = Object.entries(table).filter((row): row is [string, readonly Role[]] => row[1] !== null);
const addressOf = (path: string) => path.replace(/:\w+/g, "INC-00000000");
const known = (role: Role) => clients.get(role) ?? stranger;

describe("pages and actions", () => {
  test.each(guarded)("%s", async (route, allowed) => {
    const [method = "", path = ""] = route.split(" ");
    const where = addressOf(path);
    const send = async (client: ConsoleClient, headers: Record<string, string>) => {
      const stop = new AbortController();
      const response = await fetch(client.url + where, {
        method: method === "GET" && path.endsWith("/stream") ? "HEAD" : method,
        redirect: "manual",
        signal: stop.signal,
        headers: { ...(client.cookies.size > 0 ? { Cookie: client.cookie } : {}), ...headers },
        ...(method === "POST" ? { body: new URLSearchParams({ own_password: password }).toString() } : {}),
      });
      stop.abort();
      return response.status;
    };
    const post = method === "POST" ? { ...form, ...ownPage } : {};
    // Nobody; and nobody with what opens the API.
    const { headers } = await ApiClient.loggedIn(appliance, "admin");
    const closed = method === "POST" || path.endsWith("/stream") ? [401] : [303];
    expect(closed).toContain(await send(stranger, { ...post }));
    expect(closed).toContain(await send(stranger, { ...post, ...headers }));
    expect(closed).toContain(await send(stranger, { ...post, "X-API-Key": appliance.key }));
    for (const role of people) {
      const status = await send(known(role), { ...post, "X-Form-Token": tokens.get(role) ?? "" });
      if (!allowed.includes(role)) expect([role, status]).toEqual([role, 403]);
      else
        expect([
          role,
          [401, 403].includes(status) && !path.includes("second-factor") && !path.includes("password"),
        ]).toEqual([role, false]);
    }
    if (method !== "POST") return;
    // From another site; without the token; with that of somebody else; without a word where it comes from.
    const admin = known("admin");
    const token = { "X-Form-Token": tokens.get("admin") ?? "" };
    for (const site of ["cross-site", "same-site", "none"])
      expect(await send(admin, { ...form, ...token, "Sec-Fetch-Site": site })).toBe(403);
    expect(await send(admin, { ...form, ...token, Origin: "https://evil.example" })).toBe(403);
    expect(await send(admin, { ...form, ...token })).toBe(403);
    expect(await send(admin, { ...post })).toBe(403);
    expect(await send(admin, { ...post, "X-Form-Token": tokens.get("viewer") ?? "" })).toBe(403);
  });
});

describe("entities", () => {
  const tags = ["attack.execution"];
  const ofAlice = [1, 2, 3, 4].map((n) =>
    detection({ user: "alice", entity: "North", rule_id: `r${n}`, rule_title: `Rule ${n}`, tags }),
  );
  /** What every action may be sent, so that nothing but whose it is stands in the way. */
  const fields = {
    ...{ status: "CLOSED", seen: "OPEN", owner: "southerner", text: "x", note: "x", reason: "x", days: "30" },
    ...{ entity: "North", actor: "alice", kind: "host", name: "ws-1", role: "workstation", was: "null", revision: "0" },
    ...{ system: "jira", state: "parked", cause: "", shown_at: "9999999999999", what: "retry", delivery: "dlv-0" },
    ...{ number: "SEC-1", list: "kind,name\nhost,ws-1\n", format: "csv", do: "status" },
  };
  let api: ApiClient;
  let southerner: ConsoleClient;
  let token = "";
  /** Of North, by the place where they are shown. */
  const own = { incidents: "", cases: "", alerts: "", exceptions: "" };

  beforeAll(async () => {
    await appliance.ingest(ofAlice);
    api = await ApiClient.loggedIn(appliance, "admin");
    own.incidents = (await api.get("/api/incidents?entity=North")).body.incidents[0].incident_id;
    own.cases = (await api.get("/api/cases/search?entity_name=North")).body.cases[0].case_id;
    own.alerts = (await api.get("/api/alerts?entity=North")).body.alerts[0].hash;
    own.exceptions = (await api.post("/api/exceptions", { entity: "North", actor: "bob", reason: "drill" })).body.id;
    await ApiClient.asUser(appliance, "southerner", "analyst", ["South"]);
    southerner = await ConsoleClient.signedIn(appliance, "southerner");
    token = /name="form_token" value="([^"]+)"/.exec((await southerner.get("/account")).html)?.[1] ?? "";
  });

  const state = async () => [
    (await api.get(`/api/incidents/${own.incidents}`)).body,
    (await api.get(`/api/cases/${own.cases}`)).body,
    (await api.get("/api/exceptions")).body,
    (await api.get("/api/assets?entity=North")).body,
  ];
  const post = (path: string) =>
    southerner.post(path, new URLSearchParams({ ...fields, id: own.incidents, form_token: token, scope }));
  const scope = JSON.stringify({ entity: "North", rule: "", actor: "alice" });
  const ofAnalysts = guarded.filter(([, allowed]) => allowed.includes("analyst")).map(([route]) => route);

  const idOf = new Map<string, () => string>([
    ...(Object.keys(own) as (keyof typeof own)[]).map((kind) => [kind, () => own[kind]] as const),
    // There are none here; their own tests have some of another entity.
    ["campaigns", () => "CMP-00000000"],
    ["deliveries", () => "dlv-00000000"],
  ]);
  const unowned = ["/settings/packs/:name", "/console/packs/:name/file"];
  test.each(ofAnalysts.filter((route) => route.includes("/:") && !unowned.some((path) => route.endsWith(path))))(
    "%s of another entity is as if it were not there",
    async (route) => {
      const [method = "", path = ""] = route.split(" ");
      const kind = path.replace(/^\/console/, "").split("/")[1] ?? "";
      // Of something new it has to be said whose it is.
      expect([...idOf.keys()]).toContain(kind);
      const where = path.replace(/:(?:id|hash)/, idOf.get(kind)?.() ?? "").replace(":system", "jira");
      const before = await state();
      const page = method === "GET" ? await southerner.get(where) : await post(where);
      expect([route, page.status]).toEqual([route, 404]);
      expect(page.text).not.toMatch(/alice|bob/);
      expect(await state()).toEqual(before);
    },
  );

  const ofOneself = /\/(?:preferences|display-name|password|columns|second-factor\/\w+)$/;
  test.each(ofAnalysts.filter((route) => route.startsWith("POST") && !route.includes("/:") && !ofOneself.test(route)))(
    "%s changes nothing of another entity",
    async (route) => {
      const before = await state();
      const { headers, html } = await post(route.split(" ")[1] ?? "");
      // A file, too, has nothing of it.
      expect(`${headers.get("content-disposition") ?? ""}${html}`).not.toContain("Rule 1");
      expect(await state()).toEqual(before);
    },
  );
});

test("the cookie opens nothing of the API", async () => {
  const { cookie, url } = known("admin");
  for (const path of ["/api/me", "/api/incidents", "/api/users", "/api/v1/feed/stream", "/api/settings/jira"])
    expect([path, (await fetch(url + path, { headers: { Cookie: cookie } })).status]).toEqual([path, 401]);
});

test("where a browser does not say Sec-Fetch-Site, its Origin counts", async () => {
  const { cookie, url } = known("viewer");
  const send = (origin: string) =>
    fetch(`${url}/console/preferences`, {
      method: "POST",
      redirect: "manual",
      headers: { ...form, Cookie: cookie, Origin: origin, "X-Form-Token": tokens.get("viewer") ?? "" },
      body: "theme=dark&to=/account",
    });
  const own = await send(url);
  expect([own.status, own.headers.get("location")]).toEqual([303, "/account"]);
  expect(own.headers.getSetCookie().join()).toContain("rhythmx-theme=dark");
  for (const origin of ["null", "http://evil.example", url.replace("http:", "https:"), `${url}0`])
    expect([origin, (await send(origin)).status]).toEqual([origin, 403]);
});

test("a link from another site leads to the page once more, with the cookie", async () => {
  const client = known("analyst");
  const fromTicket = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
  const hop = await fetch(`${client.url}/incidents?q=%22%3E%3Cscript%3E`, { headers: fromTicket });
  expect([hop.status, hop.headers.get("set-cookie")]).toEqual([200, null]);
  const html = await hop.text();
  expect(html).not.toContain("<script>");
  expect(hop.headers.get("refresh")).toBe("0; url=/incidents?q=%22%3E%3Cscript%3E");
});

test("pages are nobody's but the reader's, under a strict policy", async () => {
  for (const [client, path, status] of [
    [stranger, "/sign-in", 200],
    [known("viewer"), "/", 200],
    [known("viewer"), "/nothing/here", 404],
  ] as const) {
    const { headers, ...page } = await client.get(path);
    expect(page.status).toBe(status);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toBe(
      "default-src 'none'; object-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types rhythmx",
    );
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(page.html).not.toMatch(/\sstyle=|\son[a-z]+="|<script(?! type="module" src="\/assets\/)/);
  }
});

test("files are packed, kept for good, and small", async () => {
  const { html } = await stranger.get("/sign-in");
  const files = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, file]) => file ?? "");
  expect(files.length).toBe(4);
  let sum = html.length;
  for (const file of files) {
    const response = await fetch(stranger.url + file, { headers: { "Accept-Encoding": "gzip" }, decompress: false });
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    sum += (await response.arrayBuffer()).byteLength;
  }
  // The second font comes with the first text in it.
  expect(sum + 40_404).toBeLessThan(150_000);
  expect((await fetch(`${stranger.url}/assets/console.000000000000.css`)).status).toBe(404);
});
