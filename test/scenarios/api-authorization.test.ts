/** Every endpoint against every kind of caller. A route without a row in the table fails. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { apiRoutes } from "../../transports/http/api/api.ts";
import { createApp } from "../../transports/http/app.ts";
import { isConsolePath } from "../../transports/http/console/console.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";

const reading = ["key feed:read", "viewer", "analyst", "soar", "admin"];
const writing = ["key incident:write", "analyst", "soar", "admin"];
const investigating = ["analyst", "admin"];
const everyone = ["viewer", "analyst", "soar", "admin"];
const admins = ["admin"];

/** Who gets through; null = open to everybody. */
const table: Readonly<Record<string, readonly string[] | null>> = {
  "POST /api/login": null,
  "POST /api/refresh": null,
  "POST /api/logout": null,
  "GET /api/me": everyone,
  "POST /api/password": everyone,
  "POST /api/totp": everyone,
  "POST /api/totp/confirm": everyone,
  "POST /api/totp/remove": everyone,
  "POST /api/totp/recovery-codes": everyone,
  "GET /api/incidents": reading,
  "GET /api/cases/search": reading,
  "GET /api/v1/feed/incidents": reading,
  "GET /api/v1/feed/cases": reading,
  "GET /api/v1/feed/alerts": reading,
  "GET /api/v1/feed/stream": reading,
  "GET /api/incidents/:id": reading,
  "GET /api/alerts": reading,
  "GET /api/alerts/:hash": reading,
  "GET /api/overview": reading,
  "GET /api/activity": reading,
  "GET /api/system": everyone,
  "GET /api/system/retention": admins,
  "GET /api/system/log-level": admins,
  "PUT /api/system/log-level": admins,
  "GET /api/system/heartbeats": admins,
  "POST /api/system/heartbeats/:feed/:name": admins,
  "GET /api/packs": everyone,
  "GET /api/packs/:name": everyone,
  "GET /api/system/certificate": admins,
  "PUT /api/system/certificate": admins,
  "DELETE /api/system/certificate": admins,
  "POST /api/incidents/bulk": writing,
  "PATCH /api/incidents/:id/status": writing,
  "PATCH /api/incidents/:id": writing,
  "POST /api/incidents": investigating,
  "GET /api/campaigns": reading,
  "GET /api/campaigns/:id": reading,
  "GET /api/cases/:id": reading,
  "PATCH /api/cases/:id/status": writing,
  "PATCH /api/cases/:id": writing,
  "GET /api/exceptions": reading,
  "GET /api/exceptions/proposals": reading,
  "GET /api/incidents/:id/exceptions": reading,
  "GET /api/exceptions/:id": reading,
  "POST /api/exceptions": investigating,
  "PATCH /api/exceptions/:id": investigating,
  "POST /api/exceptions/try": investigating,
  "DELETE /api/exceptions/:id": investigating,
  "GET /api/assets": reading,
  "PUT /api/assets": investigating,
  "PATCH /api/assets": investigating,
  "POST /api/incidents/:id/tickets/preview": investigating,
  "POST /api/incidents/:id/tickets": investigating,
  "POST /api/incidents/:id/tickets/renew": investigating,
  "GET /api/tickets": everyone,
  "GET /api/deliveries": everyone,
  "GET /api/deliveries/:id": everyone,
  "POST /api/deliveries/:id/retry": investigating,
  "POST /api/deliveries/:id/discard": investigating,
  "POST /api/deliveries/:id/identify": investigating,
  "GET /api/deliveries/:id/candidates": investigating,
  "GET /api/dead-letters": everyone,
  "POST /api/dead-letters/retry": investigating,
  "POST /api/dead-letters/discard": investigating,
  // Signed by the ticket system: everybody else gets no further than the signature.
  "POST /api/webhooks/jira": null,
  "POST /api/webhooks/servicenow": null,
  "GET /api/integrations/status": everyone,
  "GET /api/settings": admins,
  "GET /api/settings/:section": admins,
  "GET /api/settings/auto_push/estimate": admins,
  "GET /api/settings/retry/estimate": admins,
  "GET /api/settings/servicenow/estimate": admins,
  "PUT /api/settings/:section": admins,
  "POST /api/settings/:section/check": admins,
  "POST /api/settings/:section/preview": admins,
  "POST /api/settings/:section/test": admins,
  "POST /api/settings/:section/fields": admins,
  "GET /api/users": admins,
  "POST /api/users": admins,
  "PATCH /api/users/:name": admins,
  "DELETE /api/users/:name": admins,
  "GET /api/keys": admins,
  "POST /api/keys": admins,
  "DELETE /api/keys/:id": admins,
  "GET /api/audit": admins,
  "GET /api/backups": admins,
  "POST /api/backups": admins,
  "GET /api/backups/:name": admins,
  "DELETE /api/backups/:name": admins,
  "GET /api/audit/export": admins,
  "GET /api/system/support-bundle": admins,
  "GET /api/system/reload": admins,
  "POST /api/system/reload": admins,
};

