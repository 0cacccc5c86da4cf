/** The program of a version to come, whose schema is one step newer: made of the present one. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { program } from "../../harness/program.ts";

const lastStep = /\{ id: (\d+), name: "\d{4}_\w+", sql: \w+ \}(?=\s*\])/;
/** The table that the newer schema has. */
export const newTable = "of_the_next_version";

/** The path of its main.js. It lies beside the present one, where it finds the database driver. */
export function nextVersion(): string {
  const present = dirname(program);
  const folder = `${present}-next`;
  rmSync(folder, { recursive: true, force: true });
  cpSync(present, folder, { recursive: true });
  let changed = 0;
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".js"))) {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    const next = text.replaceAll(`${basename(present)}/`, `${basename(folder)}/`).replace(lastStep, (step, id) => {
      changed++;
      const sql = `create table ${newTable} (n integer primary key); insert into ${newTable} values (1)`;
      return `${step}, { id: ${Number(id) + 1}, name: "${String(Number(id) + 1).padStart(4, "0")}_next", sql: "${sql}" }`;
    });
    writeFileSync(path, next);
    // Made of the text before, with which the Worker does not start.
    rmSync(`${path}.jsc`, { force: true });
  }
  if (readdirSync(folder).some((name) => name.endsWith(".jsc")))
    throw new Error(`${folder} has bytecode of the present version`);
  if (changed !== 2) throw new Error(`the list of schema steps was found ${changed} times in ${present}, not twice`);
  return join(folder, "main.js");
}
