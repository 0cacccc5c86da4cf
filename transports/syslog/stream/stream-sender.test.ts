import { afterEach, describe, expect, test } from "bun:test";
import type { SyslogSender } from "../../../core/ports.ts";
import { numbered, texts, withoutRepeats } from "../../../test/harness/delivery.ts";
import { SyslogReceiver } from "../../../test/harness/syslog-receiver.ts";
import type { SenderLimits, SyslogSenderOptions } from "../options.ts";
import { createSyslogSender } from "../sender.ts";

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function receiving(): Promise<SyslogReceiver> {
  const receiver = await SyslogReceiver.started();
  cleanUps.push(() => receiver.stop());
  return receiver;
}

function senderTo(
  port: number,
  limits: Partial<SenderLimits> = {},
  more: Partial<SyslogSenderOptions> = {},
): SyslogSender {
  const quick = { backoffMinMs: 10, backoffMaxMs: 50, ...limits };
  const sender = createSyslogSender({
    protocol: "tcp",
    host: "127.0.0.1",
    port,
    framing: "lf",
    limits: quick,
    ...more,
  });
  cleanUps.push(() => sender.close());
  return sender;
}

/** Sends in batches of 50, `gapMs` apart, each after the former was handed over. */
async function sendAll(sender: SyslogSender, messages: readonly Uint8Array[], gapMs = 0): Promise<void> {
  for (let at = 0; at < messages.length; at += 50) {
    await sender.send(messages.slice(at, at + 50));
    if (gapMs > 0) await new Promise((resolve) => setTimeout(resolve, gapMs));
  }
}

describe("a receiver that behaves", () => {
  test.each(["lf", "octet"] as const)("gets every message once and in order, %s", async (framing) => {
    const receiver = await receiving();
    const sender = senderTo(receiver.port, {}, { framing });
    const messages = [
      ...numbered(3000),
      Buffer.from('<134>1 - h a 1 - [s v="\\"\\]"] {"ü":"\\u00fc"}'),
      ...numbered(1, 300_000, 9999),
    ];
    await Promise.all([sender.send(messages.slice(0, 10)), sender.send([]), sender.send(messages.slice(10))]);
    await receiver.until(() => receiver.messages.length >= messages.length);
    expect(receiver.messages).toEqual(texts(messages));
    expect(sender.status()).toEqual({
      connected: true,
      written: messages.length,
      resent: 0,
      errors: 0,
      lastError: null,
    });
  });

  test("sees an orderly close, not a reset", async () => {
    const receiver = await receiving();
    const sender = senderTo(receiver.port);
    const messages = numbered(2000, 1200);
    await sender.send(messages);
    await sender.close();
    await receiver.until(() => receiver.connections === 0);
    expect(receiver.messages).toEqual(texts(messages));
    expect(sender.status().connected).toBe(false);
    expect(sender.send(messages)).rejects.toMatchObject({ code: "closed" });
  });
});

