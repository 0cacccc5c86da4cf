/** kill -9 during an upgrade. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { schemaVersion } from "../../store/database/migrate.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { program } from "../harness/program.ts";
import { countsIn, isWhole, schemaIn } from "./database-files.ts";
import type { Dice } from "./dice.ts";

/** Notes a violation unless it holds. */
export type Expect = (holds: boolean, violation: string) => boolean;

const databases = join(import.meta.dirname, "../data/databases");

/** Until the condition holds or the process has ended. */
export async function untilOrEnd(child: ChildProcess, condition: () => boolean): Promise<void> {
  while (!condition() && child.exitCode === null && child.signalCode === null)
    await new Promise((resolve) => setImmediate(resolve));
}

/** A database of an earlier schema, in a folder of its own: killed on the way up, it comes up whole, and goes back. Returns the number of kills. */
export async function killDuringUpgrade(dice: Dice, expect: Expect): Promise<number> {
  const schema = dice.int(1, schemaVersion - 1);
  const source = join(databases, `schema-${schema}.db.gz`);
  if (!existsSync(source)) return 0;
  const other = await ApplianceProcess.prepare({ config: {} });
  try {
    const path = join(other.folder, "data", "rhythmx.db");
    mkdirSync(join(other.folder, "data"), { mode: 0o700 });
    writeFileSync(path, gunzipSync(readFileSync(source)), { mode: 0o600 });
    const before = countsIn(path);
    const killed = dice.int(1, 2);
    for (let n = 0; n < killed; n++) {
      const child = spawn(process.execPath, [program, "serve"], {
        env: other.env,
        cwd: other.folder,
        stdio: "ignore",
      });
      if (dice.chance(0.3)) await untilOrEnd(child, () => existsSync(`${path}.schema-${schema}`));
      else await sleep(dice.int(150, 900));
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      expect(isWhole(path), `killed on the way from schema ${schema}: the database is damaged`);
    }
    await other.start();
    await other.terminate();
    const after = countsIn(path);
    // A start tells of alerts that are due for their HOURLY.
    for (const [table, n] of Object.entries(before))
      expect(
        table === "event_log" ? (after[table] ?? 0) >= n : after[table] === n,
        `schema ${schema}: ${table} has ${after[table]} rows, it had ${n}`,
      );
    expect(isWhole(path) && schemaIn(path) === schemaVersion, `schema ${schema}: not upgraded`);
    // And back, by the copy that was made before.
    const back = other.run(["restore", `${path}.schema-${schema}`, "--yes"]);
    expect(back.code === 0, `schema ${schema}: no way back: ${back.stderr.trim()}`);
    expect(schemaIn(path) === schema && isWhole(path), `schema ${schema}: the way back leads to ${schemaIn(path)}`);
    const again = countsIn(path);
    for (const [table, n] of Object.entries(before))
      expect(again[table] === n, `back at schema ${schema}: ${table} has ${again[table]} rows, it had ${n}`);
    return killed;
  } finally {
    await other.dispose();
  }
}
