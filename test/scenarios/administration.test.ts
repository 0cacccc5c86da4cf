/** What administrators do by the API: users, keys, recovery codes, the audit log, exceptions that change, rows of assets. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Secret, TOTP } from "otpauth";
import { dayMs } from "../../core/time.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { DatabaseFile } from "../harness/database-file.ts";

let appliance: TestAppliance;
let admin: ApiClient;

beforeEach(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  admin = await ApiClient.loggedIn(appliance, "admin");
});
afterEach(() => appliance.dispose());

const userOf = async (name: string) =>
  (await admin.get("/api/users")).body.users.find((user: { name: string }) => user.name === name);
const login = (username: string, secret: string, totp?: string) =>
  new ApiClient(appliance.appliance.apiUrl).post("/api/login", { username, password: secret, totp });
const entries = async (query: string) => (await admin.get(`/api/audit?${query}`)).body.entries;

describe("recovery codes", () => {
  async function withFactor() {
    const client = await ApiClient.asUser(appliance, "vera", "viewer");
    const { secret } = (await client.post("/api/totp", { password })).body;
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: appliance.clock.now() });
    const { status, body } = await client.post("/api/totp/confirm", { code, recovery_codes: true });
    expect(status).toBe(200);
    return { client, codes: body.recovery_codes as string[] };
  }

  test("each opens the login once, however it is typed; a new set ends the old one", async () => {
    const { client, codes } = await withFactor();
    expect(codes.length).toBe(10);
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}$/);
    const [first = "", second = "", third = ""] = codes;
    expect((await login("vera", password, first)).status).toBe(200);
    expect((await login("vera", password, first)).status).toBe(401);
    expect((await login("vera", password, second.toLowerCase().replaceAll("-", " "))).status).toBe(200);
    expect((await login("vera", "not the password", third)).status).toBe(401);
    expect((await userOf("vera")).recovery_codes_left).toBe(8);
    const [entry] = await entries("who=vera&action=login");
    expect(entry.detail).toEqual({ recovery_codes_left: 8 });
    // It is in the file, and not as it was shown.
    appliance = await appliance.restarted();
    admin = await ApiClient.loggedIn(appliance, "admin");
    expect((await userOf("vera")).recovery_codes_left).toBe(8);
    const again = await ApiClient.withKey(appliance, ["feed:read"]);
    expect((await again.post("/api/totp/recovery-codes", { password })).status).toBe(403);
    expect((await login("vera", password, third)).status).toBe(200);
    const vera = new ApiClient(appliance.appliance.apiUrl, client.headers);
    expect((await vera.post("/api/totp/recovery-codes", { password: "wrong" })).status).toBe(401);
    const renewed = (await vera.post("/api/totp/recovery-codes", { password })).body.recovery_codes;
    expect((await login("vera", password, codes[4] ?? "")).status).toBe(401);
    expect((await login("vera", password, renewed[0])).status).toBe(200);
    const log = JSON.stringify(await entries("limit=500"));
    for (const code of [...codes, ...renewed]) expect(log).not.toContain(code);
  });

  test("an administrator removes the second factor with its codes; without one there are none", async () => {
    const { client, codes } = await withFactor();
    const changed = await admin.patch("/api/users/vera", { reset_second_factor: true });
    expect(changed.body).toMatchObject({ second_factor: false, recovery_codes_left: 0 });
    expect((await login("vera", password)).status).toBe(200);
    expect((await client.post("/api/totp/recovery-codes", { password })).status).toBe(409);
    expect((await login("vera", password, codes[0] ?? "")).status).toBe(200);
    const [entry] = await entries("action=user.change&target=vera");
    expect(entry.detail.changes).toEqual([{ name: "second_factor", old: "true", new: "false" }]);
  });
});

describe("users", () => {
  test("what somebody else has changed meanwhile is not overwritten; the log says what changed, and no secret", async () => {
    await ApiClient.asUser(appliance, "dana", "viewer", ["North"]);
    const { revision } = await userOf("dana");
    const ifMatch = (value: string) => ({ "If-Match": value });
    const first = await admin.send("PATCH", "/api/users/dana", { role: "analyst" }, ifMatch(`"${revision}"`));
    expect([first.status, first.body.role]).toEqual([200, "analyst"]);
    const second = await admin.send("PATCH", "/api/users/dana", { entities: [] }, ifMatch(revision));
    expect([second.status, (await userOf("dana")).entities]).toEqual([412, ["North"]]);
    const gone = await admin.send("DELETE", "/api/users/dana", undefined, ifMatch(revision));
    expect([gone.status, (await userOf("dana")).role]).toEqual([412, "analyst"]);
    const secret = "another phrase for somebody";
    await admin.patch("/api/users/dana", { entities: ["South"], password: secret });
    const [last, before] = await entries("kind=user&target=DANA");
    expect(last.detail.changes).toEqual([
      { name: "entities", old: "North", new: "South" },
      { name: "password", old: "(secret)", new: "(secret)" },
    ]);
    expect(before.detail.changes).toEqual([{ name: "role", old: "viewer", new: "analyst" }]);
    expect(JSON.stringify(last)).not.toContain(secret);
  });

  test("sessions are counted and ended; failed logins put the next one off, and the list says until when", async () => {
    const dana = await ApiClient.asUser(appliance, "dana", "viewer");
    expect(await userOf("dana")).toMatchObject({ sessions: 1, last_login_from: "127.0.0.1", locked_until: null });
    expect((await admin.patch("/api/users/dana", { end_sessions: true })).status).toBe(200);
    expect((await userOf("dana")).sessions).toBe(0);
    expect((await dana.get("/api/me")).status).toBe(401);
    for (let i = 0; i < 7; i++) await login("dana", "wrong");
    const { locked_until: until } = await userOf("dana");
    expect(Date.parse(until)).toBeGreaterThan(appliance.clock.now());
    expect((await login("dana", password)).status).toBe(429);
  });
});

test("a key says who made it, and when and from where it was last used", async () => {
  const { body: made } = await admin.post("/api/keys", { name: "soar", scopes: ["feed:read"] });
  expect(made).toMatchObject({ created_by: "admin", last_used_at: null, last_used_from: null });
  expect((await admin.post("/api/keys", { name: "x", scopes: ["ingest"], entities: [" "] })).status).toBe(400);
  await new ApiClient(appliance.appliance.apiUrl, { "X-API-Key": made.key }).get("/api/incidents");
  const { keys } = (await admin.get("/api/keys")).body;
  const used = keys.find((key: { id: string }) => key.id === made.id);
  expect([used.last_used_from, Date.parse(used.last_used_at)]).toEqual(["127.0.0.1", appliance.clock.now()]);
  const command = keys.find((key: { name: string }) => key.name === "test");
  expect(command.created_by).toBe("command line");
  await admin.delete(`/api/keys/${made.id}`);
  const [entry] = await entries("action=key.revoke");
  expect([entry.target, entry.detail]).toEqual([made.id, { name: "soar" }]);
});

describe("the audit log", () => {
  test("by who, what, object, source, outcome and time, and page by page", async () => {
    await login("nobody", "wrong");
    const from = appliance.clock.now();
    await appliance.clock.advance(60_000);
    for (let i = 0; i < 5; i++) await admin.post("/api/users", { name: `u${i}`, role: "viewer", password });
    const names = async (query: string) => (await entries(query)).map((one: { target: string }) => one.target);
    expect(await names("kind=user")).toEqual(["u4", "u3", "u2", "u1", "u0"]);
    expect(await names("action=user.create&who=ADMIN&target=u3&source=api")).toEqual(["u3"]);
    expect(await names("kind=user&source=console")).toEqual([]);
    expect(await names("outcome=refused")).toEqual(["nobody"]);
    expect(await names(`since=${new Date(from + 1).toISOString()}&kind=user&limit=2`)).toEqual(["u4", "u3"]);
    expect(await names(`until=${new Date(from + 1).toISOString()}&kind=user`)).toEqual([]);
    const walked: string[] = [];
    let before = "";
    do {
      const { body } = await admin.get(`/api/audit?kind=user&limit=2${before}`);
      walked.push(...body.entries.map((one: { target: string }) => one.target));
      before = body.next_before === null ? "" : `&before=${body.next_before}`;
    } while (before !== "");
    expect(walked).toEqual(["u4", "u3", "u2", "u1", "u0"]);
    expect((await admin.get("/api/audit?outcome=maybe")).status).toBe(400);
  });

  test("as a file of what the filter matches, which a spreadsheet does not run; taking it is an entry", async () => {
    for (const name of ["=cmd|x", "+1", "@sum", "\t=1", "\r=1"]) await login(name, "wrong");
    const csv = await admin.get("/api/audit/export?outcome=refused");
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(csv.headers.get("content-disposition")).toBe('attachment; filename="audit.csv"');
    const lines = String(csv.body).split("\r\n");
    expect(lines[0]).toBe("id,at,who,action,target,outcome,source,address,changes,detail");
    // The header, five entries, and what follows the last line end.
    expect(lines.length).toBe(7);
    expect(String(csv.body)).not.toMatch(/(?:^|,|\n)"?[=+@\t]/m);
    expect(lines.join()).toContain("'=cmd|x");
    for (let i = 0; i < 12; i++) await login(`n${i}`, "wrong");
    const ndjson = await admin.get("/api/audit/export?format=ndjson&outcome=refused&who=n3");
    expect(ndjson.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
    expect(ndjson.body).toMatchObject({ who: "n3", outcome: "refused" });
    const [last, first] = await entries("action=audit.export");
    expect(last.detail).toEqual({ format: "ndjson", filters: { who: "n3", outcome: "refused" } });
    expect(first.detail).toEqual({ format: "csv", filters: { outcome: "refused" } });
  });

  test("a file of more entries than are read at once has each once", async () => {
    appliance = await appliance.restarted(() => {
      const file = new DatabaseFile(join(appliance.dataDir, "rhythmx.db"));
      file.run(`insert into audit_log (at, who, action, target, detail, address, source)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200)
        select '2026-01-01T00:00:00.000Z', 'a', 'user.change', i, '{}', '', 'api' from n`);
      file.close();
    });
    admin = await ApiClient.loggedIn(appliance, "admin");
    const text = String((await admin.get("/api/audit/export?format=ndjson&kind=user")).body).trim();
    const ids = text.split("\n").map((line) => JSON.parse(line).id);
    expect([ids.length, new Set(ids).size]).toEqual([1200, 1200]);
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
  });
});

describe("exceptions that change", () => {
  const critical = (user: string, fields: object = {}) => detection({ user, level: "critical", ...fields });
  const scoreOf = async (actor: string) =>
    (await admin.get(`/api/incidents?actor=${actor}`)).body.incidents[0]?.risk_score ?? null;
  const listed = async (id: string) =>
    (await admin.get("/api/exceptions")).body.exceptions.find((one: { id: string }) => one.id === id);
  const except = async (fields: object) => (await admin.post("/api/exceptions", { reason: "known", ...fields })).body;
  const change = (id: string, body: object, headers = {}) =>
    admin.send("PATCH", `/api/exceptions/${id}`, body, headers);

  test("another scope gives back what the old one took, and takes what it covers now; hits and id stay", async () => {
    await appliance.ingest([critical("anna"), critical("bert")]);
    const before = await scoreOf("anna");
    const { id } = await except({ actor: "anna", rule: "Suspicious Logon" });
    expect([await scoreOf("anna"), await scoreOf("bert")]).toEqual([0, before]);
    await appliance.ingest([critical("anna")]);
    const hits = (await listed(id)).hits;
    expect(hits).toBeGreaterThan(0);
    const { status, body } = await change(id, { actor: "bert" });
    expect([status, body.actor, body.rule, body.reason]).toEqual([200, "bert", "Suspicious Logon", "known"]);
    expect([await scoreOf("anna"), await scoreOf("bert")]).toEqual([before, 0]);
    expect(await listed(id)).toMatchObject({ actor: "bert", hits });
    expect((await admin.get("/api/exceptions")).body.exceptions.length).toBe(1);
    const [incident] = (await admin.get("/api/incidents?actor=anna")).body.incidents;
    const { history } = (await admin.get(`/api/incidents/${incident.incident_id}`)).body;
    expect(history).toContainEqual(
      expect.objectContaining({ action: "EXCEPTION_CHANGED", new: expect.stringContaining(`${id} was changed: 1 `) }),
    );
    const [entry] = await entries("action=exception.change");
    expect(entry.detail.changes).toEqual([{ name: "actor", old: "anna", new: "bert" }]);
  });

  test("two people: the second is told, and nothing of the first is lost", async () => {
    const { id, revision } = await except({ actor: "anna" });
    const first = await change(id, { reason: "the new backup" }, { "If-Match": revision });
    expect(first.status).toBe(200);
    const second = await change(id, { reason: "mine" }, { "If-Match": revision });
    expect([second.status, (await listed(id)).reason]).toEqual([412, "the new backup"]);
    const remove = (value: string) =>
      admin.send("DELETE", `/api/exceptions/${id}`, undefined, { "If-Match": `"${value}"` });
    expect([(await remove(revision)).status, (await listed(id)).reason]).toEqual([412, "the new backup"]);
    expect([(await remove(first.body.revision)).status, await listed(id)]).toEqual([204, undefined]);
    expect((await remove(first.body.revision)).status).toBe(404);
    const { id: other } = await except({ actor: "bert" });
    expect((await change(other, { actor: "" })).status).toBe(422);
    expect((await change("exc-0", { reason: "x" })).status).toBe(404);
  });

  test("several at once, none of which asks for a revision: each is done, and the fields of all are there", async () => {
    const { id } = await except({ actor: "anna" });
    const changes = [{ reason: "together" }, { host: "ws-1" }, { process: "x.exe" }, { command_line: "*--backup*" }];
    const answers = await Promise.all(changes.map((one) => change(id, one)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await listed(id)).toMatchObject(Object.assign({}, ...changes));
  });

  test("ended it holds no longer, and what it took stays out; extended it holds again", async () => {
    await appliance.ingest([critical("anna")]);
    const { id } = await except({ actor: "anna" });
    expect((await change(id, { until: "2020-01-01" })).status).toBe(422);
    const ended = await change(id, { end: true });
    expect([ended.status, Date.parse(ended.body.until)]).toEqual([200, appliance.clock.now()]);
    expect(await scoreOf("anna")).toBe(0);
    expect((await change(id, { reason: "was a drill" })).status).toBe(200);
    await appliance.ingest([critical("anna")]);
    expect(await scoreOf("anna")).toBeGreaterThan(0);
    const until = new Date(appliance.clock.now() + dayMs).toISOString();
    expect((await change(id, { until })).body.until).toBe(until);
    expect(await scoreOf("anna")).toBe(0);
  });

  test("what it covers, by names and by logs; of others' entities nothing", async () => {
    await appliance.ingest([
      critical("anna", { raw: { Image: "C:\\Backup\\agent.exe" } }),
      critical("bert", { raw: { Image: "C:\\x.exe" } }),
      critical("carl", { entity: "North", raw: { Image: "C:\\Backup\\agent.exe" } }),
    ]);
    const { id } = await except({ rule: "suspicious*", process: "agent.exe" });
    const { body } = await admin.get(`/api/exceptions/${id}`);
    expect(body.complete).toBe(true);
    expect(body.alerts.map((one: { user: string }) => one.user).sort()).toEqual(["anna", "carl"]);
    const north = await ApiClient.asUser(appliance, "nora", "viewer", ["North"]);
    const seen = (await north.get(`/api/exceptions/${id}`)).body;
    expect(seen.alerts.map((one: { user: string }) => one.user)).toEqual(["carl"]);
    const own = await except({ actor: "anna", entity: "Primary Site" });
    expect((await north.get(`/api/exceptions/${own.id}`)).status).toBe(404);
  });
});

describe("rows of assets", () => {
  const put = (assets: object[], query = "") => admin.send("PUT", `/api/assets${query}`, { assets });
  const names = async (query = "") =>
    (await admin.get(`/api/assets${query}`)).body.assets.map((one: { name: string }) => one.name);

  test("a trial says what would change and changes nothing; the log has it one by one", async () => {
    await put([
      { host: "dc01", role: "domain_controller" },
      { host: "ws1", criticality: "low" },
    ]);
    const next = [
      { host: "dc01", role: "server", criticality: "high" },
      { account: "svc", role: "service" },
    ];
    const trial = await put(next, "?trial=true");
    const changes = [
      { kind: "host", name: "dc01", old: "domain controller", new: "server, high" },
      { kind: "account", name: "svc", old: null, new: "service" },
      { kind: "host", name: "ws1", old: "low", new: null },
    ];
    expect(trial.body).toMatchObject({ added: 1, changed: 1, removed: 1, changes });
    expect(await names()).toEqual(["dc01", "ws1"]);
    expect((await entries("action=assets.replace")).length).toBe(1);
    await put(next);
    const [entry] = await entries("action=assets.replace");
    expect(entry.detail.changes[0]).toEqual({ name: "host dc01", old: "domain controller", new: "server, high" });
  });

  test("single rows are set and removed, the others stay; a name that another row has is refused", async () => {
    await put([
      { host: "dc01", role: "domain_controller", aliases: ["10.0.0.5"] },
      { host: "ws1", criticality: "low" },
    ]);
    const set = [
      { host: "ws2", role: "workstation" },
      { host: "WS1", role: "jump_host" },
    ];
    const done = await admin.patch("/api/assets", { set, remove: [{ kind: "host", name: "DC01" }] });
    expect(done.body).toMatchObject({ added: 1, changed: 1, removed: 1 });
    expect(await names()).toEqual(["WS1", "ws2"]);
    expect(await names("?text=S2")).toEqual(["ws2"]);
    expect(await names("?role=jump_host")).toEqual(["WS1"]);
    const taken = await admin.patch("/api/assets", { set: [{ host: "ws3", role: "server", aliases: ["ws2"] }] });
    expect([taken.status, taken.body.detail]).toEqual([422, expect.stringContaining("ws2")]);
    const wrong = await admin.patch("/api/assets", { set: [{ host: "ws3", role: "king" }] });
    expect([wrong.status, wrong.body.errors[0].name]).toEqual([400, "assets[0].role"]);
    const tag = (await admin.get("/api/assets")).headers.get("etag") ?? "";
    await admin.patch("/api/assets", { set: [{ host: "ws4", role: "server" }] });
    const late = await admin.send(
      "PATCH",
      "/api/assets",
      { set: [{ host: "ws5", role: "server" }] },
      { "If-Match": tag },
    );
    expect([late.status, await names()]).toEqual([412, ["WS1", "ws2", "ws4"]]);
  });

  test("rows that several set at once, none of whom asks for a revision, are all there", async () => {
    const hosts = Array.from({ length: 8 }, (_, n) => `ws${n}`);
    const answers = await Promise.all(
      hosts.map((host) => admin.patch("/api/assets", { set: [{ host, role: "workstation" }] })),
    );
    expect(answers.map(({ status }) => status)).toEqual(hosts.map(() => 200));
    expect(await names()).toEqual(hosts);
  });
});
