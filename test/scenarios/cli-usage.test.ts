/** Every command says how it is used, and what was wrong with a use, on one line. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../appliance/cli/program.ts";
import manifest from "../../package.json" with { type: "json" };
import { ApplianceProcess } from "../harness/process.ts";

let site: ApplianceProcess;
beforeAll(async () => {
  site = await ApplianceProcess.prepare();
});
afterAll(() => site.dispose());

/** In this process: a start of the program for each would take ten seconds. */
async function run(args: string[], more: { env?: Record<string, string>; onTerminal?: boolean } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    stdin: process.stdin,
    interactive: more.onTerminal ?? false,
    columns: more.onTerminal ? 80 : null,
  };
  const code = await runProgram({ args, env: { ...site.env, ...more.env }, fromCheckout: true, terminal });
  return { code, stdout: out.join(""), stderr: err.join("") };
}

const commands = [
  ...["serve", "demo", "check", "import", "user", "deliveries", "key", "replay", "destinations", "reload", "secrets"],
  ...["doctor", "completion", "generate", "packs", "version"],
];

test.each(commands)("%s --help", async (command) => {
  const { code, stdout, stderr } = await run([command, "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toStartWith(`Usage: rhythmx ${command}`);
});

test("--help lists every command; without a command the list is an error", () => {
  const { code, stdout, stderr } = site.run(["--help"]);
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} +\\w`, "m"));
  expect(site.run([])).toEqual({ code: 2, stdout: "", stderr: stdout });
});

test("version names version, commit, runtime and target", () => {
  for (const args of [["version"], ["--version"]]) {
    const { code, stdout, stderr } = site.run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^rhythmx \d+\.\d+\.\d+\ncommit {2}\w+\nruntime bun \d\S+\ntarget {2}linux-(x64|arm64)\n$/);
    expect(stdout).toStartWith(`rhythmx ${manifest.version}\n`);
  }
});

describe("bad usage is exit code 2 and one line", () => {
  const cases: [string[], string][] = [
    [["frobnicate"], 'unknown command "frobnicate"'],
    [["chek"], 'unknown command "chek"; did you mean "check"? `rhythmx --help` shows how'],
    [["--verson"], 'unknown option "--verson"; did you mean "--version"?'],
    [["help", "chek"], 'unknown command "chek"; did you mean "check"?'],
    [["help", "user", "ad"], 'unknown action "ad"; did you mean "add"?'],
    [["help", "user", "add", "x"], 'unexpected "x" after ACTION'],
    [["chek", "--help"], 'unknown command "chek"; did you mean "check"?'],
    [["--color", "blue", "check"], '--color "blue": auto, always or never'],
    [["check", "--test-mesage"], 'unknown option "--test-mesage"; did you mean "--test-message"?'],
    [["completion"], "SHELL is missing"],
    [["completion", "csh"], 'SHELL "csh": bash, zsh, fish'],
    [["generate"], "DIR is missing"],
    [["reload", "now"], 'unexpected "now"'],
    [["destinations", "drop"], 'unknown action "drop"'],
    [["destinations", "skip"], "DESTINATION is missing"],
    [["destinations", "skip", "siem", "--to", "soon"], '--to "soon": accepted: ISO 8601'],
    [["destinations", "forget"], "DESTINATION is missing"],
    [["destinations", "--jsn"], "--jsn"],
    [["deliveries", "list", "all"], 'unexpected "all"'],
    [["deliveries", "retry"], "one of ID, --cause CAUSE, --all is to be given"],
    [["deliveries", "discard", "x"], "--reason TEXT is missing"],
    [["user"], "add, list"],
    [["user", "lst"], 'unknown action "lst"; did you mean "list"?'],
    [["user", "constructor"], 'unknown action "constructor"'],
    [["destinations", "__proto__"], 'unknown action "__proto__"'],
    [["user", "add"], "NAME is missing"],
    [["user", "add", "a"], "--role ROLE is missing"],
    [["user", "list", "all"], 'unexpected "all"'],
    [["secrets"], "rotate is missing"],
    [["secrets", "rotate", "x"], 'unexpected "x"'],
    [["serve", "now"], 'unexpected "now"'],
    [["serve", "--port", "1"], "--port"],
    [["demo", "extra"], 'unexpected "extra"'],
    [["check", "extra"], 'unexpected "extra"'],
    [["doctor", "--deep"], "--deep"],
    [["version", "extra"], 'unexpected "extra"'],
    [["key"], "create, list or revoke is missing; `rhythmx key --help`"],
    [["key", "make"], 'unknown action "make"'],
    [["key", "create"], "NAME is missing"],
    [["key", "create", "a"], "--scope S[,S…] is missing"],
    [["key", "create", "a", "--scope"], "--scope"],
    [
      ["key", "create", "a", "--scope", "ingest,root"],
      'unknown scope "root"; known: feed:read, incident:write, ingest',
    ],
    [["key", "create", "a", "b", "--scope", "ingest"], 'unexpected "b" after NAME'],
    [["key", "create", "a", "--scope", "ingest", "--expires", "-1"], '--expires "-1": a number of days above 0'],
    [["key", "create", "a", "--scope", "ingest", "--expires", "soon"], '--expires "soon": a number of days above 0'],
    [["key", "create", " ", "--scope", "ingest"], "NAME: 1 to 100 characters"],
    [["key", "list", "all"], 'unexpected "all"'],
    [["key", "revoke"], "ID is missing"],
    [["import"], "FILE is missing"],
    [["import", "--fast", "x"], "--fast"],
    [["import", "x", "--format", "logrhythm"], '--format "logrhythm": known for detections are'],
    [["import", "x", "--format", "sys\nlog"], '--format "sys\\nlog"'],
    [["replay"], "DESTINATION is missing"],
    [["replay", "siem"], "--from TIME is missing"],
    [["replay", "siem", "--from", "yesterday"], '--from "yesterday": accepted: ISO 8601'],
    [["replay", "siem", "--from", "2026-02-30T00:00:00Z"], "--from"],
    [["replay", "siem", "--from", "-5"], '--from "-5": accepted: ISO 8601'],
    [["replay", "siem", "--from", "2026-03-01T00:00:00Z", "--to", "2026-03-01T00:00:00Z"], "--to: a time after"],
  ];
  test.each(cases)("%j", async (args, complaint) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^rhythmx[^\n]+\n$/);
    expect(stderr).toContain(complaint);
    expect(stderr).toContain("--help`");
  });
});