describe("a receiver that is away", () => {
  test("is waited for, and named in the status", async () => {
    const receiver = await receiving();
    await receiver.stop();
    const changes: string[] = [];
    const sender = senderTo(receiver.port, {}, { onStateChange: ({ message }) => changes.push(message) });
    let handed = false;
    const sending = sender.send(numbered(10)).then(() => {
      handed = true;
    });
    await receiver.until(() => sender.status().errors >= 3);
    expect(handed).toBe(false);
    expect(sender.status()).toMatchObject({ connected: false, written: 0 });
    expect(sender.status().lastError).toBe(
      `nothing listens on 127.0.0.1:${receiver.port}, or there is no way to it; check host, port, network and that the receiver runs`,
    );
    await receiver.start();
    await sending;
    await receiver.until(() => receiver.messages.length === 10);
    expect(sender.status()).toMatchObject({ connected: true, lastError: null, resent: 0 });
    // The same failure is told once, however often it happens.
    expect(changes).toEqual([expect.stringContaining("nothing listens"), `connected to 127.0.0.1:${receiver.port}`]);
  });

  test("does not keep close() waiting, and pending sends are rejected", async () => {
    const receiver = await receiving();
    await receiver.stop();
    const sender = senderTo(receiver.port, { backoffMinMs: 60_000, backoffMaxMs: 60_000 });
    const sending = sender.send(numbered(10)).catch((error: unknown) => error);
    await receiver.until(() => sender.status().errors === 1);
    await sender.close();
    expect(await sending).toMatchObject({ code: "closed" });
  });

  test("is not connected to any more when the sender was closed while its name was looked up", async () => {
    const receiver = await receiving();
    const sender = senderTo(receiver.port, {}, { host: "localhost" });
    const sending = sender.send(numbered(10)).catch((error: unknown) => error);
    await sender.close();
    expect(await sending).toMatchObject({ code: "closed" });
    // By then it would be here.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(receiver.accepted).toBe(0);
  });

  test("with a name that does not resolve", async () => {
    const sender = senderTo(514, {}, { host: "no-such-host.invalid" });
    sender.send(numbered(1)).catch(() => {});
    const deadline = performance.now() + 180_000;
    while (sender.status().errors === 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(sender.status().lastError).toBe(
      "the name no-such-host.invalid cannot be resolved; check the spelling and DNS",
    );
  });
});

describe("a receiver that breaks connections loses nothing", () => {
  test.each([
    ["reset after every 700 messages", { resetAfter: 700 }],
    ["FIN after every 700 messages", { finAfter: 700 }],
  ])("%s", async (_, misbehaviour) => {
    const receiver = await receiving();
    receiver.misbehaviour = misbehaviour;
    const sender = senderTo(receiver.port, { settleMs: 300, resendMs: 3_000 });
    const messages = numbered(3000);
    const sending = sendAll(sender, messages, 1);
    await receiver.until(() => sender.status().errors >= 6);
    receiver.misbehaviour = {};
    await sending;
    await receiver.until(() => withoutRepeats(receiver.messages).length === messages.length);
    expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
    expect(sender.status().written).toBe(messages.length);
    expect(sender.status().errors).toBeGreaterThanOrEqual(3);
    const duplicates = receiver.messages.length - messages.length;
    expect(duplicates).toBeLessThanOrEqual(sender.status().resent);
  });

  test.each([
    ["reset", { resetAfter: 40 }, { settleMs: 20, resendMs: 100, resendAfterResetMs: 400 }],
    // What was acknowledged counts as read after these times, also where a busy machine has not read it yet: not too short.
    ["FIN", { finAfter: 40 }, { settleMs: 300, resendMs: 1_200, resendAfterResetMs: 2_400 }],
  ])(
    "%s after fewer messages than must be repeated: goes on all the same",
    async (_, misbehaviour, limits) => {
      const receiver = await receiving();
      receiver.misbehaviour = misbehaviour;
      const sender = senderTo(receiver.port, limits);
      const messages = numbered(100);
      await sender.send(messages);
      await receiver.until(() => withoutRepeats(receiver.messages).length === messages.length, 180_000);
      expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
    },
    180_000,
  );

  test.each([
    ["after longer than a message has to stand where the receiver closes in order", 75],
    ["at once", 5],
  ])("reads nothing and resets, many times, %s: everything arrives when it reads again", async (_, resetAfterMs) => {
    const receiver = await receiving();
    receiver.misbehaviour = { deaf: true };
    const sender = senderTo(receiver.port, { settleMs: 30, resendMs: 300, resendAfterResetMs: 60_000 });
    const messages = numbered(100);
    await sender.send(messages);
    for (let count = 0; count < 12; count++) {
      await receiver.until(() => receiver.connections > 0);
      await new Promise((resolve) => setTimeout(resolve, resetAfterMs));
      receiver.reset();
      await receiver.until(() => receiver.connections === 0);
      expect(sender.held().messages).toBe(100);
    }
    receiver.misbehaviour = {};
    await receiver.until(() => receiver.connections > 0);
    receiver.resume();
    await receiver.until(() => withoutRepeats(receiver.messages).length === messages.length);
    expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
  });

  test("closes at once after accepting, for a while", async () => {
    const receiver = await receiving();
    receiver.misbehaviour = { closeOnAccept: true };
    const sender = senderTo(receiver.port);
    const messages = numbered(500);
    const sending = sendAll(sender, messages, 5);
    await receiver.until(() => receiver.accepted >= 4);
    receiver.misbehaviour = {};
    await sending;
    await receiver.until(() => withoutRepeats(receiver.messages).length === messages.length);
    expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
    expect(sender.status()).toMatchObject({ connected: true, lastError: null });
  });

  test("stops reading for 1.5 s and dies with unread data: 0 lost, at most the window twice", async () => {
    const receiver = await receiving();
    const sender = senderTo(receiver.port);
    const messages = numbered(12_000, 1200);
    const sending = sendAll(sender, messages);
    await receiver.until(() => receiver.messages.length >= 2000);
    receiver.pause();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(receiver.messages.length).toBeLessThan(messages.length);
    await receiver.stop();
    await receiver.start();
    await sending;
    await receiver.until(() => withoutRepeats(receiver.messages).length === messages.length);
    expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
    expect((receiver.messages.length - messages.length) * 1200).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(sender.status().resent).toBeGreaterThan(0);
  });

  test("dies with a trickle unread in its kernel", async () => {
    const receiver = await receiving();
    const sender = senderTo(receiver.port);
    const messages = numbered(60);
    await sender.send(messages.slice(0, 20));
    await receiver.until(() => receiver.messages.length === 20);
    receiver.pause();
    // Acknowledged by its kernel, read by nobody.
    await sender.send(messages.slice(20));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sender.held()).toEqual({ messages: 60, atRisk: false });
    await receiver.stop();
    await receiver.start();
    await receiver.until(() => withoutRepeats(receiver.messages).length === messages.length);
    expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
  });

  test("is restarted many times under load", async () => {
    const receiver = await receiving();
    const limits = { resendBytes: 256 * 1024, stallMs: 2_000, notReadingMs: 4_000, resendMs: 3_000 };
    const sender = senderTo(receiver.port, limits);
    const messages = numbered(6000);
    let done = false;
    let restarted = 0;
    const restarts = (async () => {
      // Not for ever: a receiver that never lasts is given one message after the other.
      for (let count = 0; !done && count < 12; count++, restarted++) {
        await new Promise((resolve) => setTimeout(resolve, 60 + 4 * count));
        await receiver.stop();
        await new Promise((resolve) => setTimeout(resolve, count % 3 === 0 ? 30 : 0));
        await receiver.start();
      }
    })();
    await sendAll(sender, messages, 1);
    done = true;
    await restarts;
    await receiver.until(() => withoutRepeats(receiver.messages).length === messages.length);
    expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
    expect(restarted).toBeGreaterThan(1);
  });
});

