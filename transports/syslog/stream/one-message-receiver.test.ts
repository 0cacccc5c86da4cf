import { expect, test } from "bun:test";
import { type AddressInfo, createServer, type Server } from "node:net";
import { numbered, texts, withoutRepeats } from "../../../test/harness/delivery.ts";
import { RelpReceiver } from "../../../test/harness/relp-receiver.ts";
import { SyslogReceiver } from "../../../test/harness/syslog-receiver.ts";
import { createSyslogSender } from "../sender.ts";

// What was acknowledged for `settleMs` before an orderly close counts as read: longer than a busy machine may be late to see the close.
const limits = { backoffMinMs: 5, backoffMaxMs: 20, settleMs: 300 };

function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!condition()) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
}

/** Reads what comes in one go, keeps the first message of it, and closes. */
function oneMessageServer(messages: string[]): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      messages.push(data.toString().split("\n")[0] ?? "");
      socket.end();
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

test("a receiver that takes one message a connection gets each of them, in order, and none for ever", async () => {
  const got: string[] = [];
  const server = await oneMessageServer(got);
  const { port } = server.address() as AddressInfo;
  const sender = createSyslogSender({ protocol: "tcp", host: "127.0.0.1", port, framing: "lf", limits });
  const messages = numbered(6);
  await sender.send(messages);
  await until(() => withoutRepeats(got).length === messages.length);
  expect(withoutRepeats(got)).toEqual(texts(messages));
  const settled = got.length;
  expect(settled).toBeLessThan(60);
  await sender.close();
  server.close();
});

test("connecting shows a receiver that is away before the first message, and that it is back without one: tcp", async () => {
  const receiver = await SyslogReceiver.started();
  const { port } = receiver;
  await receiver.stop();
  const sender = createSyslogSender({ protocol: "tcp", host: "127.0.0.1", port, framing: "lf", limits });
  sender.connect();
  await until(() => sender.status().lastError !== null);
  expect(sender.status()).toMatchObject({ connected: false });
  await receiver.start();
  await until(() => sender.status().connected);
  expect(sender.status()).toMatchObject({ lastError: null, written: 0 });
  // The receiver dies in a quiet hour, and comes back.
  await receiver.stop();
  await until(() => !sender.status().connected);
  await receiver.start();
  await sender.send(numbered(1));
  await until(() => receiver.messages.length === 1);
  await sender.close();
  await receiver.stop();
});

test("connecting shows a receiver that is away before the first message, and that it is back without one: relp", async () => {
  const receiver = new RelpReceiver();
  await receiver.start();
  const { port } = receiver;
  await receiver.stop();
  const sender = createSyslogSender({ protocol: "relp", host: "127.0.0.1", port, framing: "octet", limits });
  sender.connect();
  await until(() => sender.status().lastError !== null);
  await receiver.start();
  await until(() => sender.status().connected);
  expect(sender.status()).toMatchObject({ lastError: null, written: 0 });
  await sender.close();
  await receiver.stop();
});
