/**
 * What appliance/runtime promises, tried in the runtime that runs this file. `conformance.ts JSON` does what the JSON describes (`Plan`) and
 * prints what came of it (`Findings`) as JSON; conformance.e2e.test.ts says what that must be.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../../appliance/runtime/http-server.ts";
import { outboundFetch } from "../../appliance/runtime/outbound-fetch.ts";
import { argon2id } from "../../appliance/runtime/passwords.ts";
import type { ListenOptions } from "../../appliance/runtime/platform.ts";
import { serviceManager } from "../../appliance/runtime/sd-notify.ts";
import { version, versionInfo } from "../../appliance/runtime/version.ts";
import { DeliveryError, messageOf } from "../../core/errors.ts";
import { Target } from "../../integrations/http.ts";

export interface OutboundCase {
  name: string;
  url: string;
  caFile?: string;
  proxy?: string;
  verifySsl?: boolean;
  env?: Record<string, string>;
}

export interface Plan {
  outbound: OutboundCase[];
  /** Hashes of `password` by each runtime. */
  hashes: Record<string, string>;
  password: string;
  notifySocket: string;
}

export interface Findings {
  runtime: string;
  outbound: Record<string, string>;
  /** Whether the right password holds, and a wrong one. */
  hashes: Record<string, [right: boolean, wrong: boolean]>;
  hash: string;
  /** What a service manager says that cannot send. */
  missing: string[];
  http: Record<string, unknown>;
}

/** `effect unknown` must not be said of a request that was never sent: the ticket would be looked up for an hour. */
async function outbound({ url, caFile, ...given }: OutboundCase): Promise<string> {
  for (const name of ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "no_proxy", "NODE_TLS_REJECT_UNAUTHORIZED"])
    delete process.env[name];
  Object.assign(process.env, given.env);
  try {
    const target = new Target({
      baseUrl: url,
      headers: {},
      fetch: outboundFetch({ caFile: caFile ?? null, proxy: given.proxy ?? null, verifySsl: given.verifySsl ?? true }),
      now: () => 0,
      throttle: { name: "test", until: 0 },
      timeoutMs: 10_000,
      secrets: [],
    });
    return `reached ${(await target.request({ method: "GET", path: "/what" })).body.path}`;
  } catch (error) {
    if (!(error instanceof DeliveryError)) return `threw ${messageOf(error)}`;
    return `${error.code}${error.data.effectUnknown === true ? ", effect unknown" : ""}`;
  }
}

const serving = (options: Partial<ListenOptions> & Pick<ListenOptions, "fetch">) =>
  serve({ listen: { host: "127.0.0.1", port: 0 }, idleTimeoutSeconds: 30, maxBodyBytes: 1000, ...options });

/** Sends a text and returns everything that comes until the connection ends; "open" if it does not within `patienceMs`. */
async function exchange(port: number, text: string, patienceMs = 30_000): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (part) => (answer += part.toString()));
  socket.on("error", () => {});
  socket.write(text);
  const late = setTimeout(() => {
    answer += "(open)";
    socket.destroy();
  }, patienceMs);
  await new Promise((resolve) => socket.once("close", resolve));
  clearTimeout(late);
  return answer;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const firstLine = (answer: string) => answer.split("\r\n")[0];
const bodyOf = (answer: string) => answer.split("\r\n\r\n").slice(1).join("\r\n\r\n");
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Answers of ordinary requests. */
async function requests(): Promise<Record<string, unknown>> {
  const server = await serving({
    fetch: async (asked, { remoteAddress }) => {
      const { pathname, search } = new URL(asked.url);
      if (pathname === "/throws") throw new Error("secret");
      if (pathname === "/cookies") {
        const headers = new Headers({ "X-Peer": remoteAddress });
        for (const cookie of ["a=1", "b=2"]) headers.append("Set-Cookie", cookie);
        return new Response(null, { status: 204, headers });
      }
      return new Response(`${pathname}${search} ${await asked.text()}`);
    },
  });
  const post = (head: string, length: number) =>
    exchange(server.port, `POST /health?x=1 ${head}Content-Length: ${length}\r\nConnection: close\r\n\r\nabc`);
  const thrown = await exchange(server.port, get("/throws"));
  const cookies = await exchange(server.port, get("/cookies"));
  const again = await serving({ listen: { host: "127.0.0.1", port: server.port }, fetch: () => new Response() }).catch(
    (error: unknown) => messageOf(error).replace(/:\d+/, ":PORT"),
  );
  const both = await serving({ listen: { host: "::", port: 0 }, fetch: (_, peer) => new Response(peer.remoteAddress) });
  const found = {
    url: server.url === `http://127.0.0.1:${server.port}`,
    "no host": bodyOf(await post("HTTP/1.0\r\n", 3)),
    "empty host": bodyOf(await post("HTTP/1.1\r\nHost:\r\n", 3)),
    "too large": firstLine(await post("HTTP/1.1\r\nHost: x\r\n", 1001)),
    throws: [firstLine(thrown), thrown.includes("secret")],
    cookies: [...cookies.matchAll(/^set-cookie: (.*)\r$/gim)].map(([, cookie]) => cookie),
    peer: /^x-peer: (.*)\r$/im.exec(cookies)?.[1],
    "peer of a dual stack": bodyOf(await exchange(both.port, get("/"))).includes("127.0.0.1"),
    mapped: bodyOf(await exchange(both.port, get("/"))).includes("ffff"),
    "port in use": again,
  };
  await Promise.all([server.stop(0), both.stop(0)]);
  return found;
}

