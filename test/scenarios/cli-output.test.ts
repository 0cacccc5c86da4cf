/** What becomes of a command when its output is not taken, and of its terminal. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { ApplianceProcess } from "../harness/process.ts";
import { program } from "../harness/program.ts";

let site: ApplianceProcess;
beforeAll(async () => {
  site = await ApplianceProcess.prepare();
});
afterAll(() => site.dispose());

/** A line of the shell; `$RHYTHMX` is the program. */
function shell(line: string): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", line], {
    env: { ...site.env, RHYTHMX: `${process.execPath} ${program}` },
    cwd: site.folder,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

test("a reader that has seen enough ends it quietly, as any other program", () => {
  // The fifo says when the pipe has no reader any more.
  const { stdout, stderr } = shell(
    'mkfifo gone; { { read -r _ < gone; $RHYTHMX check; echo "ended with $?" >&2; } | { exec 0<&-; echo > gone; }; } 2>&1',
  );
  expect({ stdout, stderr }).toEqual({ stdout: "ended with 141\n", stderr: "" });
});

test("a full disk under the output is a failure, and said", () => {
  expect(shell("$RHYTHMX version > /dev/full")).toEqual({
    code: 1,
    stdout: "",
    stderr: "rhythmx: the output cannot be written: its disk is full: make room and run the command again\n",
  });
});
