/** One row of a running appliance's database, read by a process of its own: two SQLites in one would take each other's locks away. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const code = `import { Database } from "bun:sqlite";
  const [path, sql, values] = process.argv.slice(1);
  console.log(JSON.stringify(new Database(path, { readonly: true }).query(sql).get(...JSON.parse(values))));`;

/** The first row of what `sql` gives. */
export function queryDatabase(
  { dataDir }: { dataDir: string },
  sql: string,
  values: readonly (string | number)[] = [],
): Record<string, string | number | null> {
  const path = join(dataDir, "rhythmx.db");
  const { stdout } = spawnSync(process.execPath, ["-e", code, path, sql, JSON.stringify(values)], { encoding: "utf8" });
  return JSON.parse(stdout);
}
