/** The page for Tines, Shuffle and n8n: every call on it, as it is copied, against a running appliance. The platforms themselves cannot be had. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { detection, TestAppliance } from "../harness/appliance.ts";

const page = readFileSync(join(import.meta.dirname, "../../appliance/packs/automation/README.md"), "utf8");
const example = "https://edge.example:8443";

interface Call {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}
interface Values {
  key: string;
  cursor: string;
  id: string;
}
/** A block of the page as the platform sends it. */
type Reading = (block: string, values: Values) => Call;

/** Every placeholder has to be one of these; another one fails. */
function filled(text: string, pattern: RegExp, values: Record<string, string>): string {
  return text.replace(pattern, (placeholder, name: string) => {
    const value = values[name.trim()];
    if (value === undefined) throw new Error(`what is ${placeholder}?`);
    return value;
  });
}

/** As a shell takes it: words, quotes of both kinds, variables outside of single ones. */
const curl: Reading = (block, { key, cursor, id }) => {
  const variables = { BASE: example, KEY: key, CURSOR: cursor, ID: id };
  const words = [...block.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) =>
    single === undefined ? filled(double ?? bare ?? "", /\$([A-Z]+)/g, variables) : single,
  );
  expect(words.shift()).toBe("curl");
  const call: Call = { method: "GET", url: "", headers: {} };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "-X") call.method = words.shift() ?? "";
    else if (word === "-d") call.body = words.shift() ?? "";
    else if (word === "-H") {
      const [name = "", value = ""] = (words.shift() ?? "").split(": ");
      call.headers[name] = value;
    } else call.url = word;
  }
  return call;
};

const tines: Reading = (block, { key, cursor, id }) => {
  const values = {
    "CREDENTIAL.rhythmx_edge": key,
    "RESOURCE.rhythmx_cursor": cursor,
    "each_incident.incident.incident_id": id,
  };
  const { url, method, headers, payload, content_type, ...rest } = JSON.parse(filled(block, /<<([^>]+)>>/g, values));
  expect(rest).toEqual({});
  const type = content_type === undefined ? {} : { "Content-Type": content_type };
  return {
    method: method.toUpperCase(),
    url,
    headers: { ...headers, ...type },
    ...(payload && { body: JSON.stringify(payload) }),
  };
};

const shuffle: Reading = (block, { key, cursor, id }) => {
  const values = { rhythmx_key: key, "get_cursor.value": cursor, "new_incidents.body.data.#.incident_id": id };
  const lines = block.split("\n").map((line) => /^(\w+): (.+)$/.exec(line)!);
  const of = (name: string) =>
    lines.filter((line) => line[1] === name).map((line) => filled(line[2]!, /\$([\w.#]*\w)/g, values));
  const body = of("body")[0];
  return {
    ...{ method: of("action")[0]!, url: of("url")[0]! },
    headers: Object.fromEntries(of("headers").map((header) => header.split(": "))),
    ...(body === undefined ? {} : { body }),
  };
};

/** Static data of the workflow, and the code of its nodes run as n8n runs it. */
const staticData: { cursor?: string } = {};
// biome-ignore lint/suspicious/noExplicitAny: what n8n gives to code
function runCode(jsCode: string, json: unknown): { json: any }[] {
  const run = new Function("$getWorkflowStaticData", "$input", "$", jsCode);
  const input = { first: () => ({ json }) };
  return run(
    () => staticData,
    input,
    (node: string) => (node === "New incidents" ? input : null),
  );
}
interface Nodes {
  // biome-ignore lint/suspicious/noExplicitAny: parameters of any node
  nodes: { name: string; type: string; parameters: any }[];
}

/** The code at the end of a block. */
const runLast = (block: string, json: unknown) =>
  runCode((JSON.parse(block) as Nodes).nodes.at(-1)!.parameters.jsCode, json);

const n8n: Reading = (block, { key, id }) => {
  const { nodes } = JSON.parse(block) as Nodes;
  const before = nodes.find(({ name }) => name === "Cursor");
  const json = { incident_id: id, ...(before === undefined ? {} : runCode(before.parameters.jsCode, {})[0]!.json) };
  const expression = (text: string) =>
    text.startsWith("=") ? filled(text.slice(1), /\{\{ \$json\.(\w+) \}\}/g, json) : text;
  const { parameters } = nodes.find(({ type }) => type === "n8n-nodes-base.httpRequest")!;
  expect([parameters.authentication, parameters.genericAuthType]).toEqual(["genericCredentialType", "httpHeaderAuth"]);
  const url = new URL(expression(parameters.url));
  for (const { name, value } of parameters.queryParameters?.parameters ?? [])
    url.searchParams.append(name, expression(value));
  return {
    ...{ method: parameters.method, url: url.href, headers: { "X-API-Key": key, "Content-Type": "application/json" } },
    ...(parameters.sendBody ? { body: expression(parameters.jsonBody) } : {}),
  };
};

const blocksOf = (heading: string) =>
  [
    ...page
      .split(`## ${heading}\n`)[1]!
      .split("\n## ")[0]!
      .matchAll(/^( *)```\w*\n([\s\S]*?)\n *```$/gm),
  ].map(([, indent = "", text = ""]) => text.replaceAll(new RegExp(`^${indent}`, "gm"), ""));

let appliance: TestAppliance;
let key: string;
beforeAll(async () => {
  appliance = await TestAppliance.start();
  ({ key } = await appliance.makeKey(["feed:read", "incident:write"]));
});
afterAll(() => appliance.dispose());

// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
async function send({ url, ...call }: Call): Promise<any> {
  expect(url.startsWith(`${example}/`)).toBe(true);
  const response = await fetch(url.replace(example, appliance.appliance.apiUrl), call);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

describe.each<[heading: string, read: Reading]>([
  ["The calls", curl],
  ["Tines", tines],
  ["Shuffle", shuffle],
  ["n8n", n8n],
])("%s", (heading, read) => {
  test("three calls, as they are copied: each incident once, its detail, its result back", async () => {
    const blocks = blocksOf(heading);
    expect(blocks.length).toBe(3);
    const [list = "", detail = "", close = ""] = blocks;
    let cursor = "";
    const fresh = async () => {
      const answer = await send(read(list, { key, cursor, id: "" }));
      cursor = answer.next_cursor;
      const rows = heading === "n8n" ? runLast(list, answer).map(({ json }) => json) : answer.data;
      if (heading === "n8n") expect(runLast(close, answer)).toEqual([]);
      return rows.map(({ group_key }: { group_key: string }) => group_key);
    };
    await appliance.ingest([detection({ user: `${heading}-1`.replace(" ", ""), level: "critical" })]);
    expect(await fresh()).toContain(`${heading}-1`.replace(" ", "").toLowerCase());
    expect(await fresh()).toEqual([]);
    const name = `${heading}-2`.replace(" ", "").toLowerCase();
    await appliance.ingest([detection({ user: name, level: "critical" })]);
    expect(await fresh()).toEqual([name]);
    const found = await send({
      method: "GET",
      url: `${example}/api/incidents?actor=${name}`,
      headers: { "X-API-Key": key },
    });
    const id = found.incidents[0].incident_id;
    expect((await send(read(detail, { key, cursor, id }))).alerts_by_rule.length).toBe(1);
    await send(read(close, { key, cursor, id }));
    const closed = await send(read(detail, { key, cursor, id }));
    expect([closed.status, closed.resolution_notes]).toEqual([
      "CLOSED",
      expect.stringContaining("Resolved by a playbook"),
    ]);
  });
});