describe("an idle connection", () => {
  test("that the receiver closes is noticed at once, is no error, and repeats nothing", async () => {
    const receiver = await receiving();
    const sender = senderTo(receiver.port, { resendMs: 200 });
    const messages = numbered(30);
    await sender.send(messages.slice(0, 20));
    await receiver.until(() => receiver.messages.length === 20);
    await new Promise((resolve) => setTimeout(resolve, 500));
    receiver.fin();
    await receiver.until(() => !sender.status().connected);
    expect(sender.status()).toMatchObject({ errors: 0, lastError: null });
    expect(receiver.accepted).toBe(1);
    await sender.send(messages.slice(20));
    await receiver.until(() => receiver.messages.length === 30);
    expect(receiver.messages).toEqual(texts(messages));
    expect(sender.status()).toMatchObject({ connected: true, resent: 0 });
  });
});

describe("a receiver that takes nothing", () => {
  test("is named, then given up, and nothing is lost", async () => {
    const receiver = await receiving();
    receiver.misbehaviour = { deaf: true };
    const sender = senderTo(receiver.port, { stallMs: 300, notReadingMs: 2000 });
    const messages = numbered(12_000, 1200);
    const sending = sendAll(sender, messages);
    await receiver.until(() => sender.status().lastError?.includes("has read nothing for 0.3 s") ?? false);
    expect(sender.status().connected).toBe(true);
    await receiver.until(() => sender.status().errors === 1);
    receiver.misbehaviour = {};
    receiver.reset();
    await sending;
    await receiver.until(() => withoutRepeats(receiver.messages).length === messages.length);
    expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
  });

  test("but slowly is not cut off", async () => {
    const receiver = await receiving();
    // In proportion to the real limits this is slower than 20 kB/s against 120 s.
    receiver.misbehaviour = { bytesPerSecond: 400_000 };
    const sender = senderTo(receiver.port, { stallMs: 500, notReadingMs: 6000 });
    const sending = sender.send(numbered(12_000, 1200)).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(sender.status()).toMatchObject({ connected: true, errors: 0, resent: 0 });
    expect(receiver.accepted).toBe(1);
    await sender.close();
    await sending;
  });
});

