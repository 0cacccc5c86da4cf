import { expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { Hono } from "hono";
import { type ConnectionBindings, withBody } from "./body.ts";
import { BodyBudget } from "./body-budget.ts";

const mebibyte = 1024 * 1024;

/** Sends parts to a handler that answers with what it has read; records each extension of the timeout it asked for. */
async function send(parts: Uint8Array[], headers: Record<string, string> = {}) {
  const extensions: number[] = [];
  let taken = 0;
  const app = new Hono<{ Bindings: ConnectionBindings }>();
  app.post("/", (c) =>
    withBody(c, { address: "192.0.2.1", known: true }, async (body) => c.text(Buffer.from(body).toString())),
  );
  const body = new ReadableStream({
    pull(controller) {
      const part = parts[taken++];
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  });
  const request = new Request("http://edge/", { method: "POST", headers, body });
  const env = { remoteAddress: "127.0.0.1", extendTimeout: (seconds: number) => void extensions.push(seconds) };
  const response = await app.fetch(request, env);
  return { status: response.status, text: await response.text(), extensions, taken };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("every part buys the sender another minute, the last one time to write it down", async () => {
  const { status, text, extensions } = await send([bytes("a"), bytes("b"), bytes("c")]);
  expect({ status, text }).toEqual({ status: 200, text: "abc" });
  expect(extensions).toEqual([60, 60, 60, 60, 240]);
});

test("pieces of any size, in their order", async () => {
  const letter = (index: number) => String.fromCharCode(97 + (index % 26));
  for (const sizes of [[5_000], [1, 5_000, 2, 3, 6_000, 7_000], [4_096, 4_095, 1], Array(300).fill(20), [70_000, 1]]) {
    const parts = sizes.map((size, index) => letter(index).repeat(size));
    // Views of a larger piece as well.
    for (const before of [0, 100_000]) {
      const views = parts.map((part) => bytes(" ".repeat(before) + part).subarray(before));
      expect((await send(views)).text).toBe(parts.join(""));
    }
  }
});

test("gzip over several parts, and no body at all", async () => {
  const packed = gzipSync("unpacked");
  const sent = await send([packed.subarray(0, 5), packed.subarray(5)], { "Content-Encoding": "GZIP" });
  expect(sent).toMatchObject({ status: 200, text: "unpacked" });
  expect(await send([])).toMatchObject({ status: 200, text: "" });
});

test("what is a little too large is read to its end, so that the sender sees the answer", async () => {
  const sent = await send(Array.from({ length: 40 }, () => new Uint8Array(mebibyte)));
  expect(sent.status).toBe(413);
  expect(sent.taken).toBeGreaterThan(40);
});

test("what is far too large is refused before it has been read", async () => {
  const endless = Array.from({ length: 100 }, () => new Uint8Array(mebibyte));
  const announced = await send(endless, { "Content-Length": String(100 * mebibyte) });
  expect(announced.status).toBe(413);
  expect(announced.taken).toBeLessThan(3);
  const unannounced = await send(endless);
  expect(unannounced.status).toBe(413);
  expect(unannounced.taken).toBeLessThan(70);
});

test("an encoding that is not known is named", async () => {
  const { status, text } = await send([bytes("a")], { "Content-Encoding": "br" });
  expect(status).toBe(415);
  expect(JSON.parse(text).detail).toBe('Content-Encoding "br": send gzip, or no encoding');
});

test("a body that never ends is cut by the deadline, and what it held is given back", async () => {
  const room = new BodyBudget({ known: 100, unknown: 100, network: 100 });
  const tooLarge = { title: "Content Too Large", detail: "" };
  const limits = { most: 1000, discarded: 1000, silenceSeconds: 60, totalMs: 50, tooLarge };
  const app = new Hono<{ Bindings: ConnectionBindings }>();
  const sender = { address: "192.0.2.1", known: true };
  app.post("/", (c) => withBody(c, sender, async () => c.text("read"), limits, room));
  const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(100)) });
  const request = new Request("http://edge/", { method: "POST", body });
  const env = { remoteAddress: "192.0.2.1", extendTimeout: () => {} };
  const response = await app.fetch(request, env);
  expect([response.status, ((await response.json()) as { title: string }).title]).toEqual([408, "Request Timeout"]);
  expect(room.take(sender, 100)).toBe(true);
});

test("strangers of one network have a share, all strangers a part, and those who are known theirs", () => {
  const room = new BodyBudget({ known: 10, unknown: 8, network: 4 });
  const from = (address: string) => ({ address, known: false });
  const known = { address: "2001:db8::1", known: true };
  expect([room.take(from("2001:db8::1"), 4), room.take(from("2001:db8::2"), 1)]).toEqual([true, false]);
  expect([room.take(from("192.0.2.1"), 4), room.take(from("192.0.2.2"), 1)]).toEqual([true, false]);
  expect([room.take(known, 10), room.take(known, 1)]).toEqual([true, false]);
  room.give(from("2001:db8::9"), 4);
  expect(room.take(from("192.0.2.2"), 4)).toBe(true);
});

test("the stream of a body is asked for a turn later, when a small body is complete and needs no buffer for large ones", async () => {
  const app = new Hono<{ Bindings: ConnectionBindings }>();
  app.post("/", (c) =>
    withBody(c, { address: "192.0.2.1", known: true }, async (body) => c.text(Buffer.from(body).toString())),
  );
  const request = new Request("http://edge/", { method: "POST", body: "small" });
  const { body } = request;
  let isComplete = false;
  const asked: boolean[] = [];
  Object.defineProperty(request, "body", {
    get() {
      asked.push(isComplete);
      return body;
    },
  });
  const answer = app.fetch(request, { remoteAddress: "127.0.0.1", extendTimeout: () => {} });
  // The rest of the packet with the head is read when the server gets its turn.
  setImmediate(() => {
    isComplete = true;
  });
  for (let n = 0; n < 100; n++) await Promise.resolve();
  expect(asked).not.toContain(false);
  const response = await answer;
  expect(await response.text()).toBe("small");
  expect(asked.length).toBeGreaterThan(0);
});
