import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CHUNK_BYTES, frameChunk, splitChunk } from "./framing.ts";

const bytes = (text: string) => Buffer.from(text);

describe("frameChunk", () => {
  test("octet: the length in octets, a space, the message, and nothing after it", () => {
    expect(frameChunk([bytes("aü"), bytes("b")], 0, "octet").bytes.toString()).toBe("3 aü1 b");
  });

  test("lf: each message ends with one line feed", () => {
    expect(frameChunk([bytes("aü"), bytes("b")], 0, "lf").bytes.toString()).toBe("aü\nb\n");
  });

  test("stops before the chunk gets too long, but always takes one message", () => {
    const half = Buffer.alloc(CHUNK_BYTES / 2, 65);
    expect(frameChunk([half, half], 0, "lf").ends).toHaveLength(1);
    expect(frameChunk([Buffer.alloc(CHUNK_BYTES * 3, 65), half], 0, "octet").ends).toHaveLength(1);
  });

  test("chunks put together are all messages in order, wherever they are cut", () => {
    const message = fc.string({ maxLength: 40, unit: fc.constantFrom("a", "ü", "]", '"', "\\") }).map(bytes);
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 30 }),
        fc.constantFrom("lf" as const, "octet" as const),
        fc.nat(200),
        (messages, framing, cut) => {
          const whole = messages.map((one) => (framing === "lf" ? `${one}\n` : `${one.length} ${one}`)).join("");
          const chunk = frameChunk(messages, 0, framing);
          const [head, tail] = splitChunk(chunk, cut);
          expect(chunk.bytes.toString()).toBe(whole);
          expect(head.bytes.toString() + (tail?.bytes.toString() ?? "")).toBe(whole);
          expect(head.ends.length + (tail?.ends.length ?? 0)).toBe(messages.length);
          expect(head.ends.at(-1)).toBe(head.bytes.length);
          if (tail) expect(tail.ends.at(-1)).toBe(tail.bytes.length);
          expect(head.ends.length === 1 || head.bytes.length <= cut || tail === null).toBe(true);
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });
});
