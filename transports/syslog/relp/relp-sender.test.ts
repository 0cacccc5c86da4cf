import { afterEach, describe, expect, test } from "bun:test";
import type { SyslogSender } from "../../../core/ports.ts";
import { numbered, texts, withoutRepeats } from "../../../test/harness/delivery.ts";
import { RelpReceiver } from "../../../test/harness/relp-receiver.ts";
import { pem, serverPair } from "../../../test/harness/test-certificates.ts";
import type { SenderLimits, TlsMaterial } from "../options.ts";
import { createSyslogSender } from "../sender.ts";

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function receiving(...tls: ConstructorParameters<typeof RelpReceiver>): Promise<RelpReceiver> {
  const receiver = new RelpReceiver(...tls);
  await receiver.start();
  cleanUps.push(() => receiver.stop());
  return receiver;
}

function senderTo(port: number, limits: Partial<SenderLimits> = {}, tls: TlsMaterial | null = null): SyslogSender {
  const sender = createSyslogSender({
    protocol: "relp",
    host: "127.0.0.1",
    port,
    framing: "octet",
    tls: () => tls,
    limits: { backoffMinMs: 10, backoffMaxMs: 50, closeMs: 300, ...limits },
  });
  cleanUps.push(() => sender.close());
  return sender;
}

async function sendAll(sender: SyslogSender, messages: readonly Uint8Array[]): Promise<void> {
  const pending: Promise<void>[] = [];
  for (let at = 0; at < messages.length; at += 100) pending.push(sender.send(messages.slice(at, at + 100)));
  await Promise.all(pending);
}

describe("a receiver that acknowledges", () => {
  test("gets every message once, in order, pipelined sends included", async () => {
    const receiver = await receiving();
    const sender = senderTo(receiver.port);
    const messages = [...numbered(3000), ...numbered(1, 200_000, 9999)];
    await sendAll(sender, messages);
    expect(receiver.messages).toEqual(texts(messages));
    expect(sender.status()).toEqual({
      connected: true,
      written: messages.length,
      resent: 0,
      errors: 0,
      lastError: null,
    });
    await sender.close();
    expect(receiver.goodbyes).toBe(1);
  });

  test("over TLS with a client certificate", async () => {
    const receiver = await receiving({ ...serverPair("server"), clientCa: pem("ca.pem") });
    const tls = {
      ca: pem("ca.pem"),
      cert: pem("client.pem"),
      key: pem("client.key"),
      serverName: "localhost",
      verify: true,
    };
    const sender = senderTo(receiver.port, {}, tls);
    const messages = numbered(500);
    await sendAll(sender, messages);
    expect(receiver.messages).toEqual(texts(messages));
  });

  test("late: send resolves only then, and the window slides on each answer", async () => {
    const receiver = await receiving();
    receiver.misbehaviour = { holding: true };
    const sender = senderTo(receiver.port, { relpWindow: 10 });
    const messages = numbered(40);
    let resolved = 0;
    const sending = [0, 10, 20, 30].map((at) => sender.send(messages.slice(at, at + 10)).then(() => resolved++));
    // By the time the window has slid, what was acknowledged has been read.
    const slidTo = async (received: number) => {
      await receiver.until(() => receiver.messages.length >= received);
      expect(receiver.messages.length).toBe(received);
    };
    await slidTo(10);
    expect(resolved).toBe(0);
    receiver.acknowledge(9);
    await slidTo(19);
    expect(resolved).toBe(0);
    receiver.acknowledge(1);
    await slidTo(20);
    await sending[0];
    expect(resolved).toBe(1);
    for (const received of [30, 40]) {
      receiver.acknowledge(10);
      await slidTo(received);
    }
    await sending[2];
    expect(resolved).toBe(3);
    receiver.acknowledge(10);
    await Promise.all(sending);
    expect(receiver.messages).toEqual(texts(messages));
  });

  test("never: what is not acknowledged is not resolved, and no more than the window is under way", async () => {
    const receiver = await receiving();
    receiver.misbehaviour = { silent: true };
    const sender = senderTo(receiver.port, { relpAckMs: 200 });
    const messages = numbered(1000);
    const sending = sendAll(sender, messages);
    await receiver.until(() => receiver.messages.length === 128);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(receiver.messages.length).toBe(128);
    expect(sender.status().written).toBe(0);
    await receiver.until(() => sender.status().errors > 0);
    expect(sender.status().lastError).toContain("acknowledged nothing for 0.2 s");
    receiver.misbehaviour = {};
    await sending;
    expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
    expect(sender.status().written).toBe(1000);
  });
});

