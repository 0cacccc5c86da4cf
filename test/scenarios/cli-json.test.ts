/** What `--json` prints has the members that docs/cli.md promises, and is ASCII. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonShapes } from "../../appliance/cli/help/json-shapes.ts";
import { runProgram } from "../../appliance/cli/program.ts";
import { detection } from "../harness/appliance.ts";
import { ApplianceProcess } from "../harness/process.ts";

let site: ApplianceProcess;
beforeAll(async () => {
  const syslog = { name: "siem", host: "127.0.0.1", port: 1 };
  site = await ApplianceProcess.prepare({ config: { syslog } });
  writeFileSync(join(site.folder, "alerts"), JSON.stringify(detection({ rule_title: "Ünïcode rule" })));
  await run(["import", join(site.folder, "alerts")]);
  await run(["key", "create", "engine", "--scope", "ingest"]);
});
afterAll(() => site.dispose());

/** In this process, without a service. */
async function run(args: string[]): Promise<{ code: number; out: string }> {
  const out: string[] = [];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: () => {},
    stdin: process.stdin,
    interactive: false,
    columns: null,
  };
  const code = await runProgram({ args, env: site.env, fromCheckout: true, terminal });
  return { code, out: out.join("") };
}

/** What makes each print at least one row; the others need a service, root or a ticket system, and have tests of their own. */
const lines: [string, string[], number][] = [
  ["import", ["import", "FOLDER/alerts"], 0],
  ["check", ["check"], 1],
  ["version", ["version"], 0],
  ["exceptions add", ["exceptions", "add", "--rule", "x", "--reason", "Gründe"], 0],
  ["exceptions list", ["exceptions"], 0],
  ["exceptions try", ["exceptions", "try", "--rule", "x"], 0],
  ["key list", ["key", "list"], 0],
  ["destinations list", ["destinations"], 0],
  ["replay", ["replay", "siem", "--from", "2026-01-01", "--dry-run"], 0],
  ["packs list", ["packs"], 0],
  ["backup", ["backup", "FOLDER/backup.tar.gz"], 0],
  ["doctor", ["doctor"], 0],
  ["user list", ["user", "list"], 0],
  ["deliveries list", ["deliveries", "list"], 0],
  ["exceptions proposals", ["exceptions", "proposals"], 0],
];

test.each(lines)("%s", async (name, words, expected) => {
  const args = words.map((word) => word.replace("FOLDER", site.folder));
  const { code, out } = await run([...args, "--json"]);
  expect(code).toBe(expected);
  expect(out).toMatch(/^[\x20-\x7e\n]+$/);
  const shape = jsonShapes[name];
  const said = JSON.parse(out);
  expect(Array.isArray(said)).toBe(shape?.list ?? false);
  const [row] = Array.isArray(said) ? said : [said];
  // An empty list shows no members.
  if (row !== undefined) expect(Object.keys(row)).toEqual(expect.arrayContaining([...(shape?.members ?? [])]));
  else expect(["user list", "deliveries list", "exceptions proposals"]).toContain(name);
});