/** Beside the API: they take API keys alone, or nothing. */
const keysOnly: Readonly<Record<string, readonly string[] | null>> = {
  "POST /api/v1/ingest/detections": ["key ingest"],
  "POST /api/v1/ingest/alarms": ["key ingest"],
  "GET /metrics": ["key metrics:read"],
  "GET /healthz": null,
  "GET /readyz": null,
  "GET /api/openapi.json": null,
  "GET /api/docs": null,
  "GET /api/docs/style.css": null,
};

/** Addresses with a name in them that belongs to no entity. */
const tenantless = ["/api/packs/:name"];

/** What the router holds for a whole family of addresses: headers and counters, no answers. */
const middleware = ["/*", "/api/*", "/api/v1/ingest/*"];

/** Routes of the program that no table has: taken from its router, methods included. */
function bareRoutes(app: ReturnType<typeof createApp>): string[] {
  const known = new Set([...Object.keys(table), ...Object.keys(keysOnly)]);
  const addresses = new Set([...known].map((route) => route.split(" ")[1]));
  return (
    app.routes
      // Pages and actions have a table of their own (console-authorization.test.ts).
      .filter(({ path }) => !isConsolePath(path) || middleware.includes(path))
      .filter(({ method, path }) =>
        method === "ALL" ? !middleware.includes(path) && !addresses.has(path) : !known.has(`${method} ${path}`),
      )
      .map(({ method, path }) => `${method} ${path}`)
  );
}

const program = () => createApp({ api: {}, console: {} } as never);
const routes = program()
  .routes.filter(({ method, path }) => method !== "ALL" && !isConsolePath(path))
  .map(({ method, path }) => `${method} ${path}`);
