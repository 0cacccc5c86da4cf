/** The API document: sound, complete, and true: what it says of answers holds for real ones. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import * as v from "valibot";
import { apiRoutes } from "../../transports/http/api/api.ts";
import { createApp } from "../../transports/http/app.ts";
import { isConsolePath } from "../../transports/http/console/console.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { ownSampleText } from "../harness/engine-samples.ts";

let appliance: TestAppliance;
let admin: ApiClient;
// biome-ignore lint/suspicious/noExplicitAny: tests read documents freely
let document: any;

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  admin = await ApiClient.loggedIn(appliance, "admin");
  await appliance.ingest(ownSampleText().split("\n").slice(0, 3000).join("\n"));
  await appliance.ingest(
    [{ alarm_id: "1", name: "Alarm", rbp: 80, timestamp: "2026-03-13T04:00:00Z", entity: "Primary Site", user: "x" }],
    { kind: "alarms" },
  );
  document = (await new ApiClient(appliance.appliance.apiUrl).get("/api/openapi.json")).body;
});
afterAll(() => appliance.dispose());

test("it passes a linter", async () => {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: "openapi.json", config });
  expect(problems.map(({ ruleId, message, severity }) => `${severity} ${ruleId}: ${message}`)).toEqual([]);
});

test("it has every route, its parameters and its body, from the schemas that check them", () => {
  expect(document.openapi).toBe("3.1.0");
  const described = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  // From the router itself: a route that is added beside the lists is missing here.
  const routes = createApp({ api: {}, console: {} } as never).routes.filter(
    ({ method, path }) => method !== "ALL" && !isConsolePath(path),
  );
  const paths = routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  expect(described.sort()).toEqual([...new Set(paths)].sort());
  for (const route of ["POST /api/v1/ingest/detections", "GET /healthz", "GET /readyz", "GET /metrics"])
    expect(described).toContain(route);
  const { parameters } = document.paths["/api/incidents"].get;
  const limit = parameters.find(({ name }: { name: string }) => name === "limit");
  expect(limit.schema).toEqual({ type: "integer", minimum: 1, maximum: 500, default: 100 });
  const status = parameters.find(({ name }: { name: string }) => name === "status");
  expect(status.schema.items.enum).toEqual(["OPEN", "IN_PROGRESS", "CLOSED", "FALSE_POSITIVE"]);
  const { schema } = document.paths["/api/incidents/{id}/status"].patch.requestBody.content["application/json"];
  expect([schema.required, Object.keys(schema.properties)]).toEqual([["status"], ["status", "notes"]]);
});

describe("answers have the shapes that it says, no field less and none more", () => {
  const schemaOf = (route: string, status: number) => {
    const found = apiRoutes({} as never).find(({ method, path }) => `${method} ${path}` === route);
    const schema = found?.answers[status]?.schema;
    if (schema === undefined) throw new Error(`no schema of ${route} ${status}`);
    return strict(schema);
  };
  const holds = (route: string, status: number, body: unknown) => {
    const { issues } = v.safeParse(schemaOf(route, status), body);
    expect((issues ?? []).slice(0, 3).map((issue) => `${v.getDotPath(issue)}: ${issue.message}`)).toEqual([]);
  };

  test("lists and details", async () => {
    const lists = [
      "/api/incidents",
      "/api/cases/search",
      "/api/v1/feed/incidents",
      "/api/v1/feed/cases",
      "/api/v1/feed/alerts",
    ];
    for (const path of [
      ...lists,
      "/api/alerts",
      "/api/alerts?text=suspicious",
      "/api/overview",
      "/api/activity",
      "/api/system",
      "/api/system/certificate",
      "/api/exceptions",
      "/api/exceptions/proposals",
      "/api/assets",
      "/api/users",
      "/api/keys",
      "/api/audit",
      "/api/me",
    ])
      holds(`GET ${path.split("?")[0]}`, 200, (await admin.get(path)).body);
    const { incidents } = (await admin.get("/api/incidents?limit=50")).body;
    const { cases } = (await admin.get("/api/cases/search?limit=50")).body;
    expect([incidents.length > 10, cases.length > 10]).toEqual([true, true]);
    for (const { hash } of (await admin.get("/api/alerts?limit=5")).body.alerts)
      holds("GET /api/alerts/:hash", 200, (await admin.get(`/api/alerts/${hash}`)).body);
    for (const { incident_id } of incidents)
      holds("GET /api/incidents/:id", 200, (await admin.get(`/api/incidents/${incident_id}`)).body);
    for (const { incident_id } of incidents)
      holds(
        "GET /api/incidents/:id/exceptions",
        200,
        (await admin.get(`/api/incidents/${incident_id}/exceptions`)).body,
      );
    for (const { case_id } of cases) holds("GET /api/cases/:id", 200, (await admin.get(`/api/cases/${case_id}`)).body);
  });

  test("campaigns", async () => {
    // Their reader and that of outbreaks have looked.
    await appliance.clock.advance(90_000);
    const { body } = await admin.get("/api/campaigns");
    holds("GET /api/campaigns", 200, body);
    expect(body.campaigns.length).toBeGreaterThan(0);
    for (const { campaign_id, incident_count } of body.campaigns) {
      const campaign = (await admin.get(`/api/campaigns/${campaign_id}`)).body;
      holds("GET /api/campaigns/:id", 200, campaign);
      expect([campaign.incidents_total, campaign.links_total > 0]).toEqual([incident_count, true]);
      const [one] = campaign.incidents;
      holds("GET /api/incidents/:id", 200, (await admin.get(`/api/incidents/${one.incident_id}`)).body);
      const listed = (await admin.get(`/api/incidents?campaign=${campaign_id}&limit=500`)).body;
      expect(listed.total).toBe(incident_count);
    }
  });

  test("changes", async () => {
    const { incident_id } = (await admin.get("/api/incidents?limit=1")).body.incidents[0];
    const { case_id } = (await admin.get("/api/cases/search?limit=1")).body.cases[0];
    const patched = await admin.patch(`/api/incidents/${incident_id}/status`, { status: "IN_PROGRESS" });
    holds("PATCH /api/incidents/:id/status", 200, patched.body);
    const bulk = { ids: [incident_id, "INC-00000000"], assigned_analyst: "jane.doe" };
    holds("POST /api/incidents/bulk", 200, (await admin.post("/api/incidents/bulk", bulk)).body);
    const wrong = await admin.patch(`/api/incidents/${incident_id}/status`, { status: "FALSE_POSITIVE" });
    holds("PATCH /api/incidents/:id/status", 200, wrong.body);
    expect(wrong.body.proposed_exceptions.length).toBeGreaterThan(0);
    holds("PATCH /api/cases/:id", 200, (await admin.patch(`/api/cases/${case_id}`, { notes: "x" })).body);
    await appliance.ingest([detection({ user: "quiet", level: "low" })]);
    const promoted = await admin.post("/api/incidents", { entity: "Primary Site", actor: "quiet", reason: "x" });
    holds("POST /api/incidents", 201, promoted.body);
    for (const fields of [{ rule: "x" }, { actor: "*a*", process: "x" }])
      holds("POST /api/exceptions/try", 200, (await admin.post("/api/exceptions/try", fields)).body);
    holds("POST /api/exceptions", 201, (await admin.post("/api/exceptions", { rule: "x", reason: "y" })).body);
    const user = { name: "new-user", role: "viewer", password };
    holds("POST /api/users", 201, (await admin.post("/api/users", user)).body);
    holds("PATCH /api/users/:name", 200, (await admin.patch("/api/users/new-user", { disabled: true })).body);
    const key = await admin.post("/api/keys", { name: "k", scopes: ["feed:read"], expires_in_days: 0.5 });
    holds("POST /api/keys", 201, key.body);
    const byKey = new ApiClient(appliance.appliance.apiUrl, { "X-API-Key": key.body.key });
    expect((await byKey.get("/api/v1/feed/incidents?limit=1")).status).toBe(200);
    expect((await admin.delete(`/api/keys/${key.body.id}`)).status).toBe(204);
    expect((await byKey.get("/api/v1/feed/incidents?limit=1")).status).toBe(401);
    expect((await admin.delete("/api/users/new-user")).status).toBe(204);
    expect((await admin.delete("/api/users/admin")).body.title).toBe("The last administrator");
    expect((await admin.patch("/api/users/admin", { role: "viewer" })).status).toBe(409);
    const { body } = await admin.get("/api/audit?limit=4");
    expect(body.entries.map(({ action, target, who }: Record<string, string>) => [action, target, who])).toEqual([
      ["user.delete", "new-user", "admin"],
      ["key.refused", key.body.id, "key k"],
      ["key.revoke", key.body.id, "admin"],
      ["key.create", key.body.id, "admin"],
    ]);
    const older = (await admin.get(`/api/audit?limit=3&before=${body.next_before}`)).body;
    expect(older.entries[0].id).toBe(body.next_before - 1);
  });
});

test("the page for people needs no script and no network, and names every endpoint", async () => {
  const { status, body, headers } = await new ApiClient(appliance.appliance.apiUrl).get("/api/docs");
  expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
  expect(body).not.toMatch(/<script|(src|href)="?https?:|style=|undefined|\[object/);
  for (const path of Object.keys(document.paths)) expect(body).toContain(`>${path}<`);
  expect((await new ApiClient(appliance.appliance.apiUrl).get("/api/docs/style.css")).status).toBe(200);
});

/** The schema with objects that take no other fields. */
function strict(schema: v.GenericSchema): v.GenericSchema {
  const inner = schema as unknown as {
    type: string;
    entries?: Record<string, v.GenericSchema>;
    item?: v.GenericSchema;
    wrapped?: v.GenericSchema;
    pipe?: v.GenericSchema[];
  };
  if (inner.type === "object" && inner.entries !== undefined)
    return v.strictObject(Object.fromEntries(Object.entries(inner.entries).map(([name, one]) => [name, strict(one)])));
  if (inner.type === "array" && inner.item !== undefined) return v.array(strict(inner.item));
  if (inner.type === "exact_optional" && inner.wrapped !== undefined) return v.exactOptional(strict(inner.wrapped));
  if (inner.type === "nullable" && inner.wrapped !== undefined) return v.nullable(strict(inner.wrapped));
  return schema;
}
