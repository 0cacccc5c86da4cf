/** What a receiver can do to its sender, each as one row against the whole appliance. */

import { importFile } from "./delivery-queue.ts";
import {
  isRelp,
  type Misbehaving,
  ourReceiver,
  type Receiver,
  realReceiver,
  type Transport,
  udpReceiver,
} from "./delivery-receivers.ts";
import { DeliveryRun, type Row, sleep, type Tools } from "./delivery-run.ts";
import { Partition } from "./partition.ts";

const megabyte = 1024 * 1024;

/** Half of the messages wait at the start, the other half is imported while the fault is on. */
function addMore(run: DeliveryRun, { queues }: Tools, count: number): Promise<void> {
  run.added = count;
  const importing = queues.file(count + 1, 2 * count).then((file) => importFile(run.appliance, file));
  importing.catch(() => {}); // Whoever waits for it is told.
  return importing;
}

/** Killed three times in mid-stream, away for a while, started again. */
async function killedThrice(run: DeliveryRun, tools: Tools, count: number): Promise<void> {
  const { receiver } = run;
  await run.appliance.start();
  const importing = addMore(run, tools, count);
  for (let kill = 0; kill < 3; kill++) {
    await run.arrived(Math.min(2 * count - 500, run.arrivals.distinct + tools.dice.int(200, count / 2)));
    await receiver.stop();
    await sleep(tools.dice.int(200, 1500));
    await receiver.start();
  }
  await await importing;
}

/** rsyslogd, SIGKILLed: what it leaves half written in its file is its own loss, and comes again whole. */
export async function rsyslogKilled(tools: Tools, transport: Transport, count: number): Promise<Row> {
  const receiver = await realReceiver(transport);
  const options = { fault: "rsyslog SIGKILLed", transport, count, receiver, named: /./, cutAllowed: 6 };
  return DeliveryRun.row(tools.queues, options, (run) => killedThrice(run, tools, count));
}

export async function receiverKilled(tools: Tools, transport: Transport, count: number): Promise<Row> {
  const receiver = await ourReceiver(transport);
  return DeliveryRun.row(tools.queues, { fault: "killed", transport, count, receiver, named: /./ }, (run) =>
    killedThrice(run, tools, count),
  );
}

/** Breaks each connection after some messages, five times. */
async function breaking(
  tools: Tools,
  transport: Transport,
  count: number,
  fault: string,
  misbehave: (receiver: Misbehaving, messages: number) => void,
): Promise<Row> {
  const receiver = await ourReceiver(transport);
  return DeliveryRun.row(tools.queues, { fault, transport, count, receiver, named: /./ }, async (run) => {
    misbehave(receiver, tools.dice.int(300, 3000));
    await run.appliance.start();
    const importing = addMore(run, tools, count);
    await run.until(() => receiver.accepted() > 5);
    receiver.behave();
    await await importing;
  });
}

export function resetting(tools: Tools, transport: Transport, count: number): Promise<Row> {
  return breaking(tools, transport, count, "resetting after N", (receiver, n) => receiver.resetAfter(n));
}

export function halfClosing(tools: Tools, transport: Transport, count: number): Promise<Row> {
  const fault = isRelp(transport) ? "serverclose after N" : "half-closing after N";
  return breaking(tools, transport, count, fault, (receiver, n) => receiver.closeAfter(n));
}

export async function closingOnAccept(tools: Tools, transport: Transport, count: number): Promise<Row> {
  const receiver = await ourReceiver(transport);
  const options = { fault: "closing at accept", transport, count, receiver, named: /./ };
  return DeliveryRun.row(tools.queues, options, async (run) => {
    await run.appliance.start();
    await run.arrived(count / 4);
    receiver.closeOnAccept();
    receiver.reset();
    await sleep(4000);
    receiver.behave();
  });
}

export async function refusing(tools: Tools, transport: Transport, count: number): Promise<Row> {
  const receiver = await ourReceiver(transport);
  await receiver.stop();
  const options = { fault: "refusing", transport, count, receiver, named: /nothing listens/, mostRepeatedBytes: 0 };
  return DeliveryRun.row(tools.queues, options, async (run) => {
    await run.appliance.start();
    const importing = addMore(run, tools, count);
    await run.until(() => run.said.some((text) => options.named.test(text)));
    await receiver.start();
    await await importing;
  });
}

/** 20 kB/s for half a minute: slow is not dead, so the connection stays and nothing is repeated. */
export async function slow(tools: Tools, transport: Transport, count: number): Promise<Row> {
  const receiver = await ourReceiver(transport);
  const options = { fault: "slow, 20 kB/s", transport, count, receiver, named: null, mostRepeatedBytes: 0 };
  return DeliveryRun.row(tools.queues, options, async (run) => {
    receiver.slow(20_000);
    await run.appliance.start();
    await sleep(30_000);
    run.arrivals.addAll(receiver.take());
    if (receiver.accepted() !== 1) run.violations.push(`${receiver.accepted()} connections to a slow receiver`);
    run.note = `${run.arrivals.distinct} in 30 s`;
    receiver.behave();
  });
}

/** At full speed it stops reading, and 1.5 s later dies with what is unread; rsyslog and syslog-ng lose about 4,800 here. */
export async function stallAndDie(tools: Tools, transport: Transport, count: number): Promise<Row> {
  const receiver = await ourReceiver(transport);
  const options = {
    fault: "stalls 1.5 s, dies",
    transport,
    count,
    receiver,
    named: /./,
    mostRepeatedBytes: 8 * megabyte,
  };
  return DeliveryRun.row(tools.queues, options, async (run) => {
    await run.appliance.start();
    await run.arrived(Math.floor(count / 5));
    receiver.pause();
    await sleep(1500);
    await receiver.stop();
    await sleep(500);
    await receiver.start();
  });
}

/** The way is cut in silence while data is in flight, for longer than it takes to be noticed. */
export async function partitioned(tools: Tools, transport: Transport, count: number): Promise<Row> {
  const receiver = await Partition.started(transport);
  const { host } = receiver;
  const named = /acknowledged nothing for/;
  const options = { fault: "silent partition, 32 s", transport, count, receiver, host, named };
  return DeliveryRun.row(tools.queues, options, async (run) => {
    await run.appliance.start();
    const importing = addMore(run, tools, count);
    await run.arrived(Math.floor(count / 2));
    receiver.cut();
    await sleep(32_000);
    receiver.mend();
    await importing;
  });
}

/** Nobody promises anything: what the receiver missed is reported. */
export async function udpAway(tools: Tools, count: number, real: boolean): Promise<Row> {
  const receiver: Receiver = await (real ? realReceiver("udp") : udpReceiver());
  const fault = real ? "rsyslog SIGKILLed" : "killed";
  const options = {
    fault,
    transport: "udp" as const,
    count,
    receiver,
    named: /nothing listens/,
    deliveredWithinMs: 1000,
  };
  return DeliveryRun.row(tools.queues, options, async (run) => {
    await run.appliance.start();
    await run.arrived(Math.floor(count / 4));
    await receiver.stop();
    // So that there is something to send meanwhile, however fast the rest went.
    const importing = addMore(run, tools, count);
    await run.until(() => run.said.some((text) => options.named.test(text)));
    await receiver.start();
    await importing;
    await sleep(5500);
  });
}