const ids = { incident: "", case: "" };
let appliance: TestAppliance;
const allowed = new Map<string, ApiClient>();
const refused = new Map<string, ApiClient>();

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  const attack = (user: string, entity: string) =>
    [1, 2, 3, 4].map((n) =>
      detection({ user, entity, rule_id: `r${n}`, rule_title: `Rule ${n}`, tags: ["attack.execution"] }),
    );
  await appliance.ingest([...attack("alice", "North"), ...attack("bob", "South")]);
  const url = appliance.appliance.apiUrl;
  for (const scope of ["feed:read", "incident:write", "ingest", "metrics:read"] as const)
    allowed.set(`key ${scope}`, await ApiClient.withKey(appliance, [scope]));
  for (const role of ["viewer", "analyst", "soar"] as const)
    allowed.set(role, await ApiClient.asUser(appliance, role, role));
  allowed.set("admin", await ApiClient.loggedIn(appliance, "admin"));

  const bearer = (token: string) => new ApiClient(url, { Authorization: `Bearer ${token}` });
  const good = allowed.get("admin")?.headers.Authorization?.slice(7) ?? "";
  const [head = "", payload = "", signature = ""] = good.split(".");
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  const forged = (change: object, key: string, typ = "at+jwt") =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: "HS256", typ }).sign(Buffer.from(key.padEnd(32)));
  refused.set("nobody", new ApiClient(url));
  refused.set("an empty token", bearer(""));
  refused.set("a tampered signature", bearer(`${head}.${payload}.${signature.slice(0, -4)}AAAA`));
  refused.set("tampered claims", bearer(`${head}.${encode({ ...claims, sub: "user-000000000000" })}.${signature}`));
  refused.set("alg none", bearer(`${encode({ alg: "none", typ: "at+jwt" })}.${payload}.`));
  refused.set("another key", bearer(await forged({}, "secret")));
  refused.set("an empty key", bearer(await forged({}, "")));
  refused.set("basic authentication", new ApiClient(url, { Authorization: `Basic ${btoa(`admin:${password}`)}` }));
  refused.set("a token as a key", new ApiClient(url, { "X-API-Key": good }));
  refused.set("an unknown key", new ApiClient(url, { "X-API-Key": `smk_${"0".repeat(36)}` }));
  refused.set(
    "a bad token beside a good key",
    new ApiClient(url, { ...allowed.get("key feed:read")?.headers, Authorization: "Bearer x.y.z" }),
  );
  const { key: expired } = await appliance.makeKey(["feed:read", "incident:write"], [], 0.001);
  const { key: revoked, id } = await appliance.makeKey(["feed:read", "incident:write"]);
  await appliance.appliance.operations.revokeKey(id);
  refused.set("a revoked key", new ApiClient(url, { "X-API-Key": revoked }));
  refused.set("a disabled user", await ApiClient.asUser(appliance, "leaver", "admin"));
  await appliance.appliance.operations.changeUser("leaver", { disabled: true });
  refused.set("a user whose password was changed", await ApiClient.asUser(appliance, "forgetful", "admin"));
  await appliance.appliance.operations.changeUser("forgetful", { password: `${password} 2` });
  const gone = await ApiClient.asUser(appliance, "gone", "admin");
  await gone.post("/api/logout", {});
  refused.set("a user who has logged out", gone);
  const old = await ApiClient.asUser(appliance, "sleeper", "admin");
  await appliance.clock.advance(16 * 60_000);
  refused.set("an expired token", old);
  refused.set("an expired key", new ApiClient(url, { "X-API-Key": expired }));
  for (const role of ["viewer", "analyst", "soar", "admin"] as const)
    allowed.set(role, await ApiClient.loggedIn(appliance, role));

  const all = allowed.get("admin");
  ids.incident = (await all?.get("/api/incidents?entity=North"))?.body.incidents[0].incident_id;
  ids.case = (await all?.get("/api/cases/search?entity_name=North"))?.body.cases[0].case_id;
}, 300_000);

afterAll(() => appliance.dispose());

test("every route of the program has its row, and every row a route", () => {
  expect([...Object.keys(table), ...Object.keys(keysOnly)].sort()).toEqual([...new Set(routes)].sort());
  expect(bareRoutes(program())).toEqual([]);
});

test("a route that is added without a row is found, under any method", () => {
  const more = program();
  more.get("/api/debug", (c) => c.text("x"));
  more.all("/api/everything", (c) => c.text("x"));
  more.on("PROPFIND", "/api/users", (c) => c.text("x"));
  more.put("/api/me", (c) => c.text("x"));
  expect(bareRoutes(more)).toEqual(["GET /api/debug", "ALL /api/everything", "PROPFIND /api/users", "PUT /api/me"]);
});

/** Requests that change nothing, whoever sends them: their bodies are refused after the caller was let in. */
function call(client: ApiClient, route: string) {
  const [method = "", path = ""] = route.split(" ");
  const address = path
    .replace("/api/incidents/:id", `/api/incidents/${ids.incident}`)
    .replace("/api/cases/:id", `/api/cases/${ids.case}`)
    .replace(/:\w+/, "none");
  const address2 = address.endsWith("/stream") ? `${address}?last_event_id=nonsense` : address;
  return client.send(method, address2, method === "GET" || method === "DELETE" ? undefined : { nonsense: 1 });
}

