/** Signing in to the console, what a session opens and what ends it. */
import { expect, test } from "bun:test";
import * as OTPAuth from "otpauth";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestAppliance } from "../harness/appliance.ts";
import { cleaningUp, type Defer } from "../harness/clean-up.ts";
import { ConsoleClient, ownPage } from "../harness/console-client.ts";

const hour = 3_600_000;

async function started(defer: Defer, env: Record<string, string> = {}): Promise<TestAppliance> {
  const appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password, ...env } });
  defer(() => appliance.dispose());
  return appliance;
}

test(
  "a stranger is led to the sign-in and from there to the page that was wanted",
  cleaningUp(async (defer) => {
    const appliance = await started(defer);
    const client = new ConsoleClient(appliance.appliance.apiUrl);
    const stranger = await client.get("/incidents?view=all&q=a%26b");
    expect([stranger.status, stranger.at]).toEqual([200, "/sign-in?to=%2Fincidents%3Fview%3Dall%26q%3Da%2526b"]);
    const wrong = await client.submit(stranger, "/sign-in", { username: "admin", password: "no" });
    expect(wrong.status).toBe(401);
    expect(wrong.text).toContain("Name or password is wrong.");
    expect(wrong.html).toContain('value="admin"');
    expect(wrong.html).not.toContain('value="no"');
    const right = await client.submit(wrong, "/sign-in", { username: "admin", password });
    expect([right.status, right.at]).toEqual([200, "/incidents?view=all&q=a%26b"]);
    expect([...client.cookies.keys()]).toEqual(["rhythmx"]);
    expect((await client.get("/sign-in")).at).toBe("/");
    const admin = await ApiClient.loggedIn(appliance, "admin");
    const { body } = await admin.get("/api/audit?limit=10");
    const noted = body.entries.map(({ action, source, who }: Record<string, string>) =>
      [action, who, source].join(" "),
    );
    expect(noted).toContain("login admin console");
    expect(noted).toContain("login.refused admin console");
  }),
);

test(
  "nothing leads from the sign-in to another site, or into a circle",
  cleaningUp(async (defer) => {
    const appliance = await started(defer);
    const client = new ConsoleClient(appliance.appliance.apiUrl);
    const elsewhere = [
      "//evil.example/x",
      "/\\evil.example",
      "https://evil.example",
      "javascript:alert(1)",
      "/\t/evil.example",
      "/.//evil.example",
      "/x/..//evil.example",
      // What is left of the first host leads to the second.
      "/.//x/.//evil.example",
      "/%2e//x/%2E//evil.example",
    ];
    for (const to of [...elsewhere, "/sign-in", "/console/sign-out", "/password", "/api/users", "/x/../sign-in"]) {
      const page = await client.post("/sign-in", { username: "admin", password, to });
      expect([to, page.status, page.at]).toEqual([to, 200, "/"]);
    }
  }),
);

test(
  "too many failures wait, in words",
  cleaningUp(async (defer) => {
    const appliance = await started(defer);
    const client = new ConsoleClient(appliance.appliance.apiUrl);
    for (let n = 0; n < 8; n++) await client.post("/sign-in", { username: "admin", password: `no ${n}` });
    const refused = await client.post("/sign-in", { username: "admin", password });
    expect(refused.status).toBe(429);
    expect(refused.text).toMatch(
      /There were too many failed sign-ins\. The next one is looked at in (a second|\d+ seconds)\./,
    );
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    // The same delay as for the API: it is one account.
    expect((await new ApiClient(client.url).post("/api/login", { username: "admin", password })).status).toBe(429);
  }),
);

