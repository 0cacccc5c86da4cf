import { describe, expect, test } from "bun:test";
import { DeliveryError, StoreError } from "../../../core/errors.ts";
import type { AppendedCounts, LoggedEvent } from "../../../core/event.ts";
import { type PackedEvents, packBodies } from "../../../core/feeds/packed-events.ts";
import type { EventLog, HeldMessages, SyslogBytes, SyslogSender } from "../../../core/ports.ts";
import { Destination, type DestinationOptions } from "./destination.ts";

/** A log in memory, and the positions it was told. */
class MemoryLog implements EventLog {
  events: LoggedEvent[] = [];
  saved: number[] = [];
  stored: number | null = 0;
  failing = false;
  #listener: (end: number, counts: AppendedCounts) => void = () => {};

  append(count: number): void {
    for (let i = 0; i < count; i++) {
      const seq = this.events.length + 1;
      this.events.push({ seq, at: 0, kind: "alert_first", subject: "", entity: "", data: String(seq), body: null });
    }
    this.#listener(this.events.length, { alert_first: count });
  }

  async read(after: number, limit: number): Promise<LoggedEvent[]> {
    if (this.failing) throw new StoreError("store_io", "the disk is gone");
    return this.events.slice(after, after + limit);
  }
  async readInto(shared: SharedArrayBuffer, after: number, limit: number): Promise<PackedEvents> {
    return packBodies(structuredClone(await this.read(after, limit)), shared);
  }
  async position(): Promise<number | null> {
    return this.stored;
  }
  async savePosition(_reader: string, seq: number): Promise<void> {
    if (this.failing) throw new StoreError("store_full", "the disk is full");
    this.saved.push(seq);
    this.stored = seq;
  }
  async end(): Promise<number> {
    return this.events.length;
  }
  async countAfter(after: number): Promise<number> {
    return this.events.length - after;
  }
  onAppend(listener: (end: number, counts: AppendedCounts) => void): () => void {
    this.#listener = listener;
    return () => {};
  }
}

/** Takes batches when told to. */
class HeldSender implements SyslogSender {
  connect(): void {}
  batches: string[][] = [];
  waiting: (() => void)[] = [];
  hold = false;
  /** What it says it holds; as it is after `close()`. */
  holding: HeldMessages = { messages: 0, atRisk: false };
  tellRisk: () => void = () => {};
  #reject: ((error: Error) => void)[] = [];

  send(messages: readonly SyslogBytes[]): Promise<void> {
    this.batches.push(messages.map((bytes) => Buffer.from(bytes).toString()));
    if (!this.hold) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting.push(resolve);
      this.#reject.push(reject);
    });
  }
  status() {
    return { connected: true, written: 0, resent: 0, errors: 0, lastError: null };
  }
  held(): HeldMessages {
    return this.holding;
  }
  onRisk(listener: () => void): void {
    this.tellRisk = listener;
  }
  async close(): Promise<void> {
    for (const reject of this.#reject) reject(new DeliveryError("closed", "closed", { retryable: true }));
  }
}

