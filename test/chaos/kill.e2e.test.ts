import { expect, test } from "bun:test";
import { crashRun } from "./crash-run.ts";

// The same run with hundreds of kills: npm run chaos.
test("what is answered is counted and told after SIGKILL during intake, sending and start", async () => {
  const seed = 7;
  console.log(`crash run: seed ${seed}`);
  const report = await crashRun({ kills: 8, seed });
  expect(report.violations).toEqual([]);
  expect(report.kills).toMatchObject({ intake: 4, sending: 4 });
  // The kills came at the right time: a batch was on its way, events were waiting, and the receivers did get everything.
  expect(report.hit.unanswered).toBeGreaterThan(0);
  expect(report.hit.waiting).toBeGreaterThan(0);
  expect(report.alerts).toBeGreaterThan(1000);
  for (const { messages } of Object.values(report.destinations)) expect(messages).toBeGreaterThanOrEqual(report.events);
});
