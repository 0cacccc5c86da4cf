/** The compiled program, as the tests of the second tier start it: built once for the sources as they are. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { program } from "./program.ts";

const file = join(dirname(program), "rhythmx");

/** Its path; builds it if there is none yet. */
export function binary(): string {
  if (existsSync(file)) return file;
  const folder = mkdtempSync(join(dirname(program), "binary-"));
  const made = join(folder, "rhythmx");
  const build = `
    const { buildBinary } = await import(${JSON.stringify(join(import.meta.dirname, "../../appliance/packaging/binary.ts"))});
    await buildBinary("linux-" + process.arch, ${JSON.stringify(made)}, { commit: "test", time: 0 });`;
  const { status, stderr } = spawnSync(process.execPath, ["-e", build], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the binary was not built: ${stderr}`);
  // Of two that build at the same time either is right.
  renameSync(made, file);
  rmSync(folder, { recursive: true });
  return file;
}
