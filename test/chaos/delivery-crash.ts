/** The appliance itself is killed: with a backlog, and while its receiver holds what it has not read. */
import { Database } from "bun:sqlite";
import { join } from "node:path";

import type { ApplianceProcess } from "../harness/process.ts";
import { ourReceiver, type Transport } from "./delivery-receivers.ts";
import { batchSize, DeliveryRun, type Row, sleep, type Tools } from "./delivery-run.ts";

const megabyte = 1024 * 1024;

/** Receiver down at first, then up and draining while the appliance is killed, so many times. */
export async function killedWithBacklog(tools: Tools, transport: Transport, count: number, kills = 10): Promise<Row> {
  const receiver = await ourReceiver(transport);
  await receiver.stop();
  const options = {
    fault: `appliance SIGKILLed ${kills} ×`,
    transport,
    count,
    receiver,
    named: /./,
    mostRepeatedBytes: 0,
  };
  // Every repeat must be of the batches that were under way.
  options.mostRepeatedBytes = kills * 3 * batchSize * 1500;
  return DeliveryRun.row(tools.queues, options, async (run) => {
    await run.appliance.start();
    await sleep(500);
    // The first kill comes while nobody listens.
    await run.killAppliance();
    await receiver.start();
    const share = Math.floor(count / (kills + 1));
    for (let kill = 1; kill < kills; kill++) {
      await run.appliance.start();
      await run.arrived(Math.min(count - 1, run.arrivals.distinct + tools.dice.int(1, share)));
      await run.killAppliance();
    }
    run.note = `${count - run.arrivals.distinct} unsent at the last kill`;
    await run.appliance.start();
  });
}

/**
 * The receiver stops reading; the appliance is killed or told to stop; then the receiver dies with what it has not read. Nothing
 * but the event log has these messages, and the position on the disk must have stayed behind them.
 */
export async function stalledThenKilled(
  tools: Tools,
  transport: Transport,
  count: number,
  signal: "SIGKILL" | "SIGTERM",
): Promise<Row> {
  const receiver = await ourReceiver(transport);
  const options = {
    fault: `receiver hangs, appliance ${signal}`,
    transport,
    count,
    receiver,
    named: null,
    mostRepeatedBytes: 8 * megabyte,
    mostAfterRestart: Number.POSITIVE_INFINITY,
  };
  return DeliveryRun.row(tools.queues, options, async (run) => {
    await run.appliance.start();
    await run.arrived(Math.min(500, count / 4));
    receiver.pause();
    await positionWentBack(run.appliance);
    const code = signal === "SIGKILL" ? await run.appliance.kill() : await run.appliance.terminate();
    if (signal === "SIGTERM" && code !== 0) run.violations.push(`SIGTERM: exit code ${code}`);
    run.arrivals.addAll(receiver.take());
    run.note = `${run.arrivals.distinct} read before`;
    await receiver.stop();
    await receiver.start();
    await run.appliance.start();
  });
}

/**
 * Until the recorded position has gone back to before what only the appliance holds: after two seconds of its own clock, and however long a busy
 * machine takes. One that was back before the first look stands still.
 */
async function positionWentBack(appliance: ApplianceProcess): Promise<void> {
  // In this process, and not for long: the other rows go on meanwhile. The appliance is a process of its own.
  const file = join(appliance.folder, "data", "rhythmx.db");
  let furthest = 0;
  let unchanged = 0;
  for (let last = -1; unchanged < 30; await sleep(200)) {
    const database = new Database(file, { readonly: true });
    const row = database.query("select position from reader_positions where reader = 'alerts/siem'").get();
    database.close();
    const { position } = row as { position: number };
    if (position < furthest) return;
    furthest = position;
    unchanged = position === last ? unchanged + 1 : 0;
    last = position;
  }
}
