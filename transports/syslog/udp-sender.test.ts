import { afterEach, expect, mock, test } from "bun:test";
import type { SyslogSender } from "../../core/ports.ts";
import { numbered, texts } from "../../test/harness/delivery.ts";
import { UdpReceiver } from "../../test/harness/udp-receiver.ts";
import { resolveAll } from "./resolve.ts";
import { createSyslogSender } from "./sender.ts";

/** A name with two addresses; no resolver of a test machine has one. */
const resolveReally = resolveAll;
const two = [
  { address: "127.0.0.9", family: 4 },
  { address: "127.0.0.1", family: 4 },
];
/** The kernel connects no socket to it that was not made for broadcasts: as to an address without a route, or IPv6 where there is none. */
const noWay = { address: "255.255.255.255", family: 4 };
const names: Record<string, typeof two> = {
  "two.example": two,
  "half.example": [noWay, two[1]!],
  "later.example": [noWay],
};
mock.module("./resolve.ts", () => ({
  resolveAll: (context: Parameters<typeof resolveAll>[0]) =>
    Promise.resolve(names[context.host] ?? resolveReally(context)),
}));

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function receiving(): Promise<UdpReceiver> {
  const receiver = new UdpReceiver();
  await receiver.start();
  cleanUps.push(() => receiver.stop());
  return receiver;
}

function senderTo(port: number, host = "127.0.0.1"): SyslogSender {
  const limits = { backoffMinMs: 10, backoffMaxMs: 50, resolveMs: 20 };
  const sender = createSyslogSender({ protocol: "udp", host, port, framing: "lf", limits });
  cleanUps.push(() => sender.close());
  return sender;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 180_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test.each(["127.0.0.1", "localhost"])("one message per datagram, in order, to %s", async (host) => {
  const receiver = await receiving();
  const sender = senderTo(receiver.port, host);
  const messages = numbered(200, 1000);
  for (const part of [messages.slice(0, 100), messages.slice(100)]) {
    await sender.send(part);
    await until(() => receiver.messages.length === part.length || receiver.messages.length === messages.length);
  }
  expect(receiver.messages).toEqual(texts(messages));
  expect(sender.status()).toEqual({ connected: true, written: 200, resent: 0, errors: 0, lastError: null });
});

test("nobody listens: said so, never stuck, and messages arrive again once someone does", async () => {
  const receiver = await receiving();
  await receiver.stop();
  const sender = senderTo(receiver.port);
  for (let round = 0; round < 5; round++) {
    await sender.send(numbered(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(sender.status()).toMatchObject({ connected: false, written: 5 });
  expect(sender.status().lastError).toContain(`nothing listens on 127.0.0.1:${receiver.port}`);
  await receiver.start();
  // The first one after the outage too, although the kernel still has a refusal to report.
  const after = numbered(3, 200, 100);
  await sender.send(after);
  await until(() => receiver.messages.length === 3);
  expect(receiver.messages).toEqual(texts(after));
});

test("a name whose first address refuses is reached at its second", async () => {
  const receiver = await receiving();
  const sender = senderTo(receiver.port, "two.example");
  for (let round = 0; round < 5; round++) {
    await sender.send(numbered(1, 200, round));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await until(() => receiver.messages.length >= 4);
  expect(receiver.messages).toEqual(texts(numbered(4, 200, 1)));
});

test("a name with an address that there is no way to is reached at the other one", async () => {
  const receiver = await receiving();
  const sender = senderTo(receiver.port, "half.example");
  await sender.send(numbered(2));
  await until(() => receiver.messages.length === 2);
  expect(sender.status()).toMatchObject({ connected: true, written: 2, errors: 1, lastError: null });
});

test("no way to the receiver: said so, nothing is lost, and sent once there is one", async () => {
  const receiver = await receiving();
  const sender = senderTo(receiver.port, "later.example");
  const sending = sender.send(numbered(2));
  await until(() => sender.status().errors > 2);
  expect(sender.status()).toMatchObject({ connected: false, written: 0 });
  expect(sender.status().lastError).toContain(
    `there is no way to later.example:${receiver.port} (255.255.255.255): no route, no IPv6 on this machine`,
  );
  names["later.example"] = [two[1]!];
  await sending;
  await until(() => receiver.messages.length === 2);
  expect(receiver.messages).toEqual(texts(numbered(2)));
});

test("a message too long for a datagram is counted and dropped, its neighbours are not", async () => {
  const receiver = await receiving();
  const sender = senderTo(receiver.port);
  const [first, second] = numbered(2);
  await sender.send([first!, Buffer.alloc(70_000, 65), second!]);
  await until(() => receiver.messages.length === 2);
  expect(receiver.messages).toEqual(texts([first!, second!]));
  expect(sender.status()).toMatchObject({ written: 2, errors: 1 });
});

test("a name that does not resolve is waited for, and close() ends the wait", async () => {
  const sender = senderTo(514, "no-such-host.invalid");
  const sending = sender.send(numbered(1)).catch((error: unknown) => error);
  await until(() => sender.status().errors > 1);
  expect(sender.status().lastError).toContain("no-such-host.invalid cannot be resolved");
  await sender.close();
  expect(await sending).toMatchObject({ code: "closed" });
});
