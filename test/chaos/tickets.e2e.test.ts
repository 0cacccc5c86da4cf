import { expect, test } from "bun:test";
import { runTickets } from "./tickets.ts";

test("every third call fails, the appliance is killed on the way: one ticket per incident or campaign and system, both in step with it", async () => {
  const seed = 3;
  console.log(`tickets: seed ${seed}`);
  const { violations, kills, resumed, campaigns, told } = await runTickets(
    { seed, incidents: 16, kills: 8, faults: 0.3, changes: 60 },
    () => {},
  );
  expect(violations.slice(0, 12)).toEqual([]);
  expect(kills).toBe(8);
  expect(resumed).toBeGreaterThan(0);
  expect(campaigns).toBe(4);
  expect(told).toBeGreaterThan(0);
});