for (const [route, who] of Object.entries(table)) {
  test(route, async () => {
    for (const [name, client] of allowed) {
      const { status, headers, body } = await call(client, route);
      const expected = who === null || who.includes(name) ? "through" : "refused";
      const got = status === 401 || status === 403 ? "refused" : "through";
      // An open route has its own way of refusing.
      if (who !== null) expect([name, status, got]).toEqual([name, status, expected]);
      if (got === "refused" && who !== null) expect([name, status]).toEqual([name, 403]);
      if (status >= 400) expect(headers.get("content-type")).toBe("application/problem+json");
      if (status >= 400) expect(body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
      expect(status).toBeLessThan(500);
    }
    for (const [name, client] of refused) {
      const { status, headers } = await call(client, route);
      if (who === null) continue;
      expect([name, status]).toEqual([name, 401]);
      expect(headers.get("www-authenticate")).toStartWith("Bearer");
    }
  });
}

for (const [route, who] of Object.entries(keysOnly)) {
  test(route, async () => {
    // As it comes through a proxy: from this machine itself the metrics take no key.
    const through = (client: ApiClient) =>
      new ApiClient(appliance.appliance.apiUrl, { ...client.headers, Via: "proxy" });
    for (const [name, client] of [...allowed, ...refused]) {
      const { status, headers } = await call(through(client), route);
      if (who === null) expect([name, status]).toEqual([name, 200]);
      else if (who.includes(name)) expect([name, [200, 400].includes(status)]).toEqual([name, true]);
      // What a proxy asks for in Authorization does not count here.
      else if (name.startsWith("key ") || name === "a bad token beside a good key")
        expect([name, status]).toEqual([name, 403]);
      else {
        expect([name, status]).toEqual([name, 401]);
        expect(headers.get("www-authenticate")).toStartWith("ApiKey");
      }
    }
  });
}

describe("entities", () => {
  const lists = [
    ["/api/incidents", "incidents"],
    ["/api/v1/feed/incidents", "data"],
    ["/api/v1/feed/cases", "data"],
    ["/api/v1/feed/alerts", "data"],
    ["/api/cases/search", "cases"],
  ] as const;

  test("lists hold what the caller may see, however it asks", async () => {
    const south = [
      await ApiClient.withKey(appliance, ["feed:read"], ["south"]),
      await ApiClient.asUser(appliance, "southerner", "viewer", ["SOUTH "]),
    ];
    for (const client of south)
      for (const [path, name] of lists)
        for (const query of ["", "?since=", "?updated_since=", "?limit=1", "?entity=South", "?entity=south"]) {
          const { status, body } = await client.get(path + query);
          expect(status).toBe(200);
          expect(body.total).toBeGreaterThan(0);
          expect(new Set(body[name].map((row: { entity_name: string }) => row.entity_name))).toEqual(
            new Set(["South"]),
          );
        }
    for (const client of south)
      for (const [path, name] of lists) {
        const { body } = await client.get(`${path}?entity=North`);
        expect([body[name], body.total, body.has_more]).toEqual([[], 0, false]);
      }
  });

  test("what is foreign answers like what does not exist, and stays as it is", async () => {
    const key = await ApiClient.withKey(appliance, ["feed:read", "incident:write"], ["South"]);
    const analyst = await ApiClient.asUser(appliance, "analyst-south", "analyst", ["South"]);
    const same = (body: object) => ({ ...body, detail: expect.stringMatching(/^there is no (incident|case) /) });
    for (const client of [key, analyst])
      for (const [kind, id] of [
        ["incidents", ids.incident],
        ["cases", ids.case],
      ] as const) {
        const unknown = await client.get(`/api/${kind}/${id.slice(0, -8)}00000000`);
        const foreign = await client.get(`/api/${kind}/${id}`);
        expect([unknown.status, foreign.status]).toEqual([404, 404]);
        expect(foreign.body).toEqual(same(unknown.body));
        expect((await client.patch(`/api/${kind}/${id}/status`, { status: "CLOSED" })).status).toBe(404);
        expect((await client.patch(`/api/${kind}/${id}`, { assigned_analyst: "me" })).status).toBe(404);
      }
    const promoted = await analyst.post("/api/incidents", { entity: "North", actor: "alice", reason: "x" });
    const unheard = await analyst.post("/api/incidents", { entity: "South", actor: "nobody-at-all", reason: "x" });
    expect([promoted.status, unheard.status]).toEqual([404, 404]);
    for (const entity of ["North", null]) {
      const answer = await analyst.post("/api/exceptions", { entity, actor: "alice", reason: "x" });
      expect([answer.status, answer.body.detail]).toEqual([403, "entity: name one of your entities"]);
    }
    const { body } = (await allowed.get("admin")?.get(`/api/incidents/${ids.incident}`)) ?? { body: {} };
    expect(body).toMatchObject({ status: "OPEN", assigned_analyst: null, entity_name: "North" });
  });

  test("nothing with an id or a name can be read, changed or sent by who sees another entity", async () => {
    const admin = allowed.get("admin") as ApiClient;
    const hash = (await admin.get("/api/alerts?entity=North")).body.alerts[0].hash;
    const { body: own } = await admin.post("/api/exceptions", { entity: "North", actor: "alice", reason: "x" });
    const foreign: Readonly<Record<string, string>> = {
      incidents: ids.incident,
      cases: ids.case,
      alerts: hash,
      exceptions: own.id,
      // There are none: they are found by the incident that they are of, as the tests of tickets and campaigns show.
      campaigns: "CMP-00000000",
      deliveries: "dlv-0000000000000000",
    };
    const analyst = await ApiClient.asUser(appliance, "stranger", "analyst", ["South"]);
    const before = [
      (await admin.get(`/api/incidents/${ids.incident}`)).body,
      (await admin.get(`/api/cases/${ids.case}`)).body,
      (await admin.get("/api/exceptions")).body,
    ];
    const ofTenants = apiRoutes({} as never).filter(
      ({ path, permission }) => path.includes("/:") && permission !== "administer" && !tenantless.includes(path),
    );
    expect(ofTenants.length).toBeGreaterThan(15);
    for (const { method, path, bodyExample } of ofTenants) {
      const [, , kind = ""] = path.split("/");
      // Of something new it has to be said whose it is.
      expect([path, foreign[kind]]).toEqual([path, expect.any(String)]);
      const address = path.replace(/:(?:id|hash)/, foreign[kind] ?? "");
      const body = method === "GET" || method === "DELETE" ? undefined : (bodyExample ?? {});
      const { status, body: answer } = await analyst.send(method, address, body);
      expect([method, path, status]).toEqual([method, path, 404]);
      expect(JSON.stringify(answer)).not.toContain("alice");
    }
    expect([
      (await admin.get(`/api/incidents/${ids.incident}`)).body,
      (await admin.get(`/api/cases/${ids.case}`)).body,
      (await admin.get("/api/exceptions")).body,
    ]).toEqual(before);
    await admin.delete(`/api/exceptions/${own.id}`);
  });

  test("a cursor of one tenant is worth nothing to another", async () => {
    const [north, south] = [
      await ApiClient.withKey(appliance, ["feed:read"], ["North"]),
      await ApiClient.withKey(appliance, ["feed:read"], ["South"]),
    ];
    const { body } = await north.get("/api/v1/feed/incidents?since=");
    const foreign = await south.get(`/api/v1/feed/incidents?cursor=${body.next_cursor}`);
    expect([foreign.status, foreign.body.errors[0].name]).toEqual([400, "cursor"]);
  });

  test("an administrator cannot be limited, an empty name makes no user for all", async () => {
    const admin = allowed.get("admin");
    const bad = [
      { name: "limited", role: "admin", password, entities: ["South"] },
      { name: "blank", role: "viewer", password, entities: [""] },
    ];
    for (const user of bad) expect((await admin?.post("/api/users", user))?.status).toBe(400);
  });
});
