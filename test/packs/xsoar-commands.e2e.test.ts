/** The pack `xsoar`: its commands under Python against the running appliance, its own unit tests, and the file that is uploaded. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { YAML } from "bun";
import { packs } from "../../appliance/packs/packs.ts";
import { PackProcess, pythonHere, SoarScene, standIns } from "./soar-scene.ts";
import { packJson, Xsoar, xsoarPack } from "./xsoar-server.ts";

const folder = join(xsoarPack, "Integrations/RhythmXEdge");
interface Command {
  name: string;
  arguments: { name: string; required?: boolean; predefined?: string[] }[];
  outputs?: { contextPath: string }[];
}
// biome-ignore lint/suspicious/noExplicitAny: a file of the pack
const yml: any = YAML.parse(readFileSync(join(folder, "RhythmXEdge.yml"), "utf8"));
const commands: Command[] = yml.script.commands.filter(({ name }: Command) => name.startsWith("rhythmx-"));
const python = pythonHere();

describe.skipIf(python === null)("Cortex XSOAR", () => {
  let scene: SoarScene;
  let pack: PackProcess;
  beforeAll(async () => {
    scene = await SoarScene.start();
    pack = await PackProcess.start(python!, folder, "RhythmXEdge", "xsoar_platform");
  });
  afterAll(async () => {
    pack?.stop();
    await scene?.appliance.dispose();
  });

  test("every command does what the file says: arguments, outputs, and who may", async () => {
    const theft = { tags: ["attack.credential-access", "attack.t1003.001"] };
    for (const host of ["WS-101", "WS-101", "DC-01"]) await scene.attack(["thief"], { ...theft, host });
    await scene.attack(["other"]);
    const url = scene.appliance.apiUrl;
    const it = new Xsoar(pack, { url, credentials: { identifier: "", password: scene.key } });
    const incidentOf = async (actor: string) =>
      scene.api(`/api/incidents/${(await scene.api(`/api/incidents?actor=${actor}`)).incidents[0].incident_id}`);
    const thief = await incidentOf("thief");
    const other = await incidentOf("other");
    const ana = { identifier: "ana", password: await scene.analyst("ana") };

    const values: Record<string, string> = {
      ...{ incident_id: thief.incident_id, case_id: thief.cases[0].case_id, limit: "7", note: "Seen", notes: "Why" },
      ...{ entity: "Primary Site", actor: "thief", primary_user: "thief", user: "thief", owner: "jane", min_risk: "1" },
      ...{ hash: thief.alerts_by_rule[0].example.alert_hash, rule: "Suspicious Logon", host: "WS-101" },
      ...{ until: "2099-01-01", reason: "Nightly job", status: "IN_PROGRESS" },
    };
    /** Lists are filtered by these alone: nothing has all of the others. */
    const filters = ["incident_id", "entity", "actor", "min_risk", "rule", "limit", "primary_user"];
    for (const { name, arguments: declared, outputs = [] } of commands) {
      const named = declared.map((argument) => argument.name);
      const given = Object.fromEntries(
        named.filter((one) => !name.endsWith("-list") || filters.includes(one)).map((one) => [one, values[one]]),
      );
      if (name === "rhythmx-exception-create") given.hash = undefined;
      if (name === "rhythmx-exception-proposal-list") given.incident_id = other.incident_id;
      const isForUsers = /^rhythmx-exception-(?:create|end)$/.test(name);
      if (isForUsers) expect((await it.run(name, given)).error).toContain("(403)");
      const answer = await it.run(name, given, isForUsers ? { params: { ...it.params, credentials: ana } } : {});
      expect([name, answer.error, named.filter((one) => !answer.asked.args.includes(one))]).toEqual([name, null, []]);
      const { prefix, outputs: rows, readable } = answer.results[0];
      expect(readable.split("\n").length).toBeGreaterThan(2);
      if (name === "rhythmx-exception-create") values.id = rows.id;
      if (name === "rhythmx-exception-list") continue;
      const missing = outputs.filter(({ contextPath }) => !hasPath(rows, contextPath.slice(prefix.length + 1)));
      expect([name, [rows].flat().length > 0, missing]).toEqual([name, true, []]);
    }
    expect((await it.run("rhythmx-exception-list")).results[0].outputs).toMatchObject([{ reason: "Nightly job" }]);
    expect((await it.run("rhythmx-incident-get", { incident_id: "../users" })).error).toContain("(404)");
    const gone = await it.run("get-remote-data", { id: "INC-00000000", lastUpdate: "" });
    expect([gone.error, gone.results]).toEqual([null, [{ object: { incident_id: "INC-00000000" }, entries: [] }]]);
    expect(await incidentOf("thief")).toMatchObject({ status: "IN_PROGRESS", assigned_analyst: "jane" });
    const raw = (await it.run("fetch-incidents")).incidents.map(({ rawJSON }: { rawJSON: string }) =>
      JSON.parse(rawJSON),
    );
    const known = yml.configuration.map(({ name }: { name: string }) => name);
    for (const command of ["test-module", "fetch-incidents", "get-modified-remote-data", "update-remote-system"])
      expect((await it.run(command)).asked.params.filter((one: string) => !known.includes(one))).toEqual([]);
    const mapped = Object.keys(
      packJson("Classifiers/classifier-mapper-outgoing-RhythmXEdge.json").mapping["RhythmX Incident"].internalMapping,
    );
    expect(Object.keys((await it.run("get-mapping-fields")).results[0]["RhythmX Incident"]).sort()).toEqual(
      mapped.sort(),
    );
    const incoming = packJson("Classifiers/classifier-mapper-incoming-RhythmXEdge.json").mapping["RhythmX Incident"]
      .internalMapping;
    const paths = Object.values<{ simple: string }>(incoming).map(({ simple }) => simple);
    expect([raw.length, paths.filter((path) => !hasPath(raw, path))]).toEqual([2, []]);
    // What the unit tests are made on is what the appliance answers.
    expect(Object.keys(packJson("Integrations/RhythmXEdge/test_data/incident.json")).sort()).toEqual(
      Object.keys(thief).sort(),
    );
  });

  test("names that others chose are text in the war room", async () => {
    const rule_title = "![x](https://evil.example/x.png) <b>[a](javascript:b)</b> __c__ C:\\[d]|`e`";
    await scene.attack(["painter"], { rule_title, rule_id: "8f2c0e5a-0000-4000-8000-0000000000aa" });
    const it = new Xsoar(pack, { url: scene.appliance.apiUrl, credentials: { identifier: "", password: scene.key } });
    const { outputs, readable } = (await it.run("rhythmx-alert-list", { rule: rule_title })).results[0];
    expect(outputs[0].rule_title).toBe(rule_title);
    expect(readable).toContain("\\!\\[x\\](https://evil.example/x.png) \\<b\\>\\[a\\](javascript:b)");
    expect(readable).toContain("\\_\\_c\\_\\_ C:\\\\\\[d\\]\\|");
  });

  test("its own unit tests pass", () => {
    const run =
      "import RhythmXEdge_test as t\nfor name in dir(t):\n    if name.startswith('test_'): getattr(t, name)(); print(name)";
    const path = [folder, standIns].join(delimiter);
    const { status, stdout, stderr } = spawnSync(python!, ["-B", "-c", run], {
      env: { PYTHONPATH: path },
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.trim().split("\n").length).toBeGreaterThan(6);
  });

  test("the pack as it is exported becomes the file that is uploaded, by the README's command", async () => {
    const home = mkdtempSync(join(tmpdir(), "rhythmx-xsoar-"));
    cpSync(join(xsoarPack, "../.."), home, { recursive: true });
    const readme = packs()
      .find(({ name }) => name === "xsoar")!
      .files.get("README.md")!;
    expect(new TextDecoder().decode(readme)).toContain("python3 make_zip.py\n");
    expect(spawnSync(python!, ["make_zip.py"], { cwd: home }).status).toBe(0);
    const read = `import io, json, sys, zipfile
inner = zipfile.ZipFile(io.BytesIO(zipfile.ZipFile("uploadable_packs.zip").read("RhythmXEdge.zip")))
json.dump({name: inner.read(name).decode() for name in inner.namelist()}, sys.stdout)`;
    const files = JSON.parse(spawnSync(python!, ["-c", read], { cwd: home, encoding: "utf8" }).stdout);
    rmSync(home, { recursive: true });
    // biome-ignore lint/suspicious/noExplicitAny: a file of the pack
    const unified: any = YAML.parse(files["Integrations/integration-RhythmXEdge.yml"]);
    const code = readFileSync(join(folder, "RhythmXEdge.py"), "utf8").split("\n").slice(2).join("\n");
    expect(unified.script.script.trim()).toBe(code.trim());
    const image = readFileSync(join(folder, "RhythmXEdge_image.png")).toString("base64");
    expect(unified).toMatchObject({
      ...yml,
      script: { ...yml.script, script: expect.any(String) },
      image: `data:image/png;base64,${image}`,
    });
    expect(JSON.parse(files["metadata.json"])).toMatchObject({ id: "RhythmXEdge", currentVersion: "1.0.0" });
    expect(Object.keys(files).filter((path) => path.startsWith("Playbooks/")).length).toBe(2);
  });
});

/** Whether the path is there, through lists and in at least one of their items; null counts, a missing key does not. */
function hasPath(value: unknown, path: string): boolean {
  if (path === "" || value === null) return true;
  if (Array.isArray(value)) return value.length === 0 || value.some((one) => hasPath(one, path));
  const [first = "", ...rest] = path.split(".");
  if (typeof value !== "object" || value === null || !(first in value)) return false;
  return hasPath((value as Record<string, unknown>)[first], rest.join("."));
}
