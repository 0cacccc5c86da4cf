/** Users and API keys in the console: what an administrator sees and does, and what nobody does by a page that was left open. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestAppliance } from "../harness/appliance.ts";
import { ConsoleClient, type ConsolePage } from "../harness/console-client.ts";

let appliance: TestAppliance;
let api: ApiClient;
let admin: ConsoleClient;

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  api = await ApiClient.loggedIn(appliance, "admin");
  admin = await ConsoleClient.signedIn(appliance, "admin");
});
afterAll(() => appliance.dispose());

const first = "borrowed until tomorrow evening";
const own = { own_password: password };
const userOf = async (name: string) =>
  (await api.get("/api/users")).body.users.find((user: { name: string }) => user.name === name);
const newest = async (query: string) => (await api.get(`/api/audit?${query}`)).body.entries[0];
/** Check boxes come several times. */
const many = (page: ConsolePage, fields: [string, string][]) => {
  const hidden = [...page.html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)];
  return new URLSearchParams([
    ...hidden.map(([, name = "", value = ""]) => [name, value] as [string, string]),
    ...fields,
  ]);
};

describe("users", () => {
  test("a new one chooses another password at the first sign-in; it takes one's own password to make one", async () => {
    const page = await admin.get("/new-user");
    const fields = { name: "jane.doe", password: first, role: "analyst", more_entities: "North\n South \n" };
    const refused = await admin.submit(page, "/console/users", { ...fields, own_password: "not mine" });
    expect([refused.status, await userOf("jane.doe")]).toEqual([401, undefined]);
    expect(refused.text).toContain("Your own password: this is not the password of admin.");
    const made = await admin.submit(page, "/console/users", { ...fields, ...own });
    expect([made.status, made.at]).toEqual([200, "/users/jane.doe"]);
    expect(made.text).toContain("jane.doe may sign in.");
    expect(await userOf("jane.doe")).toMatchObject({ role: "analyst", entities: ["North", "South"] });
    const jane = await ConsoleClient.signedIn(appliance, "jane.doe", first);
    expect((await jane.get("/")).text).toContain("Choose a password");
    const list = await admin.get("/users?q=JANE&role=analyst");
    expect(list.text).toMatch(
      /jane\.doe analyst North, South No second factor \d\d:\d\d 127\.0\.0\.1 Password to be changed/,
    );
    expect((await admin.get("/users?q=nobody")).text).toContain("No user matches.");
    expect((await admin.submit(page, "/console/users", { ...fields, ...own })).status).toBe(409);
    const entry = await newest("action=user.create");
    expect([entry.source, entry.target]).toEqual(["console", "jane.doe"]);
  });

  test("rights, name and state are changed; what somebody else has changed meanwhile is not overwritten", async () => {
    await ApiClient.asUser(appliance, "dana", "viewer");
    const page = await admin.get("/users/dana");
    const path = "/console/users/dana";
    const rights = many(page, [
      ["role", "analyst"],
      ["entities", "North"],
      ["own_password", password],
    ]);
    const saved = await admin.post(`${path}/rights`, rights);
    expect([saved.status, await userOf("dana")]).toMatchObject([200, { role: "analyst", entities: ["North"] }]);
    expect((await newest("target=dana&kind=user")).detail.changes).toEqual([
      { name: "role", old: "viewer", new: "analyst" },
      { name: "entities", old: null, new: "North" },
    ]);
    // The same form once more: it was made of what is no longer so.
    const late = await admin.submit(page, `${path}/disable`);
    expect([late.status, (await userOf("dana")).disabled]).toEqual([412, false]);
    expect(late.text).toContain("Dana was changed by somebody else meanwhile, so nothing was changed");
    const named = await admin.submit(saved, `${path}/display-name`, { display_name: "Dana Scully" });
    expect(named.text).toContain("Dana Scully");
    const disabled = await admin.submit(named, `${path}/disable`);
    expect(disabled.text).toContain("dana is disabled and signed out.");
    expect((await admin.get("/users?q=scully")).text).toContain("Disabled");
    // It gives access, so a page that was left open does not do it by itself.
    const alone = await admin.submit(disabled, `${path}/enable`);
    expect([alone.status, (await userOf("dana")).disabled]).toEqual([401, true]);
    const enabled = await admin.submit(disabled, `${path}/enable`, own);
    expect([enabled.status, (await userOf("dana")).disabled]).toEqual([200, false]);
    const gone = await admin.submit(named, `${path}/remove`, own);
    expect([gone.status, gone.text]).toEqual([412, expect.stringContaining("was changed by somebody else meanwhile")]);
    expect(await userOf("dana")).toMatchObject({ role: "analyst" });
  });

  test("sessions end, a password is set, a second factor taken, the user removed", async () => {
    await ApiClient.asUser(appliance, "rosa", "viewer");
    const rosa = await ConsoleClient.signedIn(appliance, "rosa");
    const path = "/console/users/rosa";
    let page = await admin.get("/users/rosa");
    expect(page.text).toContain("Signed in now 2 times");
    page = await admin.submit(page, `${path}/sessions`);
    expect(page.text).toContain("Signed in now nowhere");
    expect((await rosa.get("/")).at).toBe("/sign-in");
    page = await admin.submit(page, `${path}/password`, { password: first, ...own });
    expect((await userOf("rosa")).password_change_required).toBe(true);
    expect(page.html).not.toContain(`${path}/second-factor`);
    page = await admin.submit(page, `${path}/remove`, own);
    expect([page.at, await userOf("rosa")]).toEqual(["/users", undefined]);
    expect((await admin.get("/users/rosa")).status).toBe(404);
  });

  test("the last administrator and one's own account are protected in words", async () => {
    const page = await admin.get("/users/admin");
    expect(page.text).toContain("admin is the last administrator who can sign in");
    expect(page.text).toContain("This is your own account.");
    expect(page.html).not.toMatch(/action="\/console\/users\/admin\/(?:disable|remove|password)"/);
    const token = { form_token: /name="form_token" value="([^"]+)"/.exec(page.html)?.[1] ?? "" };
    const refused = await admin.post("/console/users/admin/disable", token);
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining("is the last administrator")]);
    const removed = await admin.post("/console/users/admin/remove", { ...token, ...own });
    expect(removed.status).toBe(409);
  });

  test("who has failed to sign in is shown as locked", async () => {
    await ApiClient.asUser(appliance, "lola", "viewer");
    for (let i = 0; i < 7; i++)
      await new ApiClient(appliance.appliance.apiUrl).post("/api/login", { username: "lola", password: "wrong" });
    expect((await admin.get("/users?q=lola")).text).toMatch(/Locked until \d\d:\d\d:\d\d/);
    await appliance.clock.advance(120_000);
    expect((await admin.get("/users?q=lola")).text).not.toContain("Locked until");
  });
});

