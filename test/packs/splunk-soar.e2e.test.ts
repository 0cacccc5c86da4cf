/** The pack `splunk-soar`: its code under Python against the running appliance, with faults between them. The platform itself cannot be had. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TlsFront } from "../harness/connect-proxy.ts";
import { DatabaseFile } from "../harness/database-file.ts";
import { names } from "../harness/site.ts";
import { pem } from "../harness/test-certificates.ts";
import { FaultProxy, PackProcess, pythonHere, refuse, SoarScene } from "./soar-scene.ts";

const pack = join(import.meta.dirname, "../../appliance/packs/splunk-soar");
const folder = join(pack, "rhythmxedge");
const app = JSON.parse(readFileSync(join(folder, "rhythmxedge.json"), "utf8"));
const python = pythonHere();

interface Artifact {
  label: string;
  run_automation: boolean;
  cef: Record<string, unknown>;
}
type Containers = Record<string, { name: string; severity: string; artifacts: Record<string, Artifact> }>;

let scene: SoarScene;
let proxy: FaultProxy;
const started: PackProcess[] = [];

/** A platform of its own: nothing was taken yet. */
class Soar {
  containers: Containers = {};
  /** Starts of playbooks: container, artifact, and all artifacts that were there. */
  starts: [container: string, artifact: string, there: string[]][] = [];
  clock = 0;
  config: Record<string, unknown>;
  readonly #process: PackProcess;

  constructor(process: PackProcess, config: Record<string, unknown>) {
    this.#process = process;
    this.config = config;
  }