test(
  "who has a second factor is asked for its code, which counts once",
  cleaningUp(async (defer) => {
    const appliance = await started(defer);
    const client = await ConsoleClient.signedIn(appliance, "admin");
    const account = await client.get("/account");
    const wrong = await client.submit(account, "/console/second-factor/begin", { password: "no" });
    expect([wrong.status, wrong.text.includes("This is not the password of admin")]).toEqual([401, false]);
    const shown = await client.submit(account, "/console/second-factor/begin", { password });
    const secret = /secret=([A-Z2-7]+)/.exec(shown.html)?.[1] ?? "";
    const code = (offset = 0) =>
      new OTPAuth.TOTP({ secret: OTPAuth.Secret.fromBase32(secret) }).generate({
        timestamp: appliance.clock.now() + offset,
      });
    const confirmed = await client.submit(shown, "/console/second-factor/confirm", { code: code() });
    expect([confirmed.status, confirmed.text.includes("They are shown this once.")]).toEqual([200, true]);
    const codes = confirmed.text.match(/[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}/g) ?? [];
    expect(codes.length).toBe(10);
    const fields: [string, string][] = [
      ["form_token", /name="form_token" value="([^"]+)"/.exec(confirmed.html)?.[1] ?? ""],
    ];
    const given = new URLSearchParams([...fields, ...codes.map((one): [string, string] => ["code", one])]);
    const file = await client.post("/console/second-factor/file", given);
    expect([file.status, file.headers.get("content-disposition"), file.headers.get("cache-control")]).toEqual([
      200,
      'attachment; filename="recovery-codes.txt"',
      "no-store",
    ]);
    for (const one of codes) expect(file.html).toContain(one);
    given.append("code", "<script>");
    expect((await client.post("/console/second-factor/file", given)).status).toBe(400);
    expect((await client.get("/account")).text).toContain("10 left");

    const other = new ConsoleClient(appliance.appliance.apiUrl);
    const second = await other.post("/sign-in", { username: "admin", password, to: "/incidents" });
    expect(second.text).toContain("Code of your authenticator app");
    expect(second.html).not.toContain(password);
    expect(other.cookies.size).toBe(0);
    const used = await other.submit(second, "/sign-in", { code: code() });
    expect([used.status, used.text.includes("wrong or was used already")]).toEqual([401, true]);
    await appliance.clock.advance(30_000);
    const right = await other.submit(used, "/sign-in", { code: code() });
    expect([right.status, right.at]).toEqual([200, "/incidents"]);

    const third = await new ConsoleClient(other.url).post("/sign-in", { username: "admin", password });
    const lost = new ConsoleClient(other.url);
    expect((await lost.submit(third, "/sign-in", { code: codes[3]?.toLowerCase() ?? "" })).status).toBe(200);
    expect((await lost.get("/account")).text).toContain("9 left");
    const fourth = await new ConsoleClient(other.url).post("/sign-in", { username: "admin", password });
    expect((await new ConsoleClient(other.url).submit(fourth, "/sign-in", { code: codes[3] ?? "" })).status).toBe(401);
    const renewed = await lost.submit(await lost.get("/account"), "/console/second-factor/codes", { password });
    expect([renewed.status, renewed.text.includes(codes[4] ?? "")]).toEqual([200, false]);

    const late = await new ConsoleClient(other.url).post("/sign-in", { username: "admin", password });
    await appliance.clock.advance(6 * 60_000);
    const outdated = await other.submit(late, "/sign-in", { code: code() });
    expect([outdated.status, outdated.text.includes("The code took too long")]).toEqual([401, true]);
  }),
);

test(
  "a password that somebody else has set opens nothing but the choice of another one",
  cleaningUp(async (defer) => {
    const appliance = await started(defer);
    const first = "borrowed until tomorrow morning";
    await appliance.appliance.operations.createUser({ name: "anna", role: "analyst", password: first, entities: [] });
    const client = new ConsoleClient(appliance.appliance.apiUrl);
    const asked = await client.post("/sign-in", { username: "anna", password: first, to: "/incidents?view=all" });
    expect(asked.at).toBe("/password?to=%2Fincidents%3Fview%3Dall");
    expect((await client.get("/account")).at).toBe("/password?to=%2Faccount");
    expect((await client.raw("GET", "/console/stream")).status).toBe(401);
    const bad = await client.submit(asked, "/console/password", { current_password: first, new_password: "short" });
    expect([bad.status, bad.text.includes("12 characters or more")]).toEqual([400, true]);
    const chosen = { current_password: first, new_password: password };
    const done = await client.submit(asked, "/console/password", chosen);
    expect([done.status, done.at, done.text.includes("Your password is changed.")]).toEqual([
      200,
      "/incidents?view=all",
      true,
    ]);
  }),
);

test(
  "accounts of programs are not let in",
  cleaningUp(async (defer) => {
    const appliance = await started(defer);
    await ApiClient.asUser(appliance, "robot", "soar");
    const client = new ConsoleClient(appliance.appliance.apiUrl);
    const page = await client.post("/sign-in", { username: "robot", password });
    expect([page.status, client.cookies.size]).toEqual([403, 0]);
    expect(page.text).toContain("account for programs");
  }),
);