test("nothing that gives access, or takes a user away, happens without one's own password", async () => {
  const edge = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  try {
    await ApiClient.asUser(edge, "dana", "viewer");
    await edge.appliance.operations.changeUser("dana", { disabled: true });
    const boss = await ConsoleClient.signedIn(edge, "admin");
    const { html } = await boss.get("/users/dana");
    const form_token = /name="form_token" value="([^"]+)"/.exec(html)?.[1] ?? "";
    for (const [path, fields] of Object.entries({
      users: { name: "eve", password: first, role: "admin" },
      "users/dana/rights": { role: "admin" },
      "users/dana/enable": {},
      "users/dana/password": { password: first },
      "users/dana/second-factor": {},
      "users/dana/remove": {},
      keys: { once: "x", name: "eve", scopes: "incident:write", days: "" },
    })) {
      const { status } = await boss.post(`/console/${path}`, { form_token, ...fields });
      expect([path, status]).toEqual([path, 401]);
      // What was wrong counts as a failed login, and would lock the account.
      await edge.clock.advance(10_000);
    }
    const after = await ApiClient.loggedIn(edge, "admin");
    const { users } = (await after.get("/api/users")).body;
    expect(users.map(({ name, role, disabled }: Record<string, unknown>) => [name, role, disabled])).toEqual([
      ["admin", "admin", false],
      ["dana", "viewer", true],
    ]);
    expect(JSON.stringify((await after.get("/api/keys")).body)).not.toContain("eve");
  } finally {
    await edge.dispose();
  }
});

