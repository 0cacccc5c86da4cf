import { expect, test } from "bun:test";
import { runPollers } from "./pollers.ts";

test("samples of the guide and cursor pollers beside writers, the appliance killed meanwhile: each row once", async () => {
  const seed = 11;
  console.log(`pollers: seed ${seed}`);
  const plan = { seed, incidents: 1000, burst: 300, kills: 2, everyMs: 60, spanMs: 6_000 };
  expect(await runPollers(plan, () => {})).toEqual([]);
});
