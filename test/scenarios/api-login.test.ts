import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { TOTP } from "otpauth";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";

let appliance: TestAppliance;
let open: ApiClient;
beforeAll(async () => {
  appliance = await TestAppliance.start({
    env: { RHYTHMX_ADMIN_PASSWORD: password, RHYTHMX_TRUSTED_PROXIES: "127.0.0.0/8" },
  });
  open = new ApiClient(appliance.appliance.apiUrl);
});
afterAll(() => appliance.dispose());

const login = (username: string, secret = password, more: object = {}) =>
  open.post("/api/login", { username, password: secret, ...more });
const bearer = (token: string) => new ApiClient(appliance.appliance.apiUrl, { Authorization: `Bearer ${token}` });

describe("tokens", () => {
  test("a login answers as documented, and its token holds for 15 minutes", async () => {
    const { status, body, headers } = await login("admin");
    expect(status).toBe(200);
    expect(body).toEqual({
      token: body.access_token,
      access_token: expect.stringMatching(/^eyJ/),
      token_type: "Bearer",
      expires_in: 900,
      refresh_token: expect.stringMatching(/^rt_/),
      password_change_required: false,
    });
    expect(headers.get("cache-control")).toBe("no-store");
    const client = bearer(body.token);
    expect((await client.get("/api/me")).body).toMatchObject({ name: "admin", role: "admin", second_factor: false });
    await appliance.clock.advance(14 * 60_000);
    expect((await client.get("/api/me")).status).toBe(200);
    await appliance.clock.advance(2 * 60_000);
    expect((await client.get("/api/me")).status).toBe(401);
  });

  test("a refresh token works once; used again, it ends the whole login", async () => {
    const first = (await login("admin")).body;
    const second = await open.post("/api/refresh", { refresh_token: first.refresh_token });
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    expect((await bearer(second.body.token).get("/api/me")).status).toBe(200);
    const reused = await open.post("/api/refresh", { refresh_token: first.refresh_token });
    expect([reused.status, reused.headers.get("content-type")]).toEqual([401, "application/problem+json"]);
    expect((await open.post("/api/refresh", { refresh_token: second.body.refresh_token })).status).toBe(401);
    expect((await bearer(second.body.token).get("/api/me")).status).toBe(401);
    const admin = await ApiClient.loggedIn(appliance, "admin");
    const { body } = await admin.get("/api/audit?action=login.token_reused");
    expect(body.entries[0]).toMatchObject({ who: "admin", address: "127.0.0.1", source: "api" });
  });

  test("two who use the same refresh token at the same time: one goes on", async () => {
    const { refresh_token } = (await login("admin")).body;
    const answers = await Promise.all([1, 2].map(() => open.post("/api/refresh", { refresh_token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test("logout ends the login of the access token or of the refresh token, others go on", async () => {
    const [one, two, three] = await Promise.all([login("admin"), login("admin"), login("admin")]);
    expect((await bearer(one.body.token).post("/api/logout", {})).status).toBe(204);
    expect((await open.post("/api/logout", { refresh_token: two.body.refresh_token })).status).toBe(204);
    const after = [one, two, three].map(({ body }) => bearer(body.token).get("/api/me"));
    expect((await Promise.all(after)).map(({ status }) => status)).toEqual([401, 401, 200]);
    expect((await open.post("/api/refresh", { refresh_token: one.body.refresh_token })).status).toBe(401);
    expect((await open.post("/api/logout", {})).status).toBe(401);
  });

  test("logins outlive a restart; a login that is not used for a week does not", async () => {
    const { refresh_token, token } = (await login("admin")).body;
    const idle = (await login("admin")).body;
    await appliance.stop();
    const { dataDir, clock } = appliance;
    appliance = await TestAppliance.start({ dataDir, clock, env: { RHYTHMX_TRUSTED_PROXIES: "127.0.0.0/8" } });
    open = new ApiClient(appliance.appliance.apiUrl);
    expect((await bearer(token).get("/api/me")).status).toBe(200);
    expect((await open.post("/api/refresh", { refresh_token })).status).toBe(200);
    clock.jump(8 * 24 * 3600_000);
    expect((await open.post("/api/refresh", { refresh_token: idle.refresh_token })).status).toBe(401);
  });

  for (const token of ["", "rt_x", `rt_ses-${"0".repeat(32)}.1.${"A".repeat(43)}`, "a".repeat(399)])
    test(`${JSON.stringify(token.slice(0, 20))} is no refresh token`, async () => {
      expect((await open.post("/api/refresh", { refresh_token: token })).status).toBe(401);
    });
});

describe("passwords", () => {
  test("unknown users, wrong passwords and disabled users are answered alike", async () => {
    await ApiClient.asUser(appliance, "leaver", "viewer");
    await appliance.appliance.operations.changeUser("leaver", { disabled: true });
    const answers = [
      await login("leaver"),
      await login("admin", "wrong"),
      await login("nobody"),
      await login("' or 1=1 --"),
    ];
    for (const { status, body } of answers) expect([status, body]).toEqual([401, answers[0]?.body]);
  });

  test("changing one's own takes the old one, ends every login, and has rules", async () => {
    const made = { name: "changer", role: "analyst", password, entities: [] } as const;
    await appliance.appliance.operations.createUser(made);
    const client = await ApiClient.loggedIn(appliance, "changer");
    const change = (current_password: string, new_password: string) =>
      client.post("/api/password", { current_password, new_password });
    expect((await client.get("/api/me")).body.password_change_required).toBe(true);
    const weak = ["short", "aaaaaaaaaaaaaa", "my name is changer!", "x".repeat(129)];
    for (const word of weak) {
      const { status, body } = await change(password, word);
      expect([status, body.errors[0].name]).toEqual([400, "new_password"]);
    }
    expect((await change("wrong", "a much better password")).status).toBe(401);
    expect((await change(password, "a much better password")).status).toBe(204);
    expect((await client.get("/api/me")).status).toBe(401);
    expect((await login("changer")).status).toBe(401);
    const { body } = await login("CHANGER", "a much better password");
    expect(body.password_change_required).toBe(false);
  });

  test("programs are never asked for another password", async () => {
    const soar = await ApiClient.asUser(appliance, "soar-service-account", "soar");
    expect((await soar.get("/api/me")).body).toMatchObject({ role: "soar", password_change_required: false });
  });

  test("failures make the next attempts wait, longer each time, for this account from this address", async () => {
    await ApiClient.asUser(appliance, "victim", "viewer");
    const from = (address: string, secret: string) =>
      open.send("POST", "/api/login", { username: "victim", password: secret }, { "X-Forwarded-For": address });
    for (let n = 0; n < 5; n++) expect((await from("203.0.113.7", "wrong")).status).toBe(401);
    const waits: number[] = [];
    for (let n = 0; n < 4; n++) {
      const { status, headers, body } = await from("203.0.113.7", password);
      expect([status, body.title]).toEqual([429, "Too many failed logins"]);
      waits.push(Number(headers.get("retry-after")));
      await appliance.clock.advance(Number(headers.get("retry-after")) * 1000);
      expect((await from("203.0.113.7", "wrong")).status).toBe(401);
    }
    expect(waits).toEqual([1, 2, 4, 8]);
    // The owner, elsewhere, comes in meanwhile; what stands before the proxy's own entry is anybody's word.
    expect((await from("203.0.113.8", password)).status).toBe(200);
    expect((await from("203.0.113.9, 203.0.113.7", password)).status).toBe(429);
    await appliance.clock.advance(17_000);
    expect((await from("203.0.113.7", password)).status).toBe(200);
    expect((await from("203.0.113.7", "wrong")).status).toBe(401);
  });

  test("many at the same time are no way around the delay", async () => {
    await ApiClient.asUser(appliance, "target", "viewer");
    const guesses = Array.from({ length: 40 }, (_, n) => login("target", `guess ${n}`));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(5);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
  });
});

describe("second factor", () => {
  const codeOf = (secret: string) => new TOTP({ secret }).generate({ timestamp: appliance.clock.now() });

  test("set up, asked for, used once each, taken away", async () => {
    const client = await ApiClient.asUser(appliance, "careful", "admin");
    expect((await client.post("/api/totp", { password: "wrong" })).status).toBe(401);
    expect((await client.post("/api/totp/confirm", { code: "123456" })).status).toBe(409);
    const { secret, otpauth_uri } = (await client.post("/api/totp", { password })).body;
    expect(otpauth_uri).toStartWith("otpauth://totp/RhythmX%20Edge:careful?");
    expect((await client.post("/api/totp/confirm", { code: "000000" })).status).toBe(401);
    expect((await login("careful")).status).toBe(200);
    expect((await client.post("/api/totp/confirm", { code: codeOf(secret) })).status).toBe(204);

    const missing = await login("careful");
    expect([missing.status, missing.body.title]).toEqual([401, "Second factor needed"]);
    // A code counts once, also the one that has confirmed.
    expect((await login("careful", password, { totp: codeOf(secret) })).status).toBe(401);
    await appliance.clock.advance(60_000);
    expect((await login("careful", "wrong", { totp: codeOf(secret) })).status).toBe(401);
    expect((await login("careful", password, { totp: "12345" })).status).toBe(401);
    const code = codeOf(secret);
    const both = await Promise.all([1, 2].map(() => login("careful", password, { totp: code })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);

    const file =
      readFileSync(join(appliance.dataDir, "rhythmx.db"), "latin1") +
      readFileSync(join(appliance.dataDir, "rhythmx.db-wal"), "latin1");
    expect(file).toContain("careful");
    expect(file).not.toContain(secret);
    expect((await client.post("/api/totp/remove", { password })).status).toBe(204);
    expect((await login("careful")).status).toBe(200);
  });

  test("an administrator takes it away where the device is lost", async () => {
    const client = await ApiClient.asUser(appliance, "unlucky", "viewer");
    const { secret } = (await client.post("/api/totp", { password })).body;
    await client.post("/api/totp/confirm", { code: codeOf(secret) });
    expect((await login("unlucky")).status).toBe(401);
    const admin = await ApiClient.loggedIn(appliance, "admin");
    expect((await admin.patch("/api/users/unlucky", { reset_second_factor: true })).body.second_factor).toBe(false);
    expect((await login("unlucky")).status).toBe(200);
  });
});

test("no secret is in the log or in the audit", async () => {
  const admin = await ApiClient.loggedIn(appliance, "admin");
  const audit = JSON.stringify((await admin.get("/api/audit?limit=500")).body);
  const text = audit + appliance.logLines.join("");
  expect(audit).toContain("user.change");
  expect(text).not.toContain(password);
  expect(text).not.toMatch(/smk_\w{36}|eyJ|rt_ses|\$argon2/);
});

test("without a password of its own the first start makes one, which goes with the first change", async () => {
  const fresh = await TestAppliance.start();
  try {
    const file = join(fresh.dataDir, "initial-admin-password");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(fresh.dataDir, "master.key")).mode & 0o777).toBe(0o600);
    const initial = readFileSync(file, "utf8").trim();
    const client = new ApiClient(fresh.appliance.apiUrl);
    const { body } = await client.post("/api/login", { username: "admin", password: initial });
    expect(body.password_change_required).toBe(true);
    expect(fresh.logLines.join("")).not.toContain(initial);
    const own = new ApiClient(fresh.appliance.apiUrl, { Authorization: `Bearer ${body.token}` });
    expect((await own.post("/api/password", { current_password: initial, new_password: password })).status).toBe(204);
    expect(existsSync(file)).toBe(false);
  } finally {
    await fresh.dispose();
  }
});

test("a master key that cannot be read is named, and intake goes on", async () => {
  const fresh = await TestAppliance.start({ env: { RHYTHMX_MASTER_KEY_FILE: "/nonexistent/key" } });
  try {
    expect((await fresh.health()).body.faults[0]).toMatchObject({
      name: "master_key",
      message: expect.stringContaining("/nonexistent/key"),
    });
    expect((await fresh.ingest([detection()])).body.accepted).toBe(1);
  } finally {
    await fresh.dispose();
  }
});
