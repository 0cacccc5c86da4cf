/** The binary is built and does the main job (test/smoke.ts). It stays in dist/. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { installed } from "../harness/rsyslog.ts";

const root = join(import.meta.dirname, "../..");
const bun = (...args: string[]) => spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });

test.skipIf(!installed("strace", "strace"))(
  "the binary is built, does the main job and writes nothing elsewhere",
  () => {
    const build = bun("appliance/packaging/build.ts");
    expect(build).toMatchObject({ status: 0 });
    const binary = `dist/rhythmx-linux-${process.arch}`;
    expect(bun("test/smoke.ts", binary)).toMatchObject({
      status: 0,
      stdout: `smoke: ${join(root, binary)} took in a detection, sent its FIRST and stopped cleanly\n`,
    });
  },
);

/** Two copies of SQLite in one process take each other's locks away, and cut off the index of the WAL that the other has mapped. */
test.each([
  ["from memory", {}],
  ["from a file, where memory may not be executed", { BUN_JSC_useJIT: "0" }],
])("its threads share one copy of the database driver, loaded %s", (_, env) =>
  cleaningUp(async (defer) => {
    const binary = join(root, `dist/rhythmx-linux-${process.arch}`);
    const site = await ApplianceProcess.prepare({ env, program: [binary] });
    defer(() => site.dispose());
    await site.start();
    // The Worker that writes is there; these start the one that reads and the one for backups.
    expect((await fetch(`${site.apiUrl}/metrics`)).status).toBe(200);
    expect(site.run(["backup", join(site.folder, "b.tar.gz")]).code).toBe(0);
    const maps = readFileSync(`/proc/${site.pid}/maps`, "utf8");
    const copies = maps.matchAll(/^\S+ \S+ \S+ \S+ (\d+) +\/\S*(?:memfd:rhythmx-addon|addon\.node)/gm);
    expect(new Set([...copies].map(([, inode]) => inode)).size).toBe(1);
  })(),
);
