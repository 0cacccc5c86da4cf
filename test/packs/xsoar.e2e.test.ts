/** The pack `xsoar`: its code under Python against the running appliance, with faults between them. The platform itself cannot be had. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TlsFront } from "../harness/connect-proxy.ts";
import { DatabaseFile } from "../harness/database-file.ts";
import { names } from "../harness/site.ts";
import { pem } from "../harness/test-certificates.ts";
import { FaultProxy, PackProcess, pythonHere, refuse, SoarScene } from "./soar-scene.ts";
import { Xsoar, xsoarPack } from "./xsoar-server.ts";

const folder = join(xsoarPack, "Integrations/RhythmXEdge");
const python = pythonHere();

let scene: SoarScene;
let proxy: FaultProxy;
const started: PackProcess[] = [];

/** A platform of its own: nothing was fetched yet. */
async function xsoar(more: Record<string, unknown> = {}): Promise<Xsoar> {
  const pack = await PackProcess.start(python!, folder, "RhythmXEdge", "xsoar_platform");
  started.push(pack);
  expect(pack.unknownNames).toEqual([]);
  const credentials = { identifier: "", password: scene.key };
  return new Xsoar(pack, { url: proxy.url, credentials, isFetch: true, max_fetch: "50", ...more });
}

describe.skipIf(python === null)("Cortex XSOAR", () => {
  beforeAll(async () => {
    scene = await SoarScene.start();
    proxy = await FaultProxy.started(() => scene.appliance.apiUrl);
  });
  afterAll(async () => {
    for (const pack of started) pack.stop();
    proxy?.stop();
    await scene?.appliance.dispose();
  });

  test("the test says what is wrong, and certificates are verified", async () => {
    const it = await xsoar({ mirror_direction: "Incoming And Outgoing" });
    expect((await it.run("test-module")).results).toEqual(["ok"]);
    const wrong = { credentials: { identifier: "", password: "smk_wrong" } };
    const told = async (params: object, more: object = {}) =>
      (await it.run("test-module", {}, { params: { ...it.params, ...params }, ...more })).error;
    expect(await told(wrong)).toContain("does not accept the API key or password (401)");
    // A password is sent once: each refusal makes the account wait longer.
    const logins = () => proxy.asked.filter((line) => line.includes("/api/login")).length;
    const before = logins();
    expect(await told({ credentials: { identifier: "ana", password: "not-the-Passphrase" } })).toContain("(401)");
    expect(logins() - before).toBe(1);
    const nowhere = "http://127.0.0.1:9";
    expect(await told({ url: nowhere }, { url: nowhere })).toContain("No answer from");
    proxy.next((response) => response.writeHead(302, { Location: "https://elsewhere.example/" }).end());
    expect(await told({})).toContain("a redirect, which is not followed");
    const reader = scene.appliance.run(["key", "create", "reader", "--scope", "feed:read"]).stdout.trim();
    expect(await told({ credentials: { identifier: "", password: reader } })).toContain("incident:write");

    const front = await TlsFront.started("server", scene.appliance.apiPort);
    const url = `https://127.0.0.1:${front.port}`;
    expect(await told({ url }, { url })).toContain('into the parameter "CA certificate"');
    expect(await told({ url }, { url })).not.toContain("Trust any");
    expect(await told({ url, ca_certificate: pem("ca.pem").toString() }, { url })).toBeNull();
    front.stop();
  });

  test("each incident comes once: limits, equal times, a wrong clock, a kill at any call", async () => {
    await scene.attackNew(names("equal", 11));
    const it = await xsoar({ max_fetch: "1" });
    for (const [round, limit] of ["1", "2", "5", "1", "200"].entries()) {
      it.params = { ...it.params, max_fetch: limit };
      expect((await it.fetch()).incidents.length).toBe(Math.min(Number(limit), 11 - [0, 1, 3, 8, 9][round]!));
    }
    expect(it.actors()).toEqual(scene.made);
    for (const clock of [3600, -3600, 0]) {
      it.clock = clock;
      await scene.attackNew(names(`clock${clock}`, 3));
      await it.fetchAll();
      expect(it.actors()).toEqual(scene.made);
    }
    const writing = Array.fromAsync(names("writer", 8), (name) => scene.attackNew(names(name, 3)));
    for (let fetched = 0; fetched < 24; ) fetched += (await it.fetch()).incidents.length;
    await writing;
    const late = await xsoar({ first_fetch: "1 hour", max_fetch: "200" });
    late.clock = 7200;
    await late.fetchAll();
    expect(late.actors()).toEqual(scene.made);
    // Whichever call is its last: what it has fetched comes again, and once.
    it.params = { ...it.params, mirror_direction: "Incoming And Outgoing", max_fetch: "2" };
    for (let call = 1, killed = true; killed; call++) {
      await scene.attackNew([`killed${call}a`, `killed${call}b`]);
      ({ killed } = await it.fetch({ kill_at: call }));
      await it.fetchAll();
      expect(it.actors()).toEqual(scene.made);
      expect(call).toBeLessThan(60);
    }
    expect(it.doubles).toEqual([]);
    const { fields, name, severity, occurred } = it.of("equal-0");
    expect({ name, severity }).toEqual({ name: "RhythmX: Suspicious Logon on ws-101 by equal-0", severity: 3 });
    expect(fields).toMatchObject({
      rhythmxrisklevel: "high",
      rhythmxhosts: ["ws-101"],
      rhythmxtechniques: ["T1059.001"],
    });
    expect(fields).toMatchObject({ dbotMirrorDirection: null, rhythmxincidentid: it.of("equal-0").id, occurred });
  });

  test("waits when it is told to, and goes on after refusals, cut and silent answers, and kills of the appliance", async () => {
    const it = await xsoar({ max_fetch: "4" });
    await scene.attackNew(names("refused", 6));
    proxy.next(refuse(429, { "Retry-After": "7" }), 2);
    const patient = await it.fetch();
    expect([patient.sleeps, patient.error, patient.incidents.length]).toEqual([[7, 7], null, 4]);

    proxy.next(refuse(429, { "Retry-After": "600" }));
    const paused = await it.fetch();
    expect([paused.sleeps, paused.error, paused.incidents]).toEqual([[], null, []]);
    expect(JSON.stringify(paused.log)).toContain("next fetch is in 600 s");
    const before = proxy.asked.length;
    expect((await it.fetch()).incidents).toEqual([]);
    expect(proxy.asked.length).toBe(before);
    it.clock = 601;
    expect((await it.fetch()).incidents.length).toBe(4);

    proxy.next(refuse(401));
    expect((await it.fetch()).error).toContain("(401)");
    proxy.next((response) =>
      response.writeHead(200, { "Content-Length": "5000" }).write('{"incidents":[', () => response.socket?.destroy()),
    );
    expect((await it.fetch()).error).toContain("was cut off or is none of RhythmX Edge");
    proxy.next(() => {});
    expect((await it.fetch({ pace: 0.01 })).error).toContain("No answer from");
    for (const foreign of ["<html>a portal</html>", '{"title":"Sign in","incidents":null}', '{"portal":1}', "[]"]) {
      proxy.next((response) => response.writeHead(200).end(foreign));
      expect((await it.fetch()).error).toContain("was cut off or is none of RhythmX Edge");
    }
    await it.fetchAll();
    expect(it.actors()).toEqual(scene.made);

    await scene.attackNew(names("restart", 9));
    let requests = 0;
    proxy.fault = async () => {
      if (++requests === 3) await scene.appliance.kill();
      return false;
    };
    expect((await it.fetch()).error).toContain("No answer from");
    proxy.fault = () => false;
    expect((await it.run("get-modified-remote-data")).error).toContain("skip update");
    expect((await it.run("get-remote-data", { id: "INC-00000001", lastUpdate: "" })).error).toContain("API rate limit");
    await scene.appliance.start();
    await it.fetchAll();
    expect(it.actors()).toEqual(scene.made);
    expect(it.doubles).toEqual([]);
  });

  test("a lost cursor is told, and nothing comes twice; an incident that rises to the minimum comes then", async () => {
    const it = await xsoar();
    await it.fetchAll();
    it.params = { ...it.params, status: "OPEN" };
    const filtered = await it.fetch();
    expect(filtered.incidents).toEqual([]);
    expect(JSON.stringify(filtered.log)).toContain("its filters were changed");
    const risky = await xsoar({ min_level: "high", max_fetch: "200" });
    const rises = (rules: string[]) =>
      Promise.all(rules.map((rule) => scene.attack(["riser"], { level: "high", rule_title: rule, rule_id: rule })));
    await rises(["first", "second", "third"]);
    await risky.fetchAll();
    await it.fetchAll();
    expect([risky.actors().includes("riser"), it.of("riser").severity]).toEqual([false, 2]);
    await scene.attack(["riser"], {
      rule_title: "fourth",
      rule_id: "fourth",
      tags: ["attack.t1003", "attack.credential_access"],
    });
    await risky.fetchAll();
    expect(risky.of("riser").severity).toBeGreaterThanOrEqual(3);
    await scene.api(`/api/incidents/${risky.of("riser").id}`, { notes: "once more" });
    await risky.fetchAll();
    scene.made = [...scene.made, "riser"].sort();

    await scene.appliance.terminate();
    const database = new DatabaseFile(join(scene.appliance.env.RHYTHMX_DATA_DIR!, "rhythmx.db"));
    database.run("insert or replace into meta (key, value) values ('generation', '1773376200')");
    database.close();
    await scene.appliance.start();
    await scene.attackNew(names("restored", 3));
    const restored = await it.fetch();
    expect(JSON.stringify(restored.log)).toContain("(410)");
    await it.fetchAll();
    await risky.fetchAll();
    expect(it.actors()).toEqual(scene.made);
    expect([...it.doubles, ...risky.doubles]).toEqual([]);
  });

  test("status, owner, notes and closing go both ways once, and none of them comes back", async () => {
    const it = await xsoar({ mirror_direction: "Incoming And Outgoing", max_fetch: "200", mirror_tags: "ForRhythmX" });
    it.clock = 3600;
    await scene.attackNew(["near", "far", "lost"]);
    await it.fetchAll();
    await it.settle();
    const patches = () => proxy.asked.filter((line) => line.startsWith("PATCH")).length;
    const [far, near, lost] = [it.of("far"), it.of("near"), it.of("lost")];
    const detail = (id: string) => scene.api(`/api/incidents/${id}`);
    const told = async (id: string) =>
      (await detail(id)).history.filter(({ action }: { action: string }) => action !== "CREATED").length;

    // Changed there.
    let before = patches();
    far.fields.severity = 1;
    await scene.api(`/api/incidents/${far.id}`, { assigned_analyst: "ana", notes: "Seen <b>before</b>" });
    await scene.api(`/api/incidents/${far.id}/status`, { status: "IN_PROGRESS" });
    proxy.fault = (request, response) =>
      request.url === `/api/incidents/${far.id}` && refuse(503)(response) !== undefined;
    expect(await it.mirrorIn()).toContain("API rate limit");
    proxy.fault = () => false;
    await it.settle();
    expect(far.fields).toMatchObject({ rhythmxstatus: "IN_PROGRESS", rhythmxassignedanalyst: "ana", severity: 3 });
    expect(far.notes.map((note) => note.split(":\n")[1])).toEqual(["Seen <b>before</b>"]);
    await scene.api(`/api/incidents/${far.id}/status`, { status: "FALSE_POSITIVE", notes: "A test" });
    await it.settle();
    expect(far.closed).toEqual({ reason: "False Positive", notes: "A test" });
    await scene.api(`/api/incidents/${far.id}/status`, { status: "OPEN" });
    await it.settle();
    expect([far.closed, far.turns, far.notes.length, patches() - before]).toEqual([null, 2, 1, 0]);
    expect(await told(far.id)).toBe(6);

    // Changed here.
    before = patches();
    it.change("near", { owner: "jane.doe", rhythmxstatus: "IN_PROGRESS" });
    it.note("near", "Host isolated", "12@7");
    await it.settle();
    expect([near.notes, near.turns, patches() - before, await told(near.id)]).toEqual([[], 0, 3, 3]);
    it.close("near", "False Positive", "Nothing there");
    await it.settle();
    expect([near.notes, near.turns, patches() - before, await told(near.id)]).toEqual([[], 1, 4, 5]);
    expect(await detail(near.id)).toMatchObject({
      ...{ status: "FALSE_POSITIVE", assigned_analyst: "jane.doe" },
      investigation_notes: "jane.doe, Cortex XSOAR, entry 12@7:\nHost isolated",
      resolution_notes: "Closed in Cortex XSOAR as False Positive: Nothing there",
    });

    // Both at once, and an answer that gets lost.
    await scene.api(`/api/incidents/${lost.id}`, { notes: "From there" });
    it.note("lost", `Long: ${"x".repeat(9000)}`, "13@7");
    let cut = 0;
    proxy.fault = async (request, response) => {
      if (request.method !== "PATCH" || cut++ > 0) return false;
      await scene.api(request.url!, { notes: `jane.doe, Cortex XSOAR, entry 13@7:\nLong: ${"x".repeat(9000)}` });
      response.socket?.destroy();
      return true;
    };
    expect((await it.mirrorOut())[0]).toContain("No answer from");
    proxy.fault = () => false;
    it.close("lost", "Resolved", "");
    await it.settle();
    expect([cut, await told(lost.id), lost.turns]).toEqual([1, 4, 1]);
    expect((await detail(lost.id)).status).toBe("CLOSED");
    expect(lost.notes.map((note) => note.split(":\n").at(-1))).toEqual(["From there"]);
  });
});