describe("API keys", () => {
  const keys = async () => (await api.get("/api/keys")).body.keys as { id: string; name: string; scopes: string[] }[];

  test("the key is on one answer and nowhere else; the same form makes no second one", async () => {
    const page = await admin.get("/keys/new");
    const fields: [string, string][] = [
      ["name", "soar"],
      ["days", "90"],
      ["scopes", "feed:read"],
      ["scopes", "incident:write"],
      ["more_entities", "North"],
      ["own_password", password],
    ];
    const nothing = await admin.post(
      "/console/keys",
      many(
        page,
        fields.filter(([name]) => name !== "scopes"),
      ),
    );
    expect([nothing.status, nothing.text]).toEqual([400, expect.stringContaining("tick what the program has to do")]);
    const made = await admin.post("/console/keys", many(page, fields));
    expect([made.status, made.headers.get("cache-control")]).toEqual([200, "no-store"]);
    const [key = ""] = /smk_[0-9A-Za-z]{36}/.exec(made.text) ?? [];
    expect(made.html).toContain('data-copy="#key-text"');
    const client = new ApiClient(appliance.appliance.apiUrl, { "X-API-Key": key });
    expect((await client.get("/api/incidents")).status).toBe(200);
    const again = await admin.post("/console/keys", many(page, fields));
    expect([again.status, again.text]).toEqual([400, expect.stringContaining("has made its key already")]);
    expect((await keys()).filter(({ name }) => name === "soar")).toMatchObject([
      {
        scopes: ["feed:read", "incident:write"],
        entities: ["North"],
        created_by: "admin",
        last_used_from: "127.0.0.1",
      },
    ]);
    // A button that is pressed twice: the second form comes while the password of the first is checked.
    const other = await admin.get("/keys/new");
    const twice = many(other, [["name", "twice"], ...fields.slice(1)]);
    const answers = await Promise.all([admin.post("/console/keys", twice), admin.post("/console/keys", twice)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect((await keys()).filter(({ name }) => name === "twice")).toHaveLength(1);
    for (const path of ["/keys", "/keys/new", "/audit", `/keys/${(await keys()).at(-1)?.id}`])
      expect((await admin.get(path)).html).not.toContain(key.slice(12));
    expect(JSON.stringify(await newest("action=key.create"))).not.toContain(key.slice(12));
  });

  test("the list says what each may, who made it, its last use and how long it holds; revoking says what stops", async () => {
    const { body: soon } = await api.post("/api/keys", { name: "soon", scopes: ["ingest"], expires_in_days: 3 });
    await api.post("/api/keys", { name: "forever", scopes: ["metrics:read"] });
    const list = await admin.get("/keys");
    expect(list.text).toContain("soon expires within two weeks");
    expect((await admin.get("/")).text).toContain("The API key soon ends in 3 days");
    expect(list.text).toMatch(/soon smk_\w{4}… Send detections and alarms all \d\d:\d\d admin never Until/);
    expect(list.text).toMatch(/forever smk_\w{4}… Read metrics all \d\d:\d\d admin never Without end/);
    const unused = await admin.get(`/keys/${soon.id}`);
    expect(unused.text).toContain("It has never been used, so nothing stops.");
    await appliance.ingest([], { headers: { "X-API-Key": soon.key } });
    const used = await admin.get(`/keys/${soon.id}`);
    expect(used.text).toContain(
      "The program that used it just now from 127.0.0.1 can no longer send detections and alarms",
    );
    const revoked = await admin.submit(used, `/console/keys/${soon.id}/revoke`);
    expect([revoked.at, revoked.text]).toEqual(["/keys", expect.not.stringContaining("soon expires")]);
    expect((await appliance.ingest([], { headers: { "X-API-Key": soon.key } })).status).toBe(401);
    expect((await admin.get("/keys?view=ended")).text).toMatch(/soon .*Revoked \d\d:\d\d/);
    expect((await admin.get("/keys/key-0")).status).toBe(404);
  });
});
