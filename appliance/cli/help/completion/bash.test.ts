/** The script in a real bash, with the words as readline breaks them. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands } from "../../commands.ts";
import { completionScript } from "./script.ts";

const bash = "/bin/bash";
const hasBash = spawnSync(bash, ["-c", "true"]).status === 0;

/** What bash would offer for each line. `rhythmx completion --values` answers with two names. */
function completions(lines: readonly string[]): string[][] {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-completion-"));
  try {
    writeFileSync(join(folder, "script"), completionScript("bash", commands));
    writeFileSync(join(folder, "alerts.jsonl"), "");
    const cases = lines.map((line) => {
      const words = line
        .split(" ")
        .flatMap((word) => (word === "" ? [""] : word.split(/([:=])/).filter((one) => one !== "")));
      return `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; COMPREPLY=(); _rhythmx; printf '%s\\t' "\${COMPREPLY[@]}"; echo`;
    });
    const driver = [
      "source ./script",
      'rhythmx() { [ "$*" = "completion --values destination" ] && printf "alerts/siem\\nalerts/siem two\\n"; }',
      ...cases,
    ];
    const { stdout, stderr } = spawnSync(bash, ["--norc", "-c", driver.join("\n")], { cwd: folder, encoding: "utf8" });
    expect(stderr).toBe("");
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t").filter((word) => word !== ""));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.skipIf(!hasBash)("commands, actions, options, values, names and files", () => {
  const expected: [string, string[]][] = [
    ["rhythmx de", ["demo", "deliveries", "destinations"]],
    ["rhythmx nonsense ", []],
    ["rhythmx --", ["--help", "--version", "--color"]],
    ["rhythmx user ", ["add", "list", "password", "disable", "enable", "reset-totp"]],
    ["rhythmx user l", ["list"]],
    ["rhythmx user add jane --r", ["--role"]],
    ["rhythmx user add jane --role ", ["viewer", "analyst", "soar", "admin"]],
    ["rhythmx user add jane --role=a", ["analyst", "admin"]],
    ["rhythmx --color never user l", ["list"]],
    ["rhythmx user list --color ", ["auto", "always", "never"]],
    ["rhythmx destinations --j", ["--json"]],
    ["rhythmx destinations skip ", ["alerts/siem", "alerts/siem\\ two"]],
    ["rhythmx destinations skip siem --t", ["--to"]],
    ["rhythmx replay --from 2026-03-01 alerts/siem\\", []],
    ["rhythmx replay ", ["alerts/siem", "alerts/siem\\ two"]],
    ["rhythmx key create k --scope feed:", ["read"]],
    ["rhythmx key create k --scope ingest,inc", ["ingest,incident:write"]],
    ["rhythmx import --format ha", ["hayabusa"]],
    ["rhythmx import ./al", ["./alerts.jsonl"]],
    ["rhythmx import x --format auto ./al", ["./alerts.jsonl"]],
    ["rhythmx completion ", ["bash", "zsh", "fish"]],
    ["rhythmx help us", ["user"]],
  ];
  expect(completions(expected.map(([line]) => line)).map((words, index) => [expected[index]?.[0], words])).toEqual(
    expected,
  );
});
