/** The binary is built and does the main job (test/smoke.ts). It stays in dist/. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
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
