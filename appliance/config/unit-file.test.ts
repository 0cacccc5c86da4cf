import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { otherDataDir, readUnit } from "./unit-file.ts";

test("a unit with its drop-ins: environment and user as systemd reads them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-unit-"));
  const [etc, lib] = [join(folder, "etc"), join(folder, "lib")];
  expect(await readUnit([etc, lib])).toBeNull();
  mkdirSync(join(etc, "rhythmx.service.d"), { recursive: true });
  mkdirSync(lib);
  writeFileSync(
    join(lib, "rhythmx.service"),
    "[Service]\n# Environment=A=0\nUser=rhythmx\nEnvironment=RHYTHMX_DATA_DIR=/var/lib/rhythmx \"B=two words\" 'C=1' \\\n  D=2\n",
  );
  const unit = await readUnit([etc, lib]);
  expect(unit).toEqual({
    path: join(lib, "rhythmx.service"),
    user: "rhythmx",
    environment: new Map([
      ["RHYTHMX_DATA_DIR", "/var/lib/rhythmx"],
      ["B", "two words"],
      ["C", "1"],
      ["D", "2"],
    ]),
  });
  expect(otherDataDir("/var/lib/rhythmx", unit)).toBeNull();
  expect(otherDataDir("/srv/data", unit)).toContain("the service uses /var/lib/rhythmx");
  expect(otherDataDir("/srv/data", null)).toBeNull();

  writeFileSync(
    join(etc, "rhythmx.service.d", "10.conf"),
    "[Service]\nEnvironment=\nEnvironment=RHYTHMX_DATA_DIR=/srv/data\n",
  );
  writeFileSync(join(etc, "rhythmx.service.d", "20.conf"), "[Service]\nUser=other\n");
  const changed = await readUnit([etc, lib]);
  expect(changed?.user).toBe("other");
  expect([...(changed?.environment ?? [])]).toEqual([["RHYTHMX_DATA_DIR", "/srv/data"]]);
  rmSync(folder, { recursive: true });
});
