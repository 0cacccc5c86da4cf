/** Short runs of what `npm run chaos:delivery` does at length: receivers that misbehave against the whole appliance. */
import { afterAll, expect, test } from "bun:test";
import { longOutage } from "./delivery-backlog.ts";
import { killedWithBacklog, stalledThenKilled } from "./delivery-crash.ts";
import {
  closingOnAccept,
  halfClosing,
  receiverKilled,
  refusing,
  resetting,
  stallAndDie,
  udpAway,
} from "./delivery-faults.ts";
import { Queues } from "./delivery-queue.ts";
import type { Row, Tools } from "./delivery-run.ts";
import { Dice } from "./dice.ts";

const seed = 7;
const tools: Tools = { queues: new Queues(), dice: new Dice(seed) };
console.log(`delivery faults: seed ${seed}`);
afterAll(() => tools.queues.remove());

/** Each row mostly waits, so all at a time. */
async function together(rows: Promise<Row>[]): Promise<void> {
  const violations = (await Promise.all(rows)).flatMap((row) =>
    row.violations.map((violation) => `${row.fault}, ${row.transport}: ${violation}`),
  );
  expect(violations).toEqual([]);
}

test("receivers that misbehave, and the appliance killed or stopped meanwhile: nothing is lost, and health names it", async () => {
  await together([
    receiverKilled(tools, "tcp lf", 1500),
    resetting(tools, "tcp octet", 1500),
    halfClosing(tools, "relp", 1500),
    closingOnAccept(tools, "tls", 1500),
    refusing(tools, "relp+tls", 1500),
    udpAway(tools, 1500, false),
    stallAndDie(tools, "tcp octet", 15_000),
    stalledThenKilled(tools, "tcp octet", 8000, "SIGKILL"),
    stalledThenKilled(tools, "tls", 1500, "SIGTERM"),
    killedWithBacklog(tools, "tcp octet", 7500, 5),
  ]);
});

// That intake does not feel it is a matter of time, which npm run chaos:delivery measures.
test("what piles up while the receiver is away is not in memory, and arrives", async () => {
  await together([longOutage(8000, Number.POSITIVE_INFINITY)]);
});
