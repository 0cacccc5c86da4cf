import { afterEach, expect, test } from "bun:test";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DeliveryError } from "../core/errors.ts";
import { Target } from "./http.ts";

let server: Server | null = null;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function targetThat(answers: (response: ServerResponse) => void): Promise<Target> {
  server = createServer((request, response) => {
    request.resume();
    answers(response);
  });
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo;
  const throttle = { name: "test", until: 0 };
  return new Target({ baseUrl: `http://127.0.0.1:${port}`, headers: {}, fetch, now: () => 0, throttle, secrets: [] });
}

const failureOf = (work: Promise<unknown>): Promise<DeliveryError> =>
  work.then(
    () => new DeliveryError("none", "it succeeded", { retryable: false }),
    (error: DeliveryError) => error,
  );

test("303 See Other after a create means that it was made: its address identifies the ticket", async () => {
  const target = await targetThat((response) => response.writeHead(303, { Location: "/tickets/CS1" }).end());
  const ticket = { id: "CS1", key: "CS1", url: "https://example.org/CS1" };
  const identified = ({ headers }: { headers: Headers }) =>
    headers.get("location") === "/tickets/CS1" ? ticket : null;
  expect(await target.make({ path: "/tickets", body: "{}", identified })).toEqual(ticket);
});

test("303 See Other that identifies nothing may have made a ticket: it is looked up before another one is sent", async () => {
  const target = await targetThat((response) => response.writeHead(303, { Location: "/login" }).end());
  const { code, data } = await failureOf(target.make({ path: "/tickets", body: "{}", identified: () => null }));
  expect([code, data.effectUnknown]).toEqual(["no_json", true]);
});

test("any other redirect after a create made nothing", async () => {
  const target = await targetThat((response) => response.writeHead(302, { Location: "/login" }).end());
  const { code, data } = await failureOf(target.make({ path: "/tickets", body: "{}", identified: () => null }));
  expect([code, data.effectUnknown]).toEqual(["redirected", false]);
});

test("an answer without end is not read to its end", async () => {
  let isClosed = false;
  const target = await targetThat((response) => {
    response.on("close", () => {
      isClosed = true;
    });
    const part = Buffer.alloc(256 * 1024, "a");
    const send = () => {
      while (!response.destroyed && response.write(part));
      if (!response.destroyed) response.once("drain", send);
    };
    response.writeHead(200, { "Content-Type": "application/json" });
    send();
  });
  const { message, data } = await failureOf(target.request({ method: "GET", path: "/" }));
  expect(message).toContain("more than 4 MiB");
  expect([data.permanent, data.effectUnknown, data.outage]).toEqual([false, false, false]);
  while (!isClosed) await new Promise((resolve) => setImmediate(resolve));
});
