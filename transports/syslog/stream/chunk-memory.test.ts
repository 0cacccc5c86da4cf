import { expect, test } from "bun:test";
import { CHUNK_BYTES, frameChunk } from "../framing.ts";
import { ChunkMemory } from "./chunk-memory.ts";
import { ResendWindow } from "./resend-window.ts";

const limits = { resendBytes: 0, resendMs: 0, resendAfterResetMs: 0 };
const messages = (letter: string) => Array.from({ length: 64 }, () => Buffer.alloc(1000, letter));

test("a chunk's memory is used again once the window has forgotten it, and not before", () => {
  const memory = new ChunkMemory();
  const window = new ResendWindow(limits, (bytes) => memory.giveBack(bytes));
  const chunk = (letter: string) => frameChunk(messages(letter), 0, "lf", (size) => memory.take(size));
  const first = chunk("a");
  window.append(first, () => {});
  window.wrote(0);
  const second = chunk("b");
  expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
  expect(first.bytes.toString("latin1", 0, 3)).toBe("aaa");
  window.settle(first.bytes.length, 1);
  expect(chunk("c").bytes.buffer).toBe(first.bytes.buffer);
  expect(chunk("d").bytes.buffer).not.toBe(first.bytes.buffer);
});

test("the memory of a chunk that was cut is not used again: its other part may have to be written once more", () => {
  const given: number[] = [];
  const window = new ResendWindow(limits, (bytes) => void given.push(bytes.length));
  const chunk = frameChunk(messages("a"), 0, "lf");
  window.append(chunk, () => {});
  window.cutNext(2000);
  window.wrote(0);
  window.settle(chunk.bytes.length, 1);
  expect(given).toEqual([]);
});

test("small chunks take no more memory than they need, and released memory is not given out again", () => {
  const memory = new ChunkMemory();
  const small = memory.take(100);
  expect(small.length).toBe(100);
  memory.giveBack(small);
  const whole = memory.take(CHUNK_BYTES);
  expect(whole.length).toBe(CHUNK_BYTES);
  memory.giveBack(whole);
  memory.release();
  expect(memory.take(CHUNK_BYTES).buffer).not.toBe(whole.buffer);
  expect(memory.take(CHUNK_BYTES + 1).length).toBe(CHUNK_BYTES + 1);
});
