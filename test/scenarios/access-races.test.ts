/** What an administrator changes, and what is under way at that moment: the change stands, whatever came before or comes after it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { DatabaseFile } from "../harness/database-file.ts";
import { EventStreamClient } from "../harness/event-stream.ts";

let appliance: TestAppliance;
let admin: ApiClient;
let url: string;
beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  admin = await ApiClient.loggedIn(appliance, "admin");
  url = appliance.appliance.apiUrl;
});
afterAll(() => appliance.dispose());

const other = "a wholly different phrase";
const login = (username: string, secret = password) =>
  new ApiClient(url).post("/api/login", { username, password: secret });
const userOf = async (name: string) =>
  (await admin.get("/api/users")).body.users.find((user: { name: string }) => user.name === name);
/** What the file has, which is what a restart begins with. */
const rowOf = (name: string) => {
  const database = new DatabaseFile(join(appliance.dataDir, "rhythmx.db"), { readonly: true });
  const row = database.query("select * from users where name = ?").get(name) as Record<string, unknown> | null;
  database.close();
  return row;
};

/** A request whose head is sent and whose body waits, and how to send the rest. */
async function begun(client: ApiClient, method: string, path: string, body: object) {
  const text = JSON.stringify(body);
  const rest = Promise.withResolvers<void>();
  const stream = new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode(text.slice(0, 1)));
      await rest.promise;
      controller.enqueue(new TextEncoder().encode(text.slice(1)));
      controller.close();
    },
  });
  const answer = fetch(url + path, {
    method,
    headers: { ...client.headers, "Content-Type": "application/json" },
    body: stream,
    duplex: "half",
  } as RequestInit);
  // The next request is answered after this one was admitted.
  for (let n = 0; n < 5; n++) await new ApiClient(url).get("/healthz");
  return { finish: () => rest.resolve(), answer };
}