describe("what is held is at risk", () => {
  /** 8 MB written to a receiver that does not read. */
  async function stuck() {
    const receiver = await receiving();
    receiver.misbehaviour = { deaf: true };
    const sender = senderTo(receiver.port, { riskMs: 400, closeMs: 200 });
    let told = 0;
    sender.onRisk(() => told++);
    const sending = sendAll(sender, numbered(7000, 1200)).catch(() => {});
    await receiver.until(() => sender.held().atRisk);
    expect(told).toBeGreaterThan(0);
    return { receiver, sender, sending };
  }

  test("while a receiver has stopped reading, and no longer when it reads again", async () => {
    const { receiver, sender, sending } = await stuck();
    expect(sender.held().messages).toBeGreaterThan(1000);
    receiver.misbehaviour = {};
    receiver.resume();
    await sending;
    await receiver.until(() => receiver.messages.length === 7000 && !sender.held().atRisk);
    expect(sender.status()).toMatchObject({ errors: 0, resent: 0 });
    // All of it counts as held, and none beyond what was sent.
    expect(sender.held().messages).toBeLessThanOrEqual(7000);
  });

  test("after a break until it has been written again", async () => {
    const receiver = await receiving();
    const sender = senderTo(receiver.port);
    const risks: boolean[] = [];
    sender.onRisk(() => risks.push(sender.held().atRisk));
    await sender.send(numbered(100));
    await receiver.until(() => receiver.messages.length === 100);
    expect(sender.held()).toEqual({ messages: 100, atRisk: false });
    await receiver.stop();
    await receiver.until(() => sender.status().errors > 0);
    expect(sender.held()).toEqual({ messages: 100, atRisk: true });
    await receiver.start();
    await receiver.until(() => receiver.messages.length === 200);
    expect(sender.held()).toEqual({ messages: 100, atRisk: false });
    expect(risks.at(0)).toBe(true);
    expect(risks.at(-1)).toBe(false);
  });

  test("after a close that the receiver did not answer, but not after one that it did", async () => {
    const { sender, sending } = await stuck();
    const { messages } = sender.held();
    await sender.close();
    await sending;
    expect(sender.held().atRisk).toBe(true);
    expect(sender.held().messages).toBe(messages);

    const receiver = await receiving();
    const other = senderTo(receiver.port);
    await other.send(numbered(100));
    await other.close();
    expect(other.held().atRisk).toBe(false);

    // Few enough for the two kernels, so that nothing was unacknowledged.
    receiver.misbehaviour = { deaf: true };
    const trickle = senderTo(receiver.port, { closeMs: 200 });
    await trickle.send(numbered(100));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(trickle.held().atRisk).toBe(false);
    await trickle.close();
    expect(trickle.held()).toEqual({ messages: 100, atRisk: true });
  });
});

test("memory held for repeats stays within twice the limit while messages flow", async () => {
  const receiver = await receiving();
  const sender = senderTo(receiver.port, { resendBytes: 128 * 1024 });
  const messages = numbered(5000, 1200);
  await sendAll(sender, messages);
  await receiver.until(() => receiver.messages.length === messages.length);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(sender.held().messages * 1200).toBeLessThanOrEqual(128 * 1024);
});
