/** The packs `xsoar` and `splunk-soar`: their files against the keys that the platforms know, and against each other. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { YAML } from "bun";
import { fieldsOfMessage } from "../../core/feeds/fields.ts";
import { readConf } from "./conf-files.ts";
import { packJson, xsoarPack } from "./xsoar-server.ts";

// biome-ignore lint/suspicious/noExplicitAny: files of the pack
const packYaml = (path: string): any => YAML.parse(readFileSync(join(xsoarPack, path), "utf8"));
const yml = packYaml("Integrations/RhythmXEdge/RhythmXEdge.yml");
const words = (text: string) => text.trim().split(/\s+/);

/** Of each kind of file the keys that demisto-sdk's schemas know and the pack uses; * = has to be there. */
const keys = {
  integration:
    words(`category* sectionorder commonfields* name* display* description* configuration* script* defaultclassifier
    defaultmapperin defaultmapperout fromversion* tests*`),
  parameter: words(
    "name* display* displaypassword type* required* defaultvalue options additionalinfo section advanced",
  ),
  script: words(
    `commands* dockerimage* runonce isfetch* ismappable* isremotesyncin* isremotesyncout* script* type* subtype*`,
  ),
  command: words("name* description* arguments* outputs"),
  argument: words("name* description* required default isArray auto predefined defaultValue"),
  output: words("contextPath* description* type*"),
  field:
    words(`id* cliName* name* type* description version* fromVersion* associatedToAll associatedTypes systemAssociatedTypes content
    caseInsensitive closeForm editForm group* hidden isReadOnly locked neverSetAsRequired ownerOnly required system openEnded
    selectValues sla threshold unmapped unsearchable useAsKpi`),
  incidentType:
    words(`id* name* version* fromVersion* color* layout playbookId autorun closureScript preProcessingScript default disabled
    locked readonly system reputationCalc sortValues hours days weeks hoursR daysR weeksR`),
  classifier: words("id* name* type* description* version* fromVersion* defaultIncidentType keyTypeMap* transformer*"),
  mapper: words("id* name* type* description* version* fromVersion* defaultIncidentType mapping*"),
  layout: words("id* group* name* description version* fromVersion* detailsV2"),
  playbook: words("id* version* name* description* starttaskid* tasks* view* inputs* outputs* tests fromversion*"),
  task: words(`id* taskid* type* task* nexttasks scriptarguments conditions separatecontext continueonerror note ignoreworker
    skipunavailable quietmode view*`),
  taskOfTask: words("id* version* name* description* script scriptName type* iscommand* brand*"),
  input: words("key* value* required* description* playbookInputQuery"),
  app: words(`appid* name* description* type* product_vendor* product_name* product_version_regex* publisher* license* app_version*
    utctime_updated package_name* main_module* min_phantom_version* python_version* fips_compliant app_wizard_version logo* logo_dark*
    configuration* actions*`),
  action: words("action* identifier* description* verbose type* read_only* parameters* output* render versions*"),
  appParameter: words("description* data_type* required order* contains primary value_list default"),
  appOutput: words("data_path* data_type* contains example_values column_name column_order"),
  metadata:
    words(`name* description* support* currentVersion* author* url* email* created* categories* tags* useCases* keywords*
    marketplaces certification`),
} as const;

function check(kind: keyof typeof keys, where: string, value: object): void {
  const known = keys[kind].map((key) => key.replace("*", ""));
  const needed = keys[kind].filter((key) => key.endsWith("*")).map((key) => key.slice(0, -1));
  expect([where, Object.keys(value).filter((key) => !known.includes(key))]).toEqual([where, []]);
  expect([where, needed.filter((key) => !(key in value))]).toEqual([where, []]);
}

const fields = readdirSync(join(xsoarPack, "IncidentFields")).map((file) => packJson(`IncidentFields/${file}`));
const cliNames = new Set<string>(fields.map(({ cliName }) => cliName));
const playbooks = ["Playbooks", "TestPlaybooks"].flatMap((folder) =>
  readdirSync(join(xsoarPack, folder))
    .filter((file) => file.endsWith(".yml"))
    .map((file) => packYaml(`${folder}/${file}`)),
);
// biome-ignore lint/suspicious/noExplicitAny: files of the pack
type Any = any;