function destinationOf(log: MemoryLog, sender: HeldSender, more: Partial<DestinationOptions> = {}) {
  const faults: (string | null)[] = [];
  const destination = new Destination({
    name: "siem",
    reader: "alerts/siem",
    kinds: ["alert_first"],
    batchSize: 10,
    inFlight: 1,
    log,
    sender,
    clock: { now: () => 1234, monotonic: () => performance.now() },
    render: (event) => ({ bytes: Buffer.from(event.data), shrunk: false }),
    onStoreFault: (message) => faults.push(message),
    onCorruptEvent: () => {},
    ...more,
  });
  return { destination, faults };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
const stopNow = (destination: Destination) => destination.stop(0);

test("sends what is appended in order, in batches, and records the position behind each", async () => {
  const log = new MemoryLog();
  const sender = new HeldSender();
  const { destination } = destinationOf(log, sender);
  await destination.start();
  log.append(25);
  await pause();
  log.append(1);
  await pause();
  expect(sender.batches.flat()).toEqual(log.events.map(({ data }) => data));
  expect(sender.batches.every((batch) => batch.length <= 10)).toBe(true);
  expect(log.saved.at(-1)).toBe(26);
  expect(destination.status()).toMatchObject({ sent: 26, queued: 0, position: 26, lastSent: 1234 });
  await stopNow(destination);
});

test("a batch is not sent before the position of the one before it is recorded", async () => {
  const log = new MemoryLog();
  const sender = new HeldSender();
  sender.hold = true;
  const { destination } = destinationOf(log, sender);
  await destination.start();
  log.append(30);
  await pause();
  expect(sender.batches).toHaveLength(1);
  expect(log.saved).toEqual([]);
  sender.waiting[0]?.();
  await pause();
  expect(log.saved).toEqual([10]);
  expect(sender.batches).toHaveLength(2);
  expect(destination.status().queued).toBe(20);
  await stopNow(destination);
});

test("what was handed over but not taken when it stops keeps its place", async () => {
  const log = new MemoryLog();
  const sender = new HeldSender();
  sender.hold = true;
  const { destination } = destinationOf(log, sender);
  await destination.start();
  log.append(5);
  await pause();
  await stopNow(destination);
  expect(log.stored).toBe(0);
});

test("a new reader starts at the end of the log, a known one where it was", async () => {
  const log = new MemoryLog();
  log.append(7);
  log.stored = null;
  const sender = new HeldSender();
  const { destination } = destinationOf(log, sender);
  await destination.start();
  await pause();
  expect(log.saved).toEqual([7]);
  expect(sender.batches).toEqual([]);
  await stopNow(destination);
  log.stored = 3;
  const again = destinationOf(log, sender).destination;
  await again.start();
  await pause();
  expect(sender.batches.flat()).toEqual(["4", "5", "6", "7"]);
  await stopNow(again);
});

test("a rewind sends everything after a place again, also in the middle of a batch", async () => {
  const log = new MemoryLog();
  const sender = new HeldSender();
  const { destination } = destinationOf(log, sender);
  await destination.start();
  log.append(12);
  await pause();
  sender.hold = true;
  log.append(3);
  await pause();
  await destination.rewind(10);
  sender.hold = false;
  for (const take of sender.waiting) take();
  await pause();
  expect(sender.batches.flat().slice(15)).toEqual(["11", "12", "13", "14", "15"]);
  expect(destination.status()).toMatchObject({ position: 15, queued: 0 });
  await stopNow(destination);
});

test("unwanted and unreadable events are passed over, and the position moves on", async () => {
  const log = new MemoryLog();
  const sender = new HeldSender();
  const corrupt: number[] = [];
  const { destination } = destinationOf(log, sender, {
    render: (event) => {
      if (event.seq === 2) throw new Error("corrupt");
      return event.seq === 3 ? null : { bytes: Buffer.from(event.data), shrunk: event.seq === 4 };
    },
    onCorruptEvent: (event) => corrupt.push(event.seq),
  });
  await destination.start();
  log.append(4);
  await pause();
  expect(sender.batches.flat()).toEqual(["1", "4"]);
  expect(corrupt).toEqual([2]);
  expect(destination.status()).toMatchObject({ sent: 2, shrunk: 1, queued: 0, position: 4 });
  await stopNow(destination);
});

test("goes on sending while positions cannot be recorded, says so, and records again when it can", async () => {
  const log = new MemoryLog();
  const sender = new HeldSender();
  const { destination, faults } = destinationOf(log, sender);
  await destination.start();
  log.append(3);
  await pause();
  log.savePosition = async () => {
    throw new StoreError("store_full", "the disk is full");
  };
  log.append(3);
  await pause();
  expect(sender.batches.flat()).toHaveLength(6);
  expect(faults.at(-1)).toBe("the disk is full");
  log.savePosition = MemoryLog.prototype.savePosition;
  log.append(1);
  await pause();
  expect(faults.at(-1)).toBeNull();
  expect(log.stored).toBe(7);
  await stopNow(destination);
});

/** Sends 5 batches of 10, which a sender that holds `messages` has taken. */
async function sentFifty(holding: HeldMessages) {
  const log = new MemoryLog();
  const sender = new HeldSender();
  sender.holding = holding;
  const { destination } = destinationOf(log, sender);
  await destination.start();
  log.append(50);
  await pause();
  expect(sender.batches.flat()).toHaveLength(50);
  return { log, sender, destination };
}

describe("what only the sender's memory is sure to have", () => {
  test("does not hold the position on the disk back while all is well", async () => {
    const { log, destination } = await sentFifty({ messages: 50, atRisk: false });
    expect(log.stored).toBe(50);
    await stopNow(destination);
    expect(log.stored).toBe(50);
  });

  test("puts it back to the end of a batch before, while there is trouble, and lets it go on afterwards", async () => {
    const { log, sender, destination } = await sentFifty({ messages: 23, atRisk: false });
    sender.holding = { messages: 23, atRisk: true };
    sender.tellRisk();
    await pause();
    expect(log.stored).toBe(20);
    expect(destination.status()).toMatchObject({ position: 50, queued: 0 });
    sender.holding = { messages: 20, atRisk: true };
    sender.tellRisk();
    await pause();
    expect(log.stored).toBe(30);
    sender.holding = { messages: 20, atRisk: false };
    sender.tellRisk();
    await pause();
    expect(log.stored).toBe(50);
    // Told again and again, it is not written again and again.
    const writes = log.saved.length;
    sender.tellRisk();
    await pause();
    expect(log.saved).toHaveLength(writes);
    await stopNow(destination);
  });

  test("holds it back from the first batch on", async () => {
    const { log, destination } = await sentFifty({ messages: 1000, atRisk: true });
    expect(log.stored).toBe(0);
    await stopNow(destination);
    expect(log.stored).toBe(0);
  });

  test("counts messages that are no events, and passes over events that are no messages", async () => {
    const log = new MemoryLog();
    const sender = new HeldSender();
    sender.holding = { messages: 5, atRisk: false };
    const { destination } = destinationOf(log, sender, {
      render: (event) => (event.seq % 2 === 0 ? { bytes: Buffer.from(event.data), shrunk: false } : null),
    });
    await destination.start();
    log.append(20);
    await pause();
    await destination.sendNow(Buffer.from("heartbeat"));
    await destination.sendNow(Buffer.from("heartbeat"));
    sender.holding = { messages: 3, atRisk: true };
    sender.tellRisk();
    await pause();
    expect(log.stored).toBe(10);
    sender.holding = { messages: 2, atRisk: true };
    sender.tellRisk();
    await pause();
    expect(log.stored).toBe(20);
    await stopNow(destination);
  });

  test("puts it back at a stop that the receiver did not answer", async () => {
    const { log, sender, destination } = await sentFifty({ messages: 15, atRisk: false });
    const { close } = sender;
    sender.close = async () => {
      sender.holding = { messages: 15, atRisk: true };
      await close.call(sender);
    };
    await stopNow(destination);
    expect(log.stored).toBe(30);
  });

  test("is not sought beyond the place that a rewind has set", async () => {
    const { log, sender, destination } = await sentFifty({ messages: 40, atRisk: false });
    await destination.rewind(45);
    await pause();
    sender.holding = { messages: 40, atRisk: true };
    sender.tellRisk();
    await pause();
    expect(log.stored).toBe(45);
    await stopNow(destination);
  });
});

test("a position that could not be recorded is recorded later, without anything new to send", async () => {
  const log = new MemoryLog();
  const sender = new HeldSender();
  const { destination, faults } = destinationOf(log, sender);
  await destination.start();
  log.savePosition = async () => {
    throw new StoreError("store_full", "the disk is full");
  };
  log.append(3);
  await pause();
  expect({ stored: log.stored, fault: faults.at(-1) }).toEqual({ stored: 0, fault: "the disk is full" });
  log.savePosition = MemoryLog.prototype.savePosition;
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect({ stored: log.stored, fault: faults.at(-1) }).toEqual({ stored: 3, fault: null });
  expect(sender.batches.flat()).toHaveLength(3);
  await stopNow(destination);
});

test("what retention has taken away no longer waits", async () => {
  const log = new MemoryLog();
  const sender = new HeldSender();
  sender.hold = true;
  const { destination } = destinationOf(log, sender);
  await destination.start();
  log.append(30);
  await pause();
  log.countAfter = async () => 4;
  await destination.recount();
  expect(destination.status().queued).toBe(4);
  await stopNow(destination);
});
