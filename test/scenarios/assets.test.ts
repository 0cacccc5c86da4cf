/** Assets by the API, the file and logs: lists in JSON and CSV, and the roles that incidents show. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";

const csv = { "Content-Type": "text/csv" };

describe("the list of an entity", () => {
  let appliance: TestAppliance;
  let admin: ApiClient;
  const put = (body: unknown, query = "", headers: Record<string, string> = {}) =>
    admin.send("PUT", `/api/assets${query}`, body, headers);

  beforeAll(async () => {
    appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
    admin = await ApiClient.loggedIn(appliance, "admin");
  });
  afterAll(() => appliance.dispose());

  test("a PUT replaces it whole, and only it; the audit log says how it changed", async () => {
    const first = [
      { host: "DC01.corp.example", role: "Domain Controller", aliases: ["10.0.0.5"] },
      { account: "CORP\\svc-deploy", role: "deployment", criticality: "normal" },
    ];
    expect((await put({ assets: first })).body).toEqual({
      ...{ entity_name: "Primary Site", hosts: 1, accounts: 1, added: 2, changed: 0, removed: 0, left_out: 0 },
    });
    await put({ entity: "Branch", assets: [{ host: "fs01", criticality: "high" }] });
    const answer = await admin.get("/api/assets?entity=PRIMARY%20site");
    expect(answer.body).toEqual({
      entity_name: "PRIMARY site",
      total: 2,
      assets: [
        {
          ...{ entity_name: "Primary Site", kind: "host", name: "DC01.corp.example", role: "domain_controller" },
          ...{ criticality: null, aliases: ["10.0.0.5"], from: "api" },
        },
        {
          ...{ entity_name: "Primary Site", kind: "account", name: "CORP\\svc-deploy", role: "deployment" },
          ...{ criticality: "normal", aliases: [], from: "api" },
        },
      ],
    });
    const second = await put([{ host: "dc01.corp.example", role: "dc", criticality: "critical" }]);
    expect(second.body).toMatchObject({ added: 0, changed: 1, removed: 1 });
    expect((await admin.get("/api/assets?entity=Branch")).body.total).toBe(1);
    const { entries } = (await admin.get("/api/audit?action=assets.replace")).body;
    expect(entries).toMatchObject([
      { who: "admin", target: "Primary Site", detail: { hosts: 1, accounts: 0, added: 0, changed: 1, removed: 1 } },
      { who: "admin", target: "Branch", detail: { hosts: 1, accounts: 0, added: 1, changed: 0, removed: 0 } },
      { who: "admin", target: "Primary Site", detail: { hosts: 1, accounts: 1, added: 2, changed: 0, removed: 0 } },
    ]);
    await put({ entity: "Branch", assets: [] });
    expect((await admin.get("/api/assets?entity=Branch")).body.assets).toEqual([]);
  });

  test("CSV in every form that spreadsheets save; what is read as CSV can be sent back", async () => {
    const lines = ["Kind;Name;Role;Criticality;Aliases", 'host;"FS01";server;high;"a|b"', "account;j;administrator;;"];
    const text = lines.join("\r\n");
    const forms: [string, string | Uint8Array][] = [
      ["UTF-8 with a mark", `\uFEFF${text}`],
      ["UTF-16", Buffer.from(`\uFEFF${text.replaceAll(";", "\t")}`, "utf16le")],
      ["UTF-16, the other way round", Buffer.from(`\uFEFF${text.replaceAll(";", "\t")}`, "utf16le").swap16()],
      ["commas", text.replaceAll(";", ",")],
    ];
    for (const [name, body] of forms) {
      await put({ assets: [] });
      const response = await fetch(`${appliance.appliance.apiUrl}/api/assets`, {
        method: "PUT",
        headers: { ...admin.headers, ...csv },
        body,
      });
      expect([name, response.status, await response.json()]).toMatchObject([name, 200, { hosts: 1, accounts: 1 }]);
    }
    const sheet = await admin.get("/api/assets", { Accept: "text/csv" });
    expect(sheet.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(sheet.body).toBe(
      "kind,name,role,criticality,aliases,entity_name,from\r\nhost,FS01,server,high,a|b,Primary Site,api\r\naccount,j,administrator,,,Primary Site,api\r\n",
    );
    expect((await put(sheet.body, "", csv)).body).toMatchObject({ added: 0, changed: 0, removed: 0 });
    expect((await put((await admin.get("/api/assets")).body)).body).toMatchObject({ added: 0, changed: 0, removed: 0 });
    const latin = await fetch(`${appliance.appliance.apiUrl}/api/assets`, {
      method: "PUT",
      headers: { ...admin.headers, ...csv },
      body: Buffer.from("kind,name,role\nhost,büro,server", "latin1"),
    });
    expect([latin.status, ((await latin.json()) as { detail: string }).detail]).toEqual([
      400,
      'the body is no UTF-8: in a spreadsheet save it as "CSV UTF-8"',
    ]);
  });

  test("one wrong row refuses the list, and each wrong value is named", async () => {
    await put({ assets: [{ host: "kept", role: "server" }] });
    const refused = await put("kind,name,role\nhost,a,king\nhost,b,server\nhost,B,server", "", csv);
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toEqual([
      { name: "line 2, role", reason: expect.stringContaining('found "king"; accepted: domain_controller') },
      { name: "line 4, name", reason: 'found "B"; accepted: each name in one row: another row has it already' },
    ]);
    const hostile = await put({
      assets: [
        { host: "<script>alert(1)</script>\u0000", role: "server" },
        { host: "x", role: "server", constructor: 1 },
      ],
      __proto__: {},
    });
    expect(hostile.body.errors.map(({ name }: { name: string }) => name)).toEqual([
      "assets[1].constructor",
      "assets[0].host",
    ]);
    const many = Array.from({ length: 300 }, () => ({ host: "" }));
    expect((await put({ assets: many })).body.errors.at(-1)).toEqual({ name: "body", reason: "and 200 more" });
    const deep = `{"assets":${"[".repeat(50_000)}`;
    expect((await put(deep)).body.errors).toEqual([{ name: "body", reason: "is nested deeper than 8 levels" }]);
    expect((await put("x", "", { "Content-Type": "text/plain" })).status).toBe(415);
    const twoEntities = [
      { host: "a", role: "server", entity: "A" },
      { host: "b", role: "server", entity: "B" },
    ];
    expect((await put(twoEntities)).body.errors).toEqual([
      { name: "entity", reason: "rows of more than one entity: a request replaces the list of one" },
    ]);
    expect((await admin.get("/api/assets")).body.assets).toMatchObject([{ name: "kept" }]);
  });

  test("a list that somebody else has changed is not overwritten with If-Match", async () => {
    const tag = (await admin.get("/api/assets")).headers.get("etag") ?? "";
    const mine = { assets: [{ host: "mine", role: "server" }] };
    expect((await put(mine, "", { "If-Match": tag })).status).toBe(200);
    const late = await put({ assets: [] }, "", { "If-Match": tag });
    expect([late.status, late.body.detail]).toEqual([
      412,
      "the list has been changed since you read it: read it again",
    ]);
    expect((await put({ assets: [] }, "", { "If-Match": "x" })).status).toBe(412);
    expect((await put({ assets: [] }, "", { "If-Match": "*" })).status).toBe(200);
  });

  test("who may: analysts and administrators write, all who read incidents read, each in its own entities", async () => {
    const analyst = await ApiClient.asUser(appliance, "ann", "analyst", ["Branch"]);
    const body = { assets: [{ host: "b1", role: "server" }] };
    expect((await analyst.send("PUT", "/api/assets", body)).body).toMatchObject({ entity_name: "Branch", added: 1 });
    for (const path of ["/api/assets?entity=Primary%20Site", "/api/assets?entity=Nowhere"]) {
      expect((await analyst.get(path)).body.detail).toBe("entity: name one of your entities");
      expect((await analyst.send("PUT", path, body)).status).toBe(403);
    }
    expect(
      (await analyst.send("PUT", "/api/assets", [{ host: "x", role: "server", entity: "Primary Site" }])).status,
    ).toBe(403);
    const viewer = await ApiClient.asUser(appliance, "vic", "viewer");
    const key = await ApiClient.withKey(appliance, ["feed:read"], ["Branch"]);
    expect((await viewer.get("/api/assets?entity=Branch")).body.total).toBe(1);
    expect((await key.get("/api/assets")).body).toMatchObject({ entity_name: "Branch", total: 1 });
    for (const one of [viewer, key, await ApiClient.asUser(appliance, "robot", "soar")])
      expect((await one.send("PUT", "/api/assets?entity=Branch", body)).status).toBe(403);
    expect((await new ApiClient(appliance.appliance.apiUrl).get("/api/assets")).status).toBe(401);
  });

  test("an incident shows the roles of its hosts and accounts as the lists say them now; so does one made after a restart", async () => {
    const attack = { level: "critical", user: "CORP\\mallory", host: "DC01.corp.example", event_id: 4769 };
    const at = {
      channel: "Security",
      provider: "Microsoft-Windows-Security-Auditing",
      timestamp: "2026-03-13T04:00:00Z",
    };
    await appliance.ingest([
      detection({
        ...attack,
        ...at,
        rule_id: "r1",
        raw: { TargetUserName: "mallory@CORP", Computer: "DC01.corp.example" },
      }),
      detection({ ...attack, ...at, rule_id: "r2", host: "ws-7", event_id: 1, channel: "Sysmon", raw: {} }),
    ]);
    const { incidents } = (await admin.get("/api/incidents?actor=mallory")).body;
    const shown = async (client: ApiClient) =>
      (await client.get(`/api/incidents/${incidents[0].incident_id}`)).body.assets;
    const workstation = { name: "ws-7", role: null, criticality: "normal", from: null };
    const nobody = { name: "mallory", role: null, criticality: "normal", from: null };
    const inferred = {
      name: "dc01.corp.example",
      role: "domain_controller",
      criticality: "critical",
      from: "inferred",
    };
    expect(await shown(admin)).toEqual({ hosts: [inferred, workstation], accounts: [nobody] });
    expect((await admin.get("/api/assets?from=inferred")).body.assets).toMatchObject([
      { kind: "host", name: "dc01.corp.example", role: "domain_controller", criticality: null },
    ]);
    // A list that repeats it says nothing of its own; one that differs does.
    const { body: all } = await admin.get("/api/assets");
    expect((await put(all)).body).toMatchObject({ hosts: 0, left_out: 1 });
    await put([
      { host: "DC01", criticality: "high" },
      { host: "ws-7", role: "jump_host" },
      { account: "mallory", role: "administrator" },
    ]);
    const listed = {
      hosts: [
        { ...inferred, criticality: "high" },
        { ...workstation, role: "jump_host", criticality: "high", from: "api" },
      ],
      accounts: [{ ...nobody, role: "administrator", criticality: "high", from: "api" }],
    };
    expect(await shown(admin)).toEqual(listed);
    appliance = await appliance.restarted();
    admin = await ApiClient.loggedIn(appliance, "admin");
    expect(await shown(admin)).toEqual(listed);
  });
});

describe("what roles do to scores", () => {
  let appliance: TestAppliance;
  let admin: ApiClient;
  const put = (assets: object[]) => admin.send("PUT", "/api/assets", { assets });
  const incidentsOf = async (actor: string) => (await admin.get(`/api/incidents?actor=${actor}`)).body.incidents;
  const medium = (fields: Record<string, unknown>) =>
    Array.from({ length: 8 }, (_, n) =>
      detection({
        ...{ rule_id: `r${n}`, rule_title: `Strange Remote Change ${n}`, level: "medium", raw: { n } },
        ...{ tags: ["attack.lateral-movement", "attack.t1021.002", "attack.persistence", "attack.execution"] },
        ...fields,
      }),
    );
  const jewel = {
    ...{ rule_title: "LSASS Memory Dump", rule_id: "dump", level: "high", raw: {} },
    tags: ["attack.credential-access", "attack.t1003.001"],
  };

  beforeAll(async () => {
    appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
    admin = await ApiClient.loggedIn(appliance, "admin");
  });
  afterAll(() => appliance.dispose());

  test("an open incident is scored again when a list changes, and says why; without the list it is as before", async () => {
    await appliance.ingest(medium({ user: "eve", host: "pay-db" }));
    await appliance.ingest(medium({ user: "mallory", host: "ws-1" }));
    const [eve] = await incidentsOf("eve");
    const [mallory] = await incidentsOf("mallory");
    const severity = async () => {
      const { body } = await admin.get(`/api/incidents/${eve.incident_id}`);
      return { score: body.risk.score, why: body.risk.factors[0].why };
    };
    const before = await severity();
    await put([{ host: "PAY-DB.corp.example", criticality: "critical" }]);
    await until(async () => (await severity()).score > before.score);
    const raised = await severity();
    expect(raised.score).toBeLessThanOrEqual(before.score + 6);
    expect(raised.why).toBe(`${before.why} It counts more because pay-db is of critical criticality.`);
    expect((await incidentsOf("mallory"))[0].updated_at).toBe(mallory.updated_at);
    // New evidence keeps it.
    await appliance.ingest([detection({ user: "eve", host: "pay-db", level: "low", rule_id: "low" })]);
    const kept = await severity();
    expect([kept.score >= raised.score, kept.why]).toEqual([true, expect.stringContaining("pay-db is of critical")]);
    await put([]);
    await until(async () => (await severity()).score < kept.score);
    expect((await severity()).why).not.toContain("counts more");
  });

  test("what a deployment account does is ordinary, a crown jewel among it is not", async () => {
    await put([{ account: "svc-deploy", role: "deployment" }]);
    await appliance.ingest(medium({ user: "svc-deploy", host: "ws-2" }));
    await appliance.ingest(medium({ user: "svc-other", host: "ws-2" }));
    expect([(await incidentsOf("svc-deploy")).length, (await incidentsOf("svc-other")).length]).toEqual([0, 1]);
    await appliance.ingest([detection({ ...jewel, user: "svc-deploy", host: "ws-2" })]);
    expect(await incidentsOf("svc-deploy")).toMatchObject([{ risk_level: "critical" }]);
  });

  test("what a scanner does to a machine is no evidence against the machine, but for high rules and crown jewels", async () => {
    await put([{ host: "scan-01", role: "scanner", aliases: ["10.9.9.9"] }]);
    const scanned = (host: string) => ({ user: null, host, src_ip: "10.9.9.9" });
    await appliance.ingest(medium(scanned("ws-3")));
    await appliance.ingest(medium({ ...scanned("ws-4"), src_ip: "10.9.9.10" }));
    expect([(await incidentsOf("ws-3")).length, (await incidentsOf("ws-4")).length]).toEqual([0, 1]);
    await appliance.ingest([detection({ ...jewel, ...scanned("ws-3") })]);
    expect(await incidentsOf("ws-3")).toMatchObject([{ sigma_alert_count: 1 }]);
  });

  test("a role that a later log shows counts for evidence that was there before", async () => {
    await put([]);
    await appliance.ingest(medium({ user: "trudy", host: "dc7.corp.example" }));
    const [{ risk_score: before }] = await incidentsOf("trudy");
    await appliance.ingest([
      detection({
        ...{ user: "CORP\\someone", host: "dc7.corp.example", level: "low", event_id: 4769, channel: "Security" },
        raw: { TargetUserName: "someone@CORP", Computer: "dc7.corp.example" },
      }),
    ]);
    appliance = await appliance.restarted();
    admin = await ApiClient.loggedIn(appliance, "admin");
    await until(async () => (await incidentsOf("trudy"))[0].risk_score > before);
  });
});

test(
  "assets.json comes before the list of the API; check, start and reload say what is wrong with it",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
    defer(() => site.dispose());
    const file = (text: string) => writeFileSync(join(site.folder, "etc", "assets.json"), text);
    file('{"assets": [{"host": "fs01", "role": "server"}, {"host": "x", "role": "king"}]}');
    const checked = site.run(["check"]);
    expect(checked.stdout + checked.stderr).toMatch(
      /assets\.json line 1: assets\[1\]\.role: found "king"; accepted: domain_controller.*this asset is left out/,
    );
    await site.start();
    const login = await new ApiClient(site.apiUrl).post("/api/login", { username: "admin", password });
    const admin = new ApiClient(site.apiUrl, { Authorization: `Bearer ${login.body.token}` });
    await admin.send("PUT", "/api/assets", [{ host: "FS01", role: "workstation", criticality: "low" }]);
    const key = site.run(["key", "create", "a", "--scope", "ingest"]).stdout.trim();
    await fetch(`${site.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      headers: { "X-API-Key": key },
      body: JSON.stringify(detection({ level: "critical", user: "eve", host: "fs01.corp.example" })),
    });
    const { incidents } = (await admin.get("/api/incidents?actor=eve")).body;
    const host = async () => (await admin.get(`/api/incidents/${incidents[0].incident_id}`)).body.assets.hosts[0];
    expect(await host()).toEqual({ name: "fs01.corp.example", role: "server", criticality: "low", from: "file" });

    file('{"assets": [{"host": "fs01", "role": "backup", "criticality": "critical"}]}');
    expect(site.run(["reload"]).code).toBe(0);
    expect(await host()).toMatchObject({ role: "backup", criticality: "critical", from: "file" });
    file('{"assets": [,]}');
    const refused = site.run(["reload"]);
    expect([refused.code, refused.stdout]).toEqual([
      1,
      expect.stringMatching(/assets\.json line 1 column 13: .*the last good settings stay in force/),
    ]);
    expect(await host()).toMatchObject({ role: "backup", from: "file" });
    expect(
      (await admin.get("/api/assets")).body.assets.map((one: Record<string, unknown>) => [
        one.name,
        one.role,
        one.from,
        one.entity_name,
      ]),
    ).toEqual([
      ["fs01", "backup", "file", null],
      ["FS01", "workstation", "api", "Primary Site"],
    ]);
    file("{}");
    expect(site.run(["reload"]).code).toBe(0);
    await until(async () => (await host()).from === "api");
  }),
  300_000,
);
