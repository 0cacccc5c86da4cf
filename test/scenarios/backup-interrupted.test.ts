/** Ctrl-C in the middle of a backup, its check and a restore: nothing is half done or left behind, and the next run works. */
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { command } from "../harness/command.ts";

/** Presses Ctrl-C as soon as a file of this name is in the folder. */
async function interruptedAt(folder: string, name: RegExp, running: Promise<{ code: number; err: string }>) {
  let isOver = false;
  running.finally(() => {
    isOver = true;
  });
  while (!isOver && !readdirSync(folder).some((one) => name.test(one))) await setImmediate();
  expect([isOver, process.listenerCount("SIGINT")]).toEqual([false, 1]);
  process.emit("SIGINT", "SIGINT");
  const { code, err } = await running;
  expect([code, err.trim().split("\n").at(-1)]).toEqual([
    130,
    expect.stringMatching(/^rhythmx (backup|restore): interrupted$/),
  ]);
  expect(process.listenerCount("SIGINT")).toBe(0);
}

test(
  "a backup, its check and a restore that are interrupted",
  cleaningUp(async (defer) => {
    const out = mkdtempSync(join(tmpdir(), "rhythmx-interrupted-"));
    defer(() => rmSync(out, { recursive: true }));
    const appliance = await TestAppliance.start();
    defer(() => appliance.dispose());
    await appliance.ingest(
      Array.from({ length: 2_000 }, (_, i) => detection({ rule_id: `r${i}`, raw: "x".repeat(500) })),
    );
    await appliance.appliance.stop();
    const { dataDir } = appliance;
    const file = join(out, "a.tar.gz");
    const place = { dataDir, configDir: dataDir };
    const there = readdirSync(dataDir).sort();

    await interruptedAt(out, /^\.rhythmx-backup-/, command(["backup", file], place));
    expect(readdirSync(out)).toEqual([]);
    expect((await command(["backup", file], place)).code).toBe(0);

    await interruptedAt(out, /-verify\.copy$/, command(["backup", file, "--verify"], place));
    expect(readdirSync(out)).toEqual(["a.tar.gz"]);
    expect((await command(["backup", file, "--verify"], place)).code).toBe(0);

    const before = readFileSync(join(dataDir, "rhythmx.db"));
    await interruptedAt(dataDir, /\.restoring$/, command(["restore", file, "--yes"], place));
    expect(readFileSync(join(dataDir, "rhythmx.db")).equals(before)).toBe(true);
    const known = (names: string[]) => names.filter((name) => !/-(wal|shm)$/.test(name)).sort();
    expect(known(readdirSync(dataDir))).toEqual(known(there));

    const other = join(out, "other");
    mkdirSync(other);
    await interruptedAt(other, /\.restoring$/, command(["restore", file], { dataDir: other, configDir: other }));
    expect(known(readdirSync(other)).filter((name) => name !== "rhythmx.db.lock")).toEqual([]);
    expect((await command(["restore", file], { dataDir: other, configDir: other })).code).toBe(0);
  }),
);
