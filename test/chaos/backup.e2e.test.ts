import { expect, test } from "bun:test";
import { runBackups } from "./backup.ts";

test("killed in the middle of backups, restores and upgrades: whole, nothing lost that counts, no second ticket", async () => {
  const seed = 4;
  console.log(`backup: seed ${seed}`);
  const { violations, kills, restored, unchanged, tickets } = await runBackups(
    { seed, kills: 6, alerts: 2_000 },
    () => {},
  );
  expect(violations).toEqual([]);
  expect(kills.backup * kills.restore * kills.upgrade).toBeGreaterThan(0);
  expect(restored + unchanged).toBe(kills.restore);
  expect(tickets).toBeGreaterThan(0);
});
