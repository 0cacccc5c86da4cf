import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

test("no port is given out twice, in this process or beside it", async () => {
  const mine = new Set<number>();
  for (let count = 0; count < 1500; count += 1) mine.add(await freePort());
  expect(mine.size).toBe(1500);
  const script = `const { freePort } = await import(${JSON.stringify(join(import.meta.dirname, "free-port.ts"))});
    const ports = []; for (let n = 0; n < 1500; n += 1) ports.push(await freePort()); console.log(JSON.stringify(ports)); process.exit(0);`;
  const { stdout } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
  const theirs = JSON.parse(stdout) as number[];
  expect(theirs).toHaveLength(1500);
  expect(theirs.filter((port) => mine.has(port))).toEqual([]);
});