describe("changes against the user's own requests in flight", () => {
  const races: [string, (name: string) => Promise<unknown>, (name: string) => Promise<void>][] = [
    [
      "disabled",
      (name) => admin.patch(`/api/users/${name}`, { disabled: true }),
      async (name) => expect((await userOf(name)).disabled).toBe(true),
    ],
    [
      "demoted",
      (name) => admin.patch(`/api/users/${name}`, { role: "viewer" }),
      async (name) => expect((await userOf(name)).role).toBe("viewer"),
    ],
    [
      "limited",
      (name) => admin.patch(`/api/users/${name}`, { entities: ["South"] }),
      async (name) => expect((await userOf(name)).entities).toEqual(["South"]),
    ],
    [
      "removed",
      (name) => admin.delete(`/api/users/${name}`),
      async (name) => {
        expect(await userOf(name)).toBeUndefined();
        expect(rowOf(name)).toBeNull();
      },
    ],
    [
      "given another password",
      (name) => admin.patch(`/api/users/${name}`, { password: other }),
      async (name) => expect([(await login(name)).status, (await login(name, other)).status]).toEqual([401, 200]),
    ],
  ];

  for (const [what, change, holds] of races)
    test(`${what}: own password, login, refresh and second factor at the same time undo nothing`, async () => {
      for (let round = 0; round < 6; round++) {
        const name = `racer-${what.replaceAll(" ", "-")}-${round}`;
        const client = await ApiClient.asUser(appliance, name, "analyst");
        const { refresh_token } = (await login(name)).body;
        const own = [
          () => client.post("/api/password", { current_password: password, new_password: `${password} of my own` }),
          () => login(name),
          () => new ApiClient(url).post("/api/refresh", { refresh_token }),
          () => client.post("/api/totp", { password }),
        ];
        const before = own.slice(0, round % 5).map((send) => send());
        const changed = change(name);
        const after = own.slice(round % 5).map((send) => send());
        const answers = await Promise.all([...before, changed, ...after]);
        for (const answer of answers) expect((answer as { status: number }).status).toBeLessThan(500);
        await holds(name);
        // No token that was given out on the way holds.
        for (const answer of answers) {
          const { token, refresh_token: again } = (answer as { body: Record<string, string> }).body ?? {};
          if (what === "given another password" || token === undefined) continue;
          const stale = new ApiClient(url, { Authorization: `Bearer ${token}` });
          const me = await stale.get("/api/me");
          if (me.status === 200)
            expect(me.body).toMatchObject({ role: (await userOf(name)).role, entities: (await userOf(name)).entities });
          if (again !== undefined && me.status !== 200)
            expect((await new ApiClient(url).post("/api/refresh", { refresh_token: again })).status).toBe(401);
        }
      }
    });

  test("two administrators who disable each other leave one", async () => {
    await ApiClient.asUser(appliance, "anna", "admin");
    await ApiClient.asUser(appliance, "bert", "admin");
    for (let round = 0; round < 8; round++) {
      for (const name of ["anna", "bert"]) await admin.patch(`/api/users/${name}`, { disabled: false });
      const [anna, bert] = [await ApiClient.loggedIn(appliance, "anna"), await ApiClient.loggedIn(appliance, "bert")];
      const answers = await Promise.all([
        anna.patch("/api/users/admin", { disabled: true }),
        bert.patch("/api/users/anna", round % 2 === 0 ? { disabled: true } : { role: "viewer", password: other }),
        anna.patch("/api/users/bert", round % 2 === 0 ? { role: "viewer" } : { disabled: true }),
        bert.delete("/api/users/nobody"),
      ]);
      for (const { status } of answers) expect([200, 401, 404, 409]).toContain(status);
      const { users } = await appliance.appliance.operations.listUsers().then((all) => ({ users: all }));
      const left = users.filter(({ role, disabled }) => role === "admin" && !disabled);
      expect(left.length).toBeGreaterThan(0);
      for (const name of ["admin", "anna", "bert"]) {
        await appliance.appliance.operations.changeUser(name, { disabled: false });
        if (name !== "admin") await appliance.appliance.operations.changeUser(name, { password: `${password} x` });
      }
      admin = await ApiClient.loggedIn(appliance, "admin");
      for (const name of ["anna", "bert"]) {
        await admin.patch(`/api/users/${name}`, { role: "admin" });
        const client = await ApiClient.loggedIn(appliance, name, `${password} x`);
        await client.post("/api/password", { current_password: `${password} x`, new_password: password });
      }
    }
  });

  test("an administrator who is disabled while the body is still coming in changes nothing", async () => {
    const leaver = await ApiClient.asUser(appliance, "leaver", "admin");
    const requests = [
      await begun(leaver, "POST", "/api/users", { name: "backdoor", role: "admin", password }),
      await begun(leaver, "POST", "/api/keys", { name: "backdoor", scopes: ["feed:read"] }),
      await begun(leaver, "PATCH", "/api/users/leaver", { disabled: false }),
      await begun(leaver, "PUT", "/api/settings/jira", { url: "https://jira.example.com" }),
    ];
    expect((await admin.patch("/api/users/leaver", { disabled: true })).status).toBe(200);
    for (const { finish } of requests) finish();
    const statuses = await Promise.all(requests.map(async ({ answer }) => (await answer).status));
    expect(statuses).toEqual([401, 401, 401, 401]);
    expect(await userOf("backdoor")).toBeUndefined();
    expect((await admin.get("/api/keys")).body.keys.map(({ name }: { name: string }) => name)).not.toContain(
      "backdoor",
    );
    expect((await userOf("leaver")).disabled).toBe(true);
  });

  test("a key that is revoked while the batch is still coming in delivers nothing", async () => {
    const { key, id } = await appliance.makeKey(["ingest"]);
    const { finish, answer } = await begun(
      new ApiClient(url, { "X-API-Key": key }),
      "POST",
      "/api/v1/ingest/detections",
      detection({ user: "too-late" }),
    );
    await admin.delete(`/api/keys/${id}`);
    finish();
    expect((await answer).status).toBe(401);
  });
});

