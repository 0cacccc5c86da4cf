import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EdgeError } from "../../core/errors.ts";
import { type HttpServer, serve } from "./http-server.ts";
import type { ListenOptions } from "./platform.ts";

const running: HttpServer[] = [];

async function serveForTest(options: Partial<ListenOptions> & Pick<ListenOptions, "fetch">): Promise<HttpServer> {
  const defaults = { listen: { host: "127.0.0.1", port: 0 }, idleTimeoutSeconds: 30, maxBodyBytes: 1000 };
  const server = await serve({ ...defaults, ...options });
  running.push(server);
  return server;
}

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(0);
});

test("answers on a free port and tells the peer's address", async () => {
  const server = await serveForTest({ fetch: (_, { remoteAddress }) => new Response(remoteAddress) });
  expect(server.port).toBeGreaterThan(0);
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  expect(await (await fetch(server.url)).text()).toBe("127.0.0.1");
});

test("an IPv4 peer of a dual-stack socket has its IPv4 address", async () => {
  const server = await serveForTest({
    listen: { host: "::", port: 0 },
    fetch: (_, { remoteAddress }) => new Response(remoteAddress),
  });
  expect(await (await fetch(`http://127.0.0.1:${server.port}`)).text()).toBe("127.0.0.1");
});

test("a unix socket is readable by its owner only", async () => {
  const folder = mkdtempSync(join(tmpdir(), "http-server-"));
  try {
    const unix = join(folder, "control.sock");
    const server = await serveForTest({
      listen: { unix },
      fetch: (_, peer) => new Response(`"${peer.remoteAddress}"`),
    });
    expect(server.url).toBe(`unix:${unix}`);
    expect(statSync(unix).mode & 0o777).toBe(0o600);
    expect(await (await fetch("http://localhost/", { unix })).text()).toBe('""');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(["HTTP/1.0\r\n", "HTTP/1.1\r\nHost:\r\n"])("without a host there is the path: %j", async (version) => {
  const server = await serveForTest({
    fetch: async (request) => new Response(`${new URL(request.url).pathname} ${await request.text()}`),
  });
  const socket = connect(server.port, "127.0.0.1");
  socket.write(`POST /health?x=1 ${version}Content-Length: 3\r\nConnection: close\r\n\r\nabc`);
  let answer = "";
  for await (const part of socket) answer += part;
  expect(answer).toStartWith("HTTP/1.1 200 OK");
  expect(answer).toEndWith("/health abc");
});

test("a body over the limit is refused with 413", async () => {
  const server = await serveForTest({ fetch: async (request) => new Response(await request.text()) });
  const send = (bytes: number) => fetch(server.url, { method: "POST", body: "x".repeat(bytes) });
  expect((await send(1000)).status).toBe(200);
  expect((await send(1001)).status).toBe(413);
});

test("what a handler throws is a 500 that says nothing", async () => {
  const server = await serveForTest({ fetch: () => Promise.reject(new Error("secret")) });
  const response = await fetch(server.url);
  expect(response.status).toBe(500);
  expect(await response.text()).toBe("");
});

test("a slow answer is cut by the idle timer unless the request extends it", async () => {
  const server = await serveForTest({
    idleTimeoutSeconds: 1,
    fetch: async (request, connection) => {
      if (request.url.endsWith("/patient")) connection.extendTimeout(30);
      await Bun.sleep(5500);
      return new Response("done");
    },
  });
  const [cut, patient] = await Promise.allSettled([
    fetch(`${server.url}/hasty`).then((response) => response.text()),
    fetch(`${server.url}/patient`).then((response) => response.text()),
  ]);
  expect(cut.status).toBe("rejected");
  expect(patient).toEqual({ status: "fulfilled", value: "done" });
});

test("stop lets a running request end and takes no new ones", async () => {
  const started = Promise.withResolvers<void>();
  const server = await serveForTest({
    fetch: async () => {
      started.resolve();
      await Bun.sleep(150);
      return new Response("done");
    },
  });
  const answer = fetch(server.url).then((response) => response.text());
  await started.promise;
  const stopped = server.stop(2000);
  expect(await answer).toBe("done");
  await stopped;
  const refused = await new Promise((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => resolve(socket.destroy() && false));
    socket.on("error", () => resolve(true));
  });
  expect(refused).toBe(true);
});

test("stop cuts what does not end within the grace", async () => {
  const started = Promise.withResolvers<void>();
  const server = await serveForTest({
    fetch: () => {
      started.resolve();
      return new Promise<Response>(() => {});
    },
  });
  const answer = fetch(server.url).then(
    () => "answered",
    () => "cut",
  );
  await started.promise;
  await server.stop(100);
  expect(await answer).toBe("cut");
});

test("an address in use is named together with what to do", async () => {
  const first = await serveForTest({ fetch: () => new Response("") });
  const again = () => serveForTest({ listen: { host: "127.0.0.1", port: first.port }, fetch: () => new Response("") });
  expect(again()).rejects.toThrow(EdgeError);
  expect(again()).rejects.toThrow(
    `cannot listen on 127.0.0.1:${first.port}: another program has it; stop that one or choose`,
  );
});