test("the integration has the keys, kinds and names that the platform knows", () => {
  check("integration", "yml", yml);
  check("script", "script", yml.script);
  expect(yml.commonfields).toEqual({ id: "RhythmXEdge", version: -1 });
  expect([yml.script.type, yml.script.subtype, yml.script.script]).toEqual(["python", "python3", "-"]);
  const types: Record<string, number> = {
    credentials: 9,
    insecure: 8,
    proxy: 8,
    isFetch: 8,
    incidentType: 13,
    mirror_direction: 15,
  };
  for (const parameter of yml.configuration) {
    check("parameter", parameter.name, parameter);
    if (parameter.name in types)
      expect([parameter.name, parameter.type]).toEqual([parameter.name, types[parameter.name]!]);
    expect(yml.sectionorder).toContain(parameter.section);
  }
  expect(yml.configuration.find(({ name }: Any) => name === "insecure").defaultvalue).toBe("false");
  const mirroring = ["get-mapping-fields", "get-remote-data", "get-modified-remote-data", "update-remote-system"];
  for (const command of yml.script.commands) {
    check("command", command.name, command);
    if (!mirroring.includes(command.name)) expect(command.name).toMatch(/^rhythmx-[a-z-]+$/);
    for (const argument of command.arguments) check("argument", `${command.name} ${argument.name}`, argument);
    for (const output of command.outputs ?? []) {
      check("output", output.contextPath, output);
      expect(["String", "Number", "Boolean", "Date", "Unknown"]).toContain(output.type);
    }
  }
  const examples = readFileSync(join(xsoarPack, "Integrations/RhythmXEdge/command_examples"), "utf8");
  const own = yml.script.commands.map(({ name }: Any) => name).filter((name: string) => name.startsWith("rhythmx-"));
  expect([...new Set(examples.match(/rhythmx-[a-z-]+/g))].sort()).toEqual([...own].sort());
  const readme = readFileSync(join(xsoarPack, "Integrations/RhythmXEdge/README.md"), "utf8");
  for (const name of own) expect(readme).toContain(`\n### ${name}\n`);
  const image = readFileSync(join(xsoarPack, "Integrations/RhythmXEdge/RhythmXEdge_image.png"));
  expect([image.subarray(1, 4).toString(), image.readUInt32BE(16), image.readUInt32BE(20)]).toEqual(["PNG", 120, 50]);
  expect(image.length).toBeLessThan(10_240);
});

test("fields, type, classifier, mappers and layout name each other", () => {
  check("metadata", "pack_metadata.json", packJson("pack_metadata.json"));
  const incidentType = packJson("IncidentTypes/incidenttype-RhythmX_Incident.json");
  check("incidentType", incidentType.id, incidentType);
  for (const field of fields) {
    check("field", field.id, field);
    expect(field.id).toBe(`incident_${field.cliName}`);
    expect(field.associatedTypes).toEqual([incidentType.id]);
    expect(field.cliName).toBe(field.name.replaceAll(" ", "").toLowerCase());
    expect(words("shortText longText singleSelect number date url tagsSelect boolean")).toContain(field.type);
  }
  const classifier = packJson("Classifiers/classifier-RhythmXEdge.json");
  check("classifier", classifier.id, classifier);
  const [incoming, outgoing] = ["incoming", "outgoing"].map((way) =>
    packJson(`Classifiers/classifier-mapper-${way}-RhythmXEdge.json`),
  );
  for (const mapper of [incoming, outgoing]) check("mapper", mapper.id, mapper);
  expect([yml.defaultclassifier, yml.defaultmapperin, yml.defaultmapperout]).toEqual([
    classifier.id,
    incoming.id,
    outgoing.id,
  ]);
  const names = Object.keys(incoming.mapping[incidentType.id].internalMapping);
  const ofPlatform = words(
    "dbotMirrorDirection dbotMirrorId dbotMirrorInstance dbotMirrorTags details occurred severity",
  );
  expect(names.filter((name) => !ofPlatform.includes(name)).sort()).toEqual(fields.map(({ name }) => name).sort());
  const layout = packJson("Layouts/layoutscontainer-RhythmX_Incident.json");
  check("layout", layout.id, layout);
  expect(incidentType.layout).toBe(layout.id);
  const shown = layout.detailsV2.tabs.flatMap(({ sections = [] }: Any) =>
    sections.flatMap(({ items = [] }: Any) => items),
  );
  expect(shown.map(({ fieldId }: Any) => fieldId).sort()).toEqual([...cliNames].sort());
});

describe.each(playbooks.map((book): [string, Any] => [book.id, book]))("playbook %s", (_, book) => {
  const tasks = Object.values<Any>(book.tasks);

  test("has the platform's keys, and every task is reached and leads to one that is there", () => {
    check("playbook", book.id, book);
    const reached = new Set<string>();
    const reach = (id: string) => {
      if (reached.has(id)) return;
      reached.add(id);
      for (const next of Object.values<string[]>(book.tasks[id].nexttasks ?? {}).flat()) reach(next);
    };
    reach(book.starttaskid);
    expect([...reached].sort()).toEqual(Object.keys(book.tasks).sort());
    expect(new Set(tasks.map(({ taskid }) => taskid)).size).toBe(tasks.length);
    for (const task of tasks) {
      check("task", task.task.name, task);
      check("taskOfTask", task.task.name, task.task);
      expect([task.taskid, JSON.parse(task.view).position.x]).toEqual([task.task.id, 265]);
      const labels = (task.conditions ?? []).map(({ label }: Any) => label);
      if (task.type === "condition") expect(Object.keys(task.nexttasks)).toEqual(expect.arrayContaining(labels));
    }
  });

  test("runs commands that are there with arguments that they have, on inputs that it names", () => {
    const inputs = book.inputs.map((input: Any) => input.key);
    for (const input of book.inputs) check("input", input.key, input);
    const builtIn: Record<string, readonly string[]> = {
      closeInvestigation: ["closeReason", "closeNotes"],
      setIncident: ["severity", "type", ...cliNames],
    };
    for (const { task, scriptarguments = {} } of tasks.filter((one) => one.task.iscommand)) {
      const [brand, command] = task.script.split("|||");
      const known =
        brand === "Builtin"
          ? builtIn[command]
          : yml.script.commands.find(({ name }: Any) => name === command)?.arguments.map(({ name }: Any) => name);
      expect([command, Object.keys(scriptarguments).filter((name) => !known?.includes(name))]).toEqual([command, []]);
    }
    const used = [...JSON.stringify(book.tasks).matchAll(/inputs\.(\w+)/g)].map(([, name]) => name!);
    expect(used.filter((name) => !inputs.includes(name))).toEqual([]);
    expect(inputs.filter((name: string) => !used.includes(name))).toEqual([]);
  });
});

