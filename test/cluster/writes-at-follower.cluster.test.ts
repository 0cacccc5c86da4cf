/** Whatever changes something, and by whichever way it comes: a follower changes nothing and says where it is taken. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connectControl } from "../../appliance/control/control-client.ts";
import type { Operations } from "../../appliance/control/operations.ts";
import { pagePaths } from "../../transports/http/console/console.ts";
import { detection } from "../harness/appliance.ts";
import { leadAndFollow, TestNode } from "../harness/cluster.ts";
import { command } from "../harness/command.ts";
import { ConsoleClient, ownPage } from "../harness/console-client.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";

const cleanUp: (() => unknown)[] = [];
let one: TestNode;
let two: TestNode;

/** Each operation of commands, so that a new one has to be placed here. `null`: it changes nothing, and a follower does it. */
const operations: Record<keyof Operations, ((control: Operations) => Promise<unknown>) | null> = {
  createKey: (of) => of.createKey({ name: "k", scopes: ["ingest"], entities: [], expiresInDays: null }),
  revokeKey: (of) => of.revokeKey("0"),
  createUser: (of) => of.createUser({ name: "u", role: "viewer", password: "a long enough one", entities: [] }),
  changeUser: (of) => of.changeUser("admin", { password: "another password of theirs" }),
  rotateSecrets: (of) => of.rotateSecrets(null),
  renewTicket: (of) => of.renewTicket("INC-1", "jira", null),
  retryDeliveries: (of) => of.retryDeliveries({}),
  discardDeliveries: (of) => of.discardDeliveries({}, "no use"),
  identifyDelivery: (of) => of.identifyDelivery("1", "SOC-1"),
  addException: (of) =>
    of.addException({
      ...{ entity: "", rule: "r", actor: "a", host: "", process: "", commandLine: "", hash: "" },
      ...{ until: null, reason: "ours" },
    }),
  removeException: (of) => of.removeException("1"),
  replay: (of) => of.replay({ destination: "siem", from: 0, to: null }),
  skipDestination: (of) => of.skipDestination("siem", null),
  forgetDestination: (of) => of.forgetDestination("siem"),
  importBatch: (of) => of.importBatch({ kind: "detections", format: "ndjson", body: new Uint8Array(), before: "" }),
  makeBackup: (of) => of.makeBackup(),
  backupTaken: (of) => of.backupTaken("a", "b"),
  ...{ listKeys: null, listUsers: null, listDeadLetters: null, matchingDeliveries: null, listExceptions: null },
  ...{ tryException: null, proposedExceptions: null, testTickets: null, countReplay: null, listDestinations: null },
  ...{
    countSkip: null,
    countForget: null,
    backupStatus: null,
    listCandidates: null,
    doctor: null,
    supportBundle: null,
    reload: null,
  },
};

describe.skipIf(!etcdInstalled())("what is written at a follower", () => {
  beforeAll(async () => {
    const etcd = await Etcd.start();
    cleanUp.push(() => etcd.stop());
    [one, two] = [await TestNode.prepare(etcd, "edge1"), await TestNode.prepare(etcd, "edge2")];
    for (const node of [one, two]) cleanUp.push(() => node.dispose());
    await leadAndFollow(one, two);
  });

  afterAll(async () => {
    for (const clean of cleanUp.splice(0).reverse()) await clean();
  });

  test("every call of the API that changes something is sent to the leader", async () => {
    const { paths } = (await two.ask("/api/openapi.json")).body as { paths: Record<string, Record<string, unknown>> };
    const own = ["/api/login", "/api/refresh", "/api/logout"];
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => ["post", "put", "patch", "delete"].includes(method) && !own.includes(path))
        .map((method) => [method.toUpperCase(), path.replace(/\{[^}]*\}/g, "1")] as const),
    );
    expect(calls).toContainEqual(["POST", "/api/v1/ingest/detections"]);
    expect(calls).toContainEqual(["POST", "/api/v1/ingest/alarms"]);
    expect(calls.length).toBeGreaterThan(30);
    for (const [method, path] of calls) {
      const body = JSON.stringify(detection({ id: "a" }));
      const { status, headers, body: said } = await two.ask(path, { method, body });
      expect([method, path, status, headers.get("x-rhythmx-leader")]).toEqual([method, path, 421, one.url]);
      expect(said).toMatchObject({ status: 421, detail: expect.stringContaining(one.url) });
    }
  });

  test("every form of the console leads to the leader", async () => {
    const reader = new ConsoleClient(two.url);
    const home = await reader.post("/sign-in", { username: "admin", password: two.settings.adminPassword ?? "" });
    expect(home.status).toBe(200);
    const actions = new Set<string>();
    for (const path of pagePaths.filter((one) => !one.includes(":"))) {
      const { html } = await reader.get(path);
      for (const [, action = ""] of html.matchAll(/<form[^>]*method="post"[^>]*action="([^"?]*)/g)) actions.add(action);
      for (const [, action = ""] of html.matchAll(/formaction="([^"?]*)/g)) actions.add(action);
    }
    actions.delete("/console/sign-out");
    expect([...actions]).toContain("/console/preferences");
    expect(actions.size).toBeGreaterThan(15);
    for (const action of actions) {
      const page = await reader.raw("POST", action, ownPage, "");
      expect([action, page.status]).toEqual([action, 421]);
      expect(page.headers.get("x-rhythmx-leader")).toBe(one.url);
      const text = await page.text();
      expect(text).toMatch(/Nothing was changed.*To the leader/s);
      expect(text).toContain(`href="${one.url}/`);
    }
  });

  test("every command that changes something names the leader, and changes nothing", async () => {
    const control = await connectControl(two.folder);
    if (control === null) throw new Error("nobody listens on the control socket");
    for (const [name, call] of Object.entries(operations)) {
      if (call === null) continue;
      const error = await call(control).then(
        () => null,
        (thrown: unknown) => thrown as { code: string; message: string },
      );
      expect([name, error?.code, error?.message]).toEqual([
        name,
        "store_not_leader",
        `this node follows, and changes nothing itself: run this on the node that leads the cluster, ${one.url}`,
      ]);
    }
    const cli = (...args: string[]) => command(args, { dataDir: two.folder, env: two.env });
    expect(await cli("key", "create", "k", "--scope", "ingest")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining(one.url),
    });
    expect((await cli("key", "list")).code).toBe(0);
    expect((await cli("doctor", "--json")).out).toContain('"role": "follower"');
    // Nobody was given another password, on either of the two.
    for (const node of [one, two]) {
      const body = JSON.stringify({ username: "admin", password: two.settings.adminPassword });
      expect((await node.ask("/api/login", { method: "POST", body, headers: json })).status).toBe(200);
    }
  });
});

const json = { "Content-Type": "application/json" };