async function unixSocket(): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-conformance-"));
  const unix = join(folder, "control.sock");
  const server = await serving({ listen: { unix }, fetch: (_, peer) => new Response(`"${peer.remoteAddress}"`) });
  const { mode } = statSync(unix);
  const text = await new Promise((resolve, reject) => {
    const asking = request({ socketPath: unix, path: "/" }, async (response) => {
      let body = "";
      for await (const part of response) body += String(part);
      resolve(body);
    });
    asking.on("error", reject).end();
  });
  await server.stop(0);
  rmSync(folder, { recursive: true });
  return { "unix socket": [(mode & 0o777).toString(8), text, server.url === `unix:${unix}`] };
}

/** Connections that say nothing are closed, those that are allowed to are not. */
async function silence(): Promise<Record<string, unknown>> {
  const server = await serving({
    idleTimeoutSeconds: 1,
    fetch: async (asked, connection) => {
      if (asked.url.endsWith("/patient")) connection.extendTimeout(30);
      await sleep(5_500);
      return new Response("done");
    },
  });
  const [nothing, halfHead, hasty, patient] = await Promise.all([
    exchange(server.port, ""),
    exchange(server.port, "GET / HTTP/1.1\r\nHost: x\r\n"),
    exchange(server.port, get("/hasty")),
    exchange(server.port, get("/patient")),
  ]);
  await server.stop(0);
  return {
    silent: nothing,
    "half a head": halfHead.endsWith("(open)"),
    hasty: hasty.includes("done"),
    patient: bodyOf(patient).includes("done"),
  };
}

/** A stop lets running requests end, cuts those that do not, and a stream is told when its reader goes. */
async function endings(): Promise<Record<string, unknown>> {
  let started = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<string>();
  const streaming = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode("first\n")),
    cancel: () => gone.resolve("told"),
  });
  const fetch = async ({ url }: Request) => {
    started.resolve();
    if (url.endsWith("/stream")) return new Response(streaming);
    if (url.endsWith("/never")) return new Promise<Response>(() => {});
    await sleep(150);
    return new Response("done");
  };
  const server = await serving({ fetch });
  const reader = connect(server.port, "127.0.0.1");
  reader.write(get("/stream"));
  let streamed = "";
  for await (const part of reader) {
    streamed += String(part);
    if (streamed.includes("first")) break;
  }
  reader.destroy();
  // In vain it waits until the test ends it.
  const told = await gone.promise;

  started = Promise.withResolvers();
  const running = exchange(server.port, get("/slow"));
  await started.promise;
  const stopped = server.stop(10_000);
  const ended = bodyOf(await running).includes("done");
  await stopped;
  const refused = await exchange(server.port, get("/"));

  const second = await serving({ fetch });
  started = Promise.withResolvers();
  const never = exchange(second.port, get("/never"));
  await started.promise;
  await second.stop(100);
  return { "reader gone": told, "running request": ended, "after the stop": refused, cut: await never };
}

const plan = JSON.parse(process.argv[2] ?? "") as Plan;
const passwords = argon2id(8, 1);
const checked = async (hash: string): Promise<[boolean, boolean]> => [
  await passwords.verify(plan.password, hash),
  await passwords.verify(`${plan.password}!`, hash),
];
const outcomes: [string, string][] = [];
for (const one of plan.outbound) outcomes.push([one.name, await outbound(one)]);
const manager = serviceManager({ NOTIFY_SOCKET: plan.notifySocket });
manager.ready(`version ${version}\nWATCHDOG=trigger`);
manager.watchdog();
// Without the program systemd-notify.
process.env.PATH = "/nonexistent";
const missing: string[] = [];
const alone = serviceManager({ NOTIFY_SOCKET: plan.notifySocket }, (why) => missing.push(why));
alone.watchdog();
alone.watchdog();
const findings: Findings = {
  runtime: versionInfo().runtime,
  outbound: Object.fromEntries(outcomes),
  hashes: Object.fromEntries(
    await Promise.all(Object.entries(plan.hashes).map(async ([by, hash]) => [by, await checked(hash)] as const)),
  ),
  missing,
  hash: await argon2id().hash(plan.password),
  http: Object.assign({}, ...(await Promise.all([requests(), unixSocket(), silence(), endings()]))),
};
process.stdout.write(`${JSON.stringify(findings)}\n`);