test(
  "a session ends after eight hours without use, after twelve in any case, and survives a restart until then",
  cleaningUp(async (defer) => {
    let appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
    defer(() => appliance.dispose());
    const [used, idle] = [
      await ConsoleClient.signedIn(appliance, "admin"),
      await ConsoleClient.signedIn(appliance, "admin"),
    ];
    const isIn = async (client: ConsoleClient, headers: Record<string, string> = {}) =>
      (await client.raw("GET", "/account", headers)).status === 200;
    appliance.clock.skip(7 * hour);
    expect(await isIn(used)).toBe(true);
    // What the page fetches by itself is no use.
    expect(await isIn(idle, { "X-Live": "1", "X-Fragment": "1" })).toBe(true);
    await appliance.clock.advance(2 * 60_000);
    appliance = await appliance.restarted();
    const at = (client: ConsoleClient) =>
      Object.assign(new ConsoleClient(appliance.appliance.apiUrl), { cookies: client.cookies });
    appliance.clock.skip(1.1 * hour);
    expect([await isIn(at(used)), await isIn(at(idle))]).toEqual([true, false]);
    appliance.clock.skip(3 * hour);
    expect(await isIn(at(used))).toBe(true);
    appliance.clock.skip(hour);
    expect(await isIn(at(used))).toBe(false);
  }),
);

test(
  "a sign-out, another password, and an administrator end sessions at once, and their streams",
  cleaningUp(async (defer) => {
    const appliance = await started(defer);
    await ApiClient.asUser(appliance, "anna", "analyst");
    const admin = await ApiClient.loggedIn(appliance, "admin");
    const ends = async (end: (client: ConsoleClient) => Promise<unknown>) => {
      const client = await ConsoleClient.signedIn(appliance, "anna");
      const { cookie } = client;
      const stream = await fetch(`${client.url}/console/stream`, { headers: { Cookie: cookie } });
      expect(stream.status).toBe(200);
      await end(client);
      // Until its end: it would wait for ever where the stream goes on.
      await stream.text();
      const after = await fetch(`${client.url}/account`, { headers: { Cookie: cookie }, redirect: "manual" });
      expect([after.status, after.headers.get("location")]).toEqual([303, "/sign-in?to=%2Faccount"]);
    };
    await ends(async (client) => client.submit(await client.get("/"), "/console/sign-out"));
    await ends(() => admin.patch("/api/users/anna", { role: "viewer" }));
    await ends(async () => {
      const anna = await ApiClient.loggedIn(appliance, "anna");
      await anna.post("/api/password", { current_password: password, new_password: `${password} anew` });
    });
    await admin.patch("/api/users/anna", { disabled: true });
    const refused = await new ConsoleClient(appliance.appliance.apiUrl).post("/sign-in", {
      username: "anna",
      password,
    });
    expect(refused.status).toBe(401);
  }),
);

test(
  "behind a trusted proxy with TLS the cookie is one of TLS; from others its headers do not count",
  cleaningUp(async (defer) => {
    const appliance = await started(defer, { RHYTHMX_TRUSTED_PROXIES: "127.0.0.1" });
    const signIn = (client: ConsoleClient, headers: Record<string, string>) =>
      client.raw(
        "POST",
        "/sign-in",
        { ...ownPage, "Content-Type": "application/x-www-form-urlencoded", ...headers },
        `username=admin&password=${encodeURIComponent(password)}`,
      );
    const behind = await signIn(new ConsoleClient(appliance.appliance.apiUrl), { "X-Forwarded-Proto": "https" });
    expect(behind.headers.getSetCookie()[0]).toMatch(
      /^__Host-rhythmx=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    );
    const alone = await started(defer);
    const direct = await signIn(new ConsoleClient(alone.appliance.apiUrl), { "X-Forwarded-Proto": "https" });
    expect(direct.headers.getSetCookie()[0]).toMatch(/^rhythmx=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  }),
);

test(
  "a sign-in that is too large is refused with the page, and is no defect",
  cleaningUp(async (defer) => {
    const appliance = await started(defer);
    const client = new ConsoleClient(appliance.appliance.apiUrl);
    const refused = await client.post("/sign-in", { username: "admin", password: "x".repeat(20_000) });
    expect([refused.status, refused.text]).toEqual([413, expect.stringContaining("holds at most 16 KiB")]);
    expect(refused.html).toContain('action="/sign-in"');
  }),
);
