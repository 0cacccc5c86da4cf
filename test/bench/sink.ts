/**
 * Receiver of octet-counted syslog that only counts, and proves a sample with the strict parser. Says `{port}` first; answers
 * every `{expect}` at once, and with a `SinkResult` when so many messages have come. `Sink` is its other end.
 */
import { createServer } from "node:net";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { answer, onMessage } from "./child.ts";
import { OctetFrames } from "./octet-frames.ts";

export interface SinkResult {
  messages: number;
  bytes: number;
  /** From the first message to the last. */
  seconds: number;
  /** Of the sample: how many were parsed, and what was wrong with the first bad one. */
  parsed: number;
  bad: string | null;
}

const everyNth = 997;
let expected = Number.POSITIVE_INFINITY;
let messages = 0;
let bytes = 0;
let parsed = 0;
let bad: string | null = null;
let first = 0;

function count(length: number, message: Buffer | null): void {
  if (messages++ === 0) first = performance.now();
  bytes += length;
  if (messages % everyNth === 0 && message !== null) prove(message);
  if (messages < expected) return;
  answer({ messages, bytes, seconds: (performance.now() - first) / 1000, parsed, bad } satisfies SinkResult);
  expected = Number.POSITIVE_INFINITY;
}

function prove(message: Buffer): void {
  try {
    parseRfc5424(message);
    parsed++;
  } catch (error) {
    bad ??= String(error);
  }
}

onMessage<{ expect: number }>(({ expect }) => {
  expected = expect;
  messages = bytes = parsed = 0;
  bad = null;
  answer({ expecting: expect });
});
const server = createServer((socket) => {
  const frames = new OctetFrames(false, count);
  socket.on("data", (part: Buffer) => frames.add(part));
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => answer({ port: (server.address() as { port: number }).port }));