  static async start(config: Record<string, unknown> = {}): Promise<Soar> {
    const process = await PackProcess.start(python!, folder, "rhythmxedge_connector", "splunk_platform");
    started.push(process);
    expect(process.unknownNames).toEqual([]);
    return new Soar(process, { base_url: proxy.url, api_key: scene.key, max_incidents: 50, ...config });
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  async run(command: string, args: object = {}, more: Record<string, unknown> = {}): Promise<any> {
    const params = (more.params ?? this.config) as Record<string, unknown>;
    const answer = await this.#process.run({ command, args, url: params.base_url, clock: this.clock, ...more, params });
    this.containers = answer.containers;
    this.starts.push(...answer.started);
    return answer;
  }

  async poll(more: Record<string, unknown> = {}) {
    return this.run("on_poll", {}, more);
  }

  async pollAll(): Promise<void> {
    for (let taken = 1; taken > 0; ) {
      const answer = await this.poll();
      if (answer.error !== null) throw new Error(answer.error);
      taken = Number(/\d+$/.exec(answer.results[0].message)![0]);
    }
  }

  actors(): string[] {
    return Object.values(this.containers)
      .map(({ artifacts }) => String(Object.values(artifacts).find(({ label }) => label === "incident")?.cef.actor))
      .sort();
  }

  /** Playbooks were started once for each container, when it was whole. */
  expectStartedOnce(): void {
    expect(this.starts.map(([container]) => container).sort()).toEqual(Object.keys(this.containers).sort());
    for (const [container, , there] of this.starts)
      expect(there).toEqual(Object.keys(this.containers[container]!.artifacts).sort());
  }
}

describe.skipIf(python === null)("Splunk SOAR", () => {
  beforeAll(async () => {
    scene = await SoarScene.start();
    proxy = await FaultProxy.started(() => scene.appliance.apiUrl);
  });
  afterAll(async () => {
    for (const process of started) process.stop();
    proxy?.stop();
    await scene?.appliance.dispose();
  });

  test("each incident becomes one container: limits, equal times, a wrong clock, refused containers, kills at any call", async () => {
    await scene.attackNew(names("equal", 7));
    const it = await Soar.start();
    for (const [most, count] of [
      [1, 1],
      [2, 3],
      [3, 6],
      [50, 7],
    ] as const) {
      it.config = { ...it.config, max_incidents: most };
      expect((await it.poll()).error).toBeNull();
      expect(Object.keys(it.containers).length).toBe(count);
    }
    for (const clock of [3600, -3600, 0]) {
      it.clock = clock;
      await scene.attackNew(names(`clock${clock}`, 2));
      await it.pollAll();
    }
    const late = await Soar.start({ first_fetch: "1 hour" });
    late.clock = 7200;
    await late.pollAll();
    for (const one of [it, late]) expect(one.actors()).toEqual(scene.made);

    // The k-th of n is refused: it is the next one, and none before it comes again.
    for (const failAt of [1, 3, 5]) {
      await scene.attackNew(names(`refused${failAt}`, 5));
      const before = Object.keys(it.containers).length;
      expect((await it.poll({ fail_at: failAt })).error).toContain("The next polling begins with it");
      expect(Object.keys(it.containers).length).toBe(before + failAt - 1);
      await it.pollAll();
      expect(it.actors()).toEqual(scene.made);
    }
    it.expectStartedOnce();
    it.config = { ...it.config, max_incidents: 2 };
    for (let call = 1, killed = true; killed; call++) {
      await scene.attackNew([`killed${call}a`, `killed${call}b`]);
      ({ killed } = await it.poll({ kill_at: call }));
      await it.pollAll();
      expect(call).toBeLessThan(60);
    }
    expect(it.actors()).toEqual(scene.made);
    it.expectStartedOnce();
  });

  test("Poll Now takes as many as it is asked for, and leaves the place alone", async () => {
    const it = await Soar.start();
    const count = async (args: object) => {
      const before = Object.keys(it.containers).length;
      expect((await it.run("on_poll", args, { poll_now: true })).error).toBeNull();
      return Object.keys(it.containers).length - before;
    };
    expect(await count({ container_count: 3, artifact_count: 1 })).toBe(3);
    expect(Object.values(it.containers).every(({ artifacts }) => Object.keys(artifacts).length === 1)).toBe(true);
    const { incidents } = await scene.api("/api/incidents?actor=equal-0");
    expect(await count({ container_count: 5, container_id: incidents[0].incident_id })).toBe(1);
    await it.pollAll();
    expect(it.actors()).toEqual(scene.made);
    // What was left out came then, and playbooks started on it.
    expect(it.starts.length).toBe(scene.made.length + 3);
  });

  test("waits when it is told to, and goes on after refusals, cut and silent answers, kills of the appliance and a restore", async () => {
    const it = await Soar.start({ max_incidents: 4 });
    proxy.next(refuse(429, { "Retry-After": "7" }), 2);
    const patient = await it.poll();
    expect([patient.sleeps, patient.error, it.actors().length]).toEqual([[7, 7], null, 4]);
    proxy.next(refuse(503, { "Retry-After": "600" }));
    expect((await it.poll()).progress.join()).toContain("next polling is in 600 s");
    const before = proxy.asked.length;
    await it.poll();
    expect(proxy.asked.length).toBe(before);
    it.clock = 601;
    await it.poll();
    expect(it.actors().length).toBe(8);

    const fails = async (what: string, more: Record<string, unknown> = {}) =>
      expect((await it.poll(more)).error).toContain(what);
    proxy.next(refuse(401));
    await fails("does not accept the API key (401)");
    proxy.next((response) =>
      response.writeHead(200, { "Content-Length": "5000" }).write('{"incidents":[', () => response.socket?.destroy()),
    );
    await fails("cut off");
    for (const foreign of ['{"title":"Sign in","incidents":null}', '{"portal":1}', "[]"]) {
      proxy.next((response) => response.writeHead(200).end(foreign));
      await fails("is none of RhythmX Edge");
    }
    proxy.next(() => {});
    await fails("No answer from", { pace: 0.01 });
    let requests = 0;
    proxy.fault = async () => {
      if (++requests === 3) await scene.appliance.kill();
      return false;
    };
    await fails("No answer from");
    proxy.fault = () => false;
    await scene.appliance.start();
    it.config = { ...it.config, max_incidents: 100 };
    await it.pollAll();
    expect(it.actors()).toEqual(scene.made);

    it.config = { ...it.config, statuses: "OPEN" };
    expect((await it.poll()).progress.join()).toContain("its filters were changed");
    await scene.appliance.terminate();
    const database = new DatabaseFile(join(scene.appliance.env.RHYTHMX_DATA_DIR!, "rhythmx.db"));
    database.run("insert or replace into meta (key, value) values ('generation', '1773376200')");
    database.close();
    await scene.appliance.start();
    await scene.attackNew(names("restored", 3));
    expect((await it.poll()).progress.join()).toContain("(410)");
    await it.pollAll();
    expect(it.actors()).toEqual(scene.made);
    it.expectStartedOnce();
  });

  test("what changes comes as artifacts, on which playbooks start; what was changed from here does not", async () => {
    const it = await Soar.start({ follow_changes: true, min_level: "high", max_incidents: 100 });
    await it.pollAll();
    it.expectStartedOnce();
    const { incident_id: id } = (await scene.api("/api/incidents?actor=equal-1")).incidents[0];
    const labels = () => Object.values(it.containers[id]!.artifacts).map(({ label }) => label);
    expect(labels()).toEqual(["rule", "incident"]);
    it.starts = [];
    expect(
      (await it.run("update_status", { incident_id: id, status: "IN_PROGRESS", notes: "On it" })).error,
    ).toBeNull();
    expect((await it.run("update_status", { incident_id: id, status: "in_progress" })).error).toBeNull();
    await it.poll();
    await it.poll();
    expect([labels(), it.starts]).toEqual([["rule", "incident"], []]);
    await scene.api(`/api/incidents/${id}/status`, { status: "CLOSED", notes: "Solved there" });
    await it.poll();
    await it.poll();
    expect(labels()).toEqual(["rule", "incident", "status", "incident"]);
    expect([it.starts.length, it.starts[0]![0]]).toEqual([1, id]);
    const { history } = await scene.api(`/api/incidents/${id}`);
    expect(history.filter(({ field }: { field: string }) => field === "status").length).toBe(2);
  });

  test("actions do what the file says: every data path is in their output; the test says what is wrong", async () => {
    for (const host of ["WS-101", "WS-101", "DC-01"])
      await scene.attack(["thief"], { host, tags: ["attack.credential-access", "attack.t1003.001"] });
    const it = await Soar.start();
    const { incident_id } = (await scene.api("/api/incidents?actor=thief")).incidents[0];
    await scene.exception({ rule: "Nothing", actor: "nobody", reason: "Test" });
    const values: Record<string, unknown> = {
      incident_id,
      status: "IN_PROGRESS",
      notes: "Why",
      owner: "jane",
      note: "Seen",
      limit: 7,
    };
    for (const { identifier, parameters, output } of app.actions) {
      if (identifier === "on_poll") continue;
      const names = Object.keys(parameters).filter(
        (name) => name in values && !(identifier === "get_cases" && name === "status"),
      );
      const answer = await it.run(identifier, Object.fromEntries(names.map((name) => [name, values[name]])));
      expect([identifier, answer.error]).toEqual([identifier, null]);
      const result = { action_result: answer.results[0], summary: { total_objects: 1, total_objects_successful: 1 } };
      const missing = output
        .map(({ data_path }: { data_path: string }) => data_path)
        .filter(
          (path: string) => !path.startsWith("action_result.parameter.") || names.includes(path.split(".").at(-1)!),
        )
        .filter((path: string) => !hasPath(result, path.split(".")));
      expect([identifier, missing]).toEqual([identifier, []]);
    }
    const told = async (params: object) => {
      const changed = { ...it.config, ...params } as Record<string, unknown>;
      return (await it.run("test_connectivity", {}, { params: changed })).error;
    };
    expect(await told({ api_key: "smk_wrong" })).toContain("(401)");
    expect(await told({ base_url: "http://127.0.0.1:9" })).toContain("No answer from");
    const front = await TlsFront.started("server", scene.appliance.apiPort);
    const base_url = `https://127.0.0.1:${front.port}`;
    expect(await told({ base_url })).toContain("certificate store");
    const home = mkdtempSync(join(tmpdir(), "rhythmx-soar-"));
    await Bun.write(join(home, "ca.pem"), pem("ca.pem"));
    expect(await told({ base_url, ca_file: join(home, "ca.pem") })).toBeNull();
    front.stop();

    // By the README's words.
    cpSync(pack, home, { recursive: true });
    const command = /^ +(tar .+)$/m.exec(readFileSync(join(home, "README.md"), "utf8"))![1]!;
    expect(spawnSync("sh", ["-c", command], { cwd: home }).status).toBe(0);
    const listed = spawnSync("tar", ["-tzf", "rhythmxedge.tgz"], { cwd: home, encoding: "utf8" }).stdout;
    expect(listed.split("\n")).toContain("rhythmxedge/rhythmxedge.json");
    expect(listed).not.toContain(".pyc");
    rmSync(home, { recursive: true });
  });
});

/** Whether the path is there, `*` = in at least one; null counts, a missing key does not. */
function hasPath(value: unknown, [first, ...rest]: string[]): boolean {
  if (first === undefined || value === null) return true;
  if (first === "*") return Array.isArray(value) && value.some((one) => hasPath(one, rest));
  return typeof value === "object" && first in value && hasPath((value as Record<string, unknown>)[first], rest);
}