describe("a session that breaks loses nothing", () => {
  test.each([
    ["reset", { resetAfter: 300 }],
    ["serverclose", { serverCloseAfter: 300 }],
  ])("%s", async (_, misbehaviour) => {
    const receiver = await receiving();
    receiver.misbehaviour = misbehaviour;
    const sender = senderTo(receiver.port);
    const messages = numbered(2000);
    await sendAll(sender, messages);
    expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
    expect(receiver.sessions).toBeGreaterThan(1);
    const duplicates = receiver.messages.length - messages.length;
    expect(duplicates).toBeLessThanOrEqual(sender.status().resent);
    expect(sender.status().resent).toBeLessThanOrEqual(128 * (receiver.sessions - 1));
  });

  test("500: the refused message comes again, after those that were under way with it", async () => {
    const receiver = await receiving();
    receiver.misbehaviour = { refuse: 450 };
    const sender = senderTo(receiver.port);
    const messages = numbered(2000);
    await sendAll(sender, messages);
    expect(withoutRepeats(receiver.messages).sort()).toEqual(texts(messages).sort());
    expect(receiver.sessions).toBe(2);
    expect(sender.status().resent).toBeLessThanOrEqual(128);
  });

  test("a receiver that was away", async () => {
    const receiver = await receiving();
    await receiver.stop();
    const sender = senderTo(receiver.port);
    const sending = sendAll(sender, numbered(300));
    await receiver.until(() => sender.status().errors > 1);
    await receiver.start();
    await sending;
    expect(receiver.messages).toEqual(texts(numbered(300)));
  });

  test("an idle session that the receiver ends is no error and is opened again on demand", async () => {
    const receiver = await receiving();
    const sender = senderTo(receiver.port);
    await sender.send(numbered(5));
    receiver.serverClose();
    await receiver.until(() => !sender.status().connected);
    expect(sender.status()).toMatchObject({ errors: 0, lastError: null });
    await sender.send(numbered(5, 200, 6));
    expect(receiver.messages).toEqual(texts(numbered(10)));
    expect(sender.status().resent).toBe(0);
  });

  test("close() rejects what is not acknowledged and does not wait for a silent receiver", async () => {
    const receiver = await receiving();
    receiver.misbehaviour = { silent: true };
    const sender = senderTo(receiver.port);
    const sending = sender.send(numbered(5)).catch((error: unknown) => error);
    await receiver.until(() => receiver.messages.length === 5);
    await sender.close();
    expect(await sending).toMatchObject({ code: "closed" });
  });
});

describe("what the receiver says", () => {
  test("is shown without its control characters", async () => {
    const receiver = await receiving();
    receiver.misbehaviour = { refuse: 1 };
    const sender = senderTo(receiver.port, { backoffMinMs: 5000, backoffMaxMs: 5000 });
    sender.send(numbered(1)).catch(() => {});
    await receiver.until(() => sender.status().errors === 1);
    expect(sender.status().lastError).toBe(`127.0.0.1:${receiver.port} did not take a message: 500 queue is?[31m full`);
  });

  test("without syslog among its commands is refused", async () => {
    const receiver = await receiving();
    receiver.misbehaviour = { offers: "relp_version=0\ncommands=other" };
    const sender = senderTo(receiver.port);
    sender.send(numbered(1)).catch(() => {});
    await receiver.until(() => sender.status().errors > 0);
    expect(sender.status().lastError).toBe(`127.0.0.1:${receiver.port} takes no syslog messages over RELP`);
  });
});