test("the playbook without a connector takes the columns of the SIEM's rule", () => {
  const searches = readConf(
    readFileSync(join(xsoarPack, "../../../splunk/TA-rhythmx/default/savedsearches.conf"), "utf8"),
  );
  const search = searches.get("RhythmX - Incident with risk of 70 or more")?.get("search") ?? "";
  const columns = words(/\| table (.+)$/.exec(search)?.[1] ?? "");
  const inputs = playbooks
    .find(({ id }) => id === "RhythmX - Incident from the SIEM")
    .inputs.map(({ key }: Any) => key);
  expect(columns.length).toBeGreaterThan(8);
  expect(inputs.filter((name: string) => !columns.includes(name))).toEqual([]);
  const rule = readFileSync(join(xsoarPack, "../../../qradar/aql/playbook-rule.txt"), "utf8");
  const handedOn = /^Inputs of the playbook, .+?: (.+)\.$/m.exec(rule)?.[1]?.split(", ");
  const ofIncidents = new Map(fieldsOfMessage("incident").map(({ name, qradar }) => [name, qradar]));
  expect(handedOn?.sort()).toEqual(inputs.map((name: string) => ofIncidents.get(name)).sort());
  const soar = readFileSync(join(xsoarPack, "../../../splunk-soar/README.md"), "utf8");
  const named = /playbook's inputs[\s\S]+?\n\n/.exec(soar)?.[0].match(/`(\w+)`/g) ?? [];
  expect(named.map((name) => name.slice(1, -1)).sort()).toEqual(inputs.sort());
});

test("the app for Splunk SOAR has the platform's keys, names what its code has, and every field of an incident", () => {
  const folder = join(import.meta.dirname, "../../appliance/packs/splunk-soar/rhythmxedge");
  const text = (file: string) => readFileSync(join(folder, file), "utf8");
  const app = JSON.parse(text("rhythmxedge.json"));
  check("app", "rhythmxedge.json", app);
  expect(readdirSync(folder).sort()).toEqual(
    words(`LICENSE NOTICE __init__.py readme.html rhythmxedge.json rhythmxedge.svg rhythmxedge_connector.py rhythmxedge_consts.py
      rhythmxedge_dark.svg`),
  );
  expect([app.main_module, app.logo, app.logo_dark].filter((file) => !readdirSync(folder).includes(file))).toEqual([]);
  expect(app.appid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect([app.python_version, app.configuration.verify_server_cert.default]).toEqual(["3", true]);
  const code = text("rhythmxedge_connector.py");
  for (const [name, parameter] of Object.entries<Any>(app.configuration)) {
    check("appParameter", name, parameter);
    expect(code).toMatch(new RegExp(`config(?:\\(\\))?(?:\\.get\\(|\\[)"${name}"`));
  }
  const handlers = [...code.matchAll(/def _handle_(\w+)/g)].map(([, name]) => name);
  expect(app.actions.map(({ identifier }: Any) => identifier).sort()).toEqual(handlers.sort());
  for (const action of app.actions) {
    check("action", action.action, action);
    expect([action.identifier, action.versions]).toEqual([action.action.replaceAll(" ", "_"), "EQ(*)"]);
    expect(words("test ingest investigate generic")).toContain(action.type);
    for (const [name, parameter] of Object.entries<Any>(action.parameters)) check("appParameter", name, parameter);
    for (const output of action.output) check("appOutput", output.data_path, output);
    const parameters = action.output.flatMap(
      ({ data_path }: Any) => /^action_result\.parameter\.(\w+)$/.exec(data_path)?.[1] ?? [],
    );
    if (action.output.length > 0) expect(parameters).toEqual(Object.keys(action.parameters));
  }
  const listed = new Map(
    [...text("rhythmxedge_consts.py").matchAll(/^ {4}\("(\w+)", "([\w.[\]]+)"\),$/gm)].map(([, name, path]) => [
      name,
      path,
    ]),
  );
  for (const { name, json } of fieldsOfMessage("incident"))
    if (json !== null && !/^(?:event|changed_|related_cases_total|truncated)/.test(name))
      expect([name, listed.get(name)]).toEqual([name, json]);
});