test("`help COMMAND ACTION` is the help of that command, of that action", async () => {
  expect(await run(["help", "replay"])).toEqual(await run(["replay", "--help"]));
  const add = await run(["help", "user", "add"]);
  expect(add.stdout).toStartWith("Usage: rhythmx user add NAME --role ROLE");
  expect(await run(["user", "add", "--help"])).toEqual(add);
  expect(await run(["user", "add", "-h", "jane"])).toEqual(add);
  expect((await run(["help", "user"])).stdout).toContain("\nActions:\n  add ");
  expect((await run(["help"])).stdout).toEqual((await run(["--help"])).stdout);
});

describe("colours", () => {
  const coloured = ({ stdout, stderr }: { stdout: string; stderr: string }) => (stdout + stderr).includes("\x1b[");
  test.each([
    ["on a terminal", { onTerminal: true }, [], true],
    ["not in a pipe or file", {}, [], false],
    ["not with NO_COLOR", { onTerminal: true, env: { NO_COLOR: "1" } }, [], false],
    ["not on a dumb terminal", { onTerminal: true, env: { TERM: "dumb" } }, [], false],
    ["not with --color never", { onTerminal: true }, ["--color", "never"], false],
    ["in a pipe with --color always", { env: { NO_COLOR: "1" } }, ["--color=always"], true],
  ])("%s", async (_, how, option, expected) => {
    expect(coloured(await run(["help", "replay", ...option], how))).toBe(expected);
    expect(coloured(await run([...option, "replay"], how))).toBe(expected);
  });
});

test("commands that change what there is make no database where there is none", async () => {
  const site = await ApplianceProcess.prepare();
  for (const args of [
    ["user", "disable", "jane"],
    ["key", "revoke", "key-00000000"],
    ["destinations", "skip", "siem", "--yes"],
    ["destinations", "forget", "siem", "--yes"],
    ["deliveries", "candidates", "dlv-1"],
    ["deliveries", "identify", "dlv-1", "SEC-1"],
    ["replay", "siem", "--from", "2026-03-01", "--yes"],
    ["secrets", "rotate"],
  ]) {
    const { code, stderr } = site.run(args);
    expect({ args, code }).toEqual({ args, code: 1 });
    expect(stderr).toMatch(/^rhythmx \w+: there is no database in [^\n]+\n$/);
  }
  expect(existsSync(join(site.folder, "data"))).toBe(false);
  await site.dispose();
});

test("commands that only look make no data folder", async () => {
  const site = await ApplianceProcess.prepare();
  const doctor = site.run(["doctor"]);
  expect(doctor).toMatchObject({ code: 1, stdout: "" });
  expect(doctor.stderr).toMatch(/^rhythmx doctor: there is no database in [^\n]+\n$/);
  expect(site.run(["check"]).code).toBe(0);
  for (const looking of [["user", "list"], ["key", "list"], ["deliveries"], ["destinations", "--json"]]) {
    const { code, stdout, stderr } = site.run(looking);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("there is no database in ");
  }
  expect(existsSync(join(site.folder, "data"))).toBe(false);
  await site.dispose();
});