test("a second factor that was begun before the password was set anew does not count", async () => {
  const client = await ApiClient.asUser(appliance, "enrolling", "viewer");
  await client.post("/api/totp", { password });
  await admin.patch("/api/users/enrolling", { password: other });
  const again = await ApiClient.loggedIn(appliance, "enrolling", other);
  await again.post("/api/password", { current_password: other, new_password: password });
  const own = await ApiClient.loggedIn(appliance, "enrolling");
  const { status, body } = await own.post("/api/totp/confirm", { code: "123456" });
  expect([status, body.title]).toEqual([409, "No second factor is being set up"]);
});

describe("the stream", () => {
  const open = (headers: Record<string, string>) => EventStreamClient.open(`${url}/api/v1/feed/stream`, headers);

  test("with a token and a key it shows what the one that opened it may see", async () => {
    const south = await ApiClient.asUser(appliance, "southerner", "viewer", ["South"]);
    const { key } = await appliance.makeKey(["feed:read"]);
    const stream = await open({ ...south.headers, "X-API-Key": key });
    const all = await open({ "X-API-Key": key });
    expect([stream.status, all.status]).toEqual([200, 200]);
    await appliance.ingest([
      detection({ user: "n1", entity: "North", rule_id: "stream-1" }),
      detection({ user: "s1", entity: "South", rule_id: "stream-1" }),
    ]);
    await until(() => all.events.length === 2 && stream.events.length === 1);
    expect(stream.events.map(({ data }) => data.entity_name)).toEqual(["South"]);
    // A key that may not open it does not keep it open.
    const { key: ingest } = await appliance.makeKey(["ingest"]);
    expect((await open({ Authorization: "Bearer x.y.z", "X-API-Key": key })).status).toBe(401);
    expect((await open({ ...south.headers, "X-API-Key": ingest })).status).toBe(200);
    await admin.patch("/api/users/southerner", { disabled: true });
    await until(() => stream.ended);
    await appliance.ingest([detection({ user: "s2", entity: "South", rule_id: "stream-2" })]);
    await until(() => all.events.length === 3);
    expect([stream.events.length, all.ended]).toEqual([1, false]);
    all.close();
  });

  test("it ends at once when the key is revoked, or the user demoted or limited, also where nothing happens", async () => {
    const { key, id } = await appliance.makeKey(["feed:read"]);
    const user = await ApiClient.asUser(appliance, "listener", "analyst");
    const streams = [await open({ "X-API-Key": key }), await open({ ...user.headers })];
    await admin.delete(`/api/keys/${id}`);
    await admin.patch("/api/users/listener", { entities: ["South"] });
    await until(() => streams.every(({ ended }) => ended));
  });

  test("a key sent as a bearer token opens it too, and HEAD opens none", async () => {
    const { key } = await appliance.makeKey(["feed:read"]);
    const bearer = { Authorization: `Bearer ${key}` };
    for (let n = 0; n < 230; n++) {
      const head = await fetch(`${url}/api/v1/feed/stream`, { method: "HEAD", headers: bearer });
      expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    }
    const streams = await Promise.all(Array.from({ length: 12 }, () => open(bearer)));
    expect(streams.map(({ status }) => status).sort()).toEqual([...Array(10).fill(200), 429, 429]);
    // Others are not held up by it, and what is closed makes room again.
    const { key: another } = await appliance.makeKey(["feed:read"]);
    const second = await open({ "X-API-Key": another });
    expect(second.status).toBe(200);
    for (const stream of [...streams, second]) stream.close();
    await until(async () => {
      const stream = await open(bearer);
      stream.close();
      return stream.status === 200;
    });
  });
});
