/**
 * The program under Deno and Node does what it does under Bun. First piece by piece what differs (conformance.ts), then all of it from outside:
 * a whole appliance over TLS with every transport, a ticket through a proxy, a new certificate, kill -9 and a stop.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { gzipSync } from "node:zlib";
import { argon2id } from "../../appliance/runtime/passwords.ts";
import { detection, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { ConnectProxy, TlsFront } from "../harness/connect-proxy.ts";
import { EventStreamClient } from "../harness/event-stream.ts";
import { freePort } from "../harness/free-port.ts";
import { NotifySocket } from "../harness/notify-socket.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { program } from "../harness/program.ts";
import { RelpReceiver } from "../harness/relp-receiver.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";
import { pem, serverPair } from "../harness/test-certificates.ts";
import { UdpReceiver } from "../harness/udp-receiver.ts";
import { JiraStandIn } from "../standins/jira.ts";
import type { Findings, OutboundCase, Plan } from "./conformance.ts";
import { runtimeProgram } from "./installed.mjs";

const root = join(import.meta.dirname, "../..");
const certificates = join(root, "test/data/tls");
const built = mkdtempSync(join(tmpdir(), "rhythmx-runtimes-"));
const conformance = join(root, "test/runtimes/conformance.ts");

type Runtime = "bun" | "deno" | "node";
/** Words that start the program, and those that start conformance.ts. */
const starts: Record<Runtime, { program: string[]; conformance: string[] }> = {
  bun: { program: [process.execPath, program], conformance: [process.execPath, conformance] },
  deno: { program: [], conformance: [] },
  node: { program: [], conformance: [] },
};

beforeAll(async () => {
  const [deno, node] = [runtimeProgram("deno"), runtimeProgram("node")];
  starts.deno.program = [deno, "run", "--allow-all", join(root, "main.ts")];
  starts.deno.conformance = [deno, "run", "--allow-all", conformance];
  await output([process.execPath, join(root, "appliance/packaging/build-node.ts"), "--outdir", join(built, "node")]);
  await Bun.build({ entrypoints: [conformance], target: "node", outdir: built, naming: "conformance.mjs" });
  starts.node.program = [node, join(built, "node/rhythmx.mjs")];
  starts.node.conformance = [node, join(built, "conformance.mjs")];
});

afterAll(() => rmSync(built, { recursive: true, force: true }));

async function output([command = "", ...words]: string[]): Promise<string> {
  // Node would warn of what a case sets in the environment.
  // Nor may Deno ask for a newer version of itself by the proxy of a case.
  const env = { ...process.env, NODE_NO_WARNINGS: "1", DENO_NO_UPDATE_CHECK: "1" };
  const child = spawn(command, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (part) => (said.out += part));
  child.stderr.on("data", (part) => (said.err += part));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, err: said.err }).toEqual({ code: 0, err: "" });
  return said.out;
}

/** Lines of a notification; systemd-notify, which Node needs, adds whose it is. */
const assignments = (text: string) =>
  text
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("MAINPID="));

const authority = join(certificates, "ca.pem");
const password = "pässword correct horse";
/** Of `password`, each as its runtime wrote it. */
const hashes = {
  bun: "$argon2id$v=19$m=8,t=1,p=1$UHSeK2vQYM1vyIiVh2obYFClekJ3ODbTFK+a5QeA6OA$2dNPQRrntIUrEYMJfTJaOvlBMNQz/SDp8CgKXw95WvY",
  deno: "$argon2id$v=19$m=8,t=1,p=1$kOFMfKD0tUC7LmHecvbCgOy9+HSRumPHC+ygspAZreE$Of8zIuZfX0d1Kbt7B9Fd/v4shuYcFwHaDz9iZWOXP0w",
  node: "$argon2id$v=19$m=8,t=1,p=1$p/Zgf7Lr2zFg/9CB285jV0UxCbCgW1cuZaFTZhQ6RYk$AyIEP0u35sYh43FKo84pDeWDAH2n40w5iSYXHysWD2M",
};

test.concurrent.each(["bun", "deno", "node"] as const)("%s keeps what appliance/runtime promises", (runtime) =>
  cleaningUp(async (defer) => {
    const target = createServer((request, response) => response.end(JSON.stringify({ path: request.url })));
    await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
    const { port } = target.address() as { port: number };
    const [front, elsewhere] = [await TlsFront.started("server", port), await TlsFront.started("wrong-name", port)];
    const proxy = await ConnectProxy.started(elsewhere.port);
    const systemd = new NotifySocket(`@rhythmx-conformance-${runtime}-${process.pid}`);
    defer(() => [front, elsewhere, proxy].forEach((one) => void one.stop()));
    defer(() => target.close() && systemd.close());
    const nobody = await freePort();
    const near = `https://localhost:${front.port}`;
    const far = "https://elsewhere.example";
    const env = { HTTPS_PROXY: proxy.url };
    const withUser = proxy.url.replace("//", "//edge:s3cret@");
    const cases: (OutboundCase & { is: string })[] = [
      { name: "own authority", url: near, caFile: authority, is: "reached /what" },
      { name: "no authority", url: near, is: "tls" },
      { name: "another authority", url: near, caFile: join(certificates, "other-ca.pem"), is: "tls" },
      { name: "another name", url: `https://localhost:${elsewhere.port}`, caFile: authority, is: "tls" },
      { name: "verified all the same", url: near, env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" }, is: "tls" },
      { name: "not verified", url: near, verifySsl: false, is: "reached /what" },
      { name: "nobody there", url: `https://localhost:${nobody}`, is: "unreachable" },
      { name: "loopback takes no proxy", url: near, caFile: authority, env, is: "reached /what" },
      {
        name: "loopback takes no proxy of its own",
        url: near,
        caFile: authority,
        proxy: proxy.url,
        is: "reached /what",
      },
      { name: "NO_PROXY", url: far, caFile: authority, env: { ...env, NO_PROXY: "example" }, is: "unreachable" },
      {
        name: "NO_PROXY before the own one",
        url: far,
        proxy: proxy.url,
        env: { NO_PROXY: ".example" },
        is: "unreachable",
      },
      {
        name: "NO_PROXY with a network",
        url: `https://127.0.0.2:${nobody}`,
        verifySsl: false,
        env: { ...env, NO_PROXY: "127.0.0.0/8" },
        is: "unreachable",
      },
      { name: "HTTP_PROXY", url: far, verifySsl: false, env: { HTTP_PROXY: proxy.url }, is: "unreachable" },
      { name: "no proxy there", url: far, proxy: `http://127.0.0.1:${nobody}`, is: "unreachable" },
      // From here on they go through the proxy.
      { name: "own proxy", url: far, caFile: authority, proxy: proxy.url, is: "reached /what" },
      { name: "proxy of the environment", url: far, caFile: authority, env, is: "reached /what" },
      { name: "own proxy, no authority", url: far, proxy: proxy.url, is: "tls" },
      { name: "own proxy, not verified", url: far, proxy: proxy.url, verifySsl: false, is: "reached /what" },
      { name: "proxy with a password", url: far, caFile: authority, proxy: withUser, is: "reached /what" },
    ];
    const plan: Plan = { outbound: cases, hashes, password, notifySocket: systemd.address };
    const found = JSON.parse(await output([...starts[runtime].conformance, JSON.stringify(plan)])) as Findings;

    expect(found.runtime).toStartWith(`${runtime} `);
    expect(found.outbound).toEqual(Object.fromEntries(cases.map(({ name, is }) => [name, is])));
    // The name has no address: what reached it went this way.
    expect([...new Set(proxy.asked)]).toEqual(["elsewhere.example:443"]);
    expect(proxy.credentials.at(-1)).toBe(`Basic ${Buffer.from("edge:s3cret").toString("base64")}`);
    expect(found.hashes).toEqual({ bun: [true, false], deno: [true, false], node: [true, false] });
    expect(await argon2id().verify(password, found.hash)).toBe(true);
    expect(found.hash).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$");
    expect(systemd.received().map(assignments)).toEqual([
      ["READY=1", expect.stringMatching(/^STATUS=version \S+ WATCHDOG=trigger$/)],
      ["WATCHDOG=1"],
      ...(runtime === "node" ? [] : [["WATCHDOG=1"], ["WATCHDOG=1"]]),
    ]);
    expect(found.missing).toEqual(
      runtime === "node" ? [expect.stringContaining("there is no program systemd-notify: install it")] : [],
    );
    expect(found.http).toEqual({
      url: true,
      "no host": "/health?x=1 abc",
      "empty host": "/health?x=1 abc",
      "too large": expect.stringMatching(/^HTTP\/1.1 413 /),
      throws: ["HTTP/1.1 500 Internal Server Error", false],
      cookies: ["a=1", "b=2"],
      peer: "127.0.0.1",
      "peer of a dual stack": true,
      mapped: false,
      "port in use": "cannot listen on 127.0.0.1:PORT: another program has it; stop that one or choose another port",
      "unix socket": ["600", '""', true],
      silent: "",
      "half a head": false,
      hasty: false,
      patient: true,
      "reader gone": "told",
      "running request": true,
      "after the stop": "",
      cut: "",
    });
  })(),
);

/** What every runtime is put through, from outside. */
test.concurrent.each(["deno", "node"] as const)("%s does the main job", (runtime) =>
  cleaningUp(async (defer) => {
    const tls = serverPair("server");
    const receivers = {
      tcp: new SyslogReceiver({}),
      tls: new SyslogReceiver({ tls }),
      udp: new UdpReceiver(),
      relp: new RelpReceiver(tls),
    };
    for (const receiver of Object.values(receivers)) {
      await receiver.start();
      defer(() => receiver.stop());
    }
    const destination = (name: keyof typeof receivers) => ({
      ...{ name, protocol: name, host: "127.0.0.1", port: receivers[name].port },
      ...(name === "tls" || name === "relp" ? { tls: { ca_file: authority, server_name: "localhost" } } : {}),
    });
    const jira = await new JiraStandIn({ deployment: "Server", credentials: "jira-token-1" }).start();
    const front = await TlsFront.started("wrong-name", jira.port);
    const proxy = await ConnectProxy.started(front.port);
    defer(() => jira.stop());
    defer(() => [front, proxy].forEach((one) => void one.stop()));

    const folder = mkdtempSync(join(tmpdir(), `rhythmx-${runtime}-`));
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const useCertificate = (name: string) => {
      copyFileSync(join(certificates, `${name}.pem`), certFile);
      copyFileSync(join(certificates, `${name}.key`), keyFile);
    };
    useCertificate("server");
    const systemd = new NotifySocket(join(folder, "notify"));
    defer(() => systemd.close());
    const appliance = await ApplianceProcess.prepare({
      folder,
      program: starts[runtime].program,
      config: {
        syslog: (["tcp", "tls", "udp", "relp"] as const).map(destination),
        daemon: { poll_interval_seconds: 0.2 },
      },
      env: {
        NOTIFY_SOCKET: systemd.address,
        RHYTHMX_TLS_CERT_FILE: certFile,
        RHYTHMX_TLS_KEY_FILE: keyFile,
        RHYTHMX_ADMIN_PASSWORD: password,
        RHYTHMX_BASE_URL: "https://edge.example:8443",
        JIRA_URL: "https://elsewhere.example",
        JIRA_API_TOKEN: "jira-token-1",
        JIRA_PROJECT_KEY: "SEC",
        JIRA_ENABLED: "true",
        JIRA_CA_FILE: authority,
        HTTPS_PROXY: proxy.url,
        AUTO_PUSH_ENABLED: "true",
        AUTO_PUSH_MIN_SEVERITY: "MEDIUM",
        AUTO_PUSH_SYSTEMS: "jira",
        AUTO_PUSH_CAMPAIGNS: "each",
      },
    });
    defer(() => appliance.dispose());
    const notified: string[] = [];
    const saw = (line: string) =>
      until(
        () => {
          notified.push(...systemd.received().flatMap(assignments));
          return notified.includes(line);
        },
        undefined,
        () => `systemd was not told ${line}: ${notified.join(" ")}\n${appliance.log}`,
      );
    const call = (path: string, init: RequestInit = {}) =>
      fetch(appliance.apiUrl + path, { ...init, tls: { ca: pem("ca.pem") } });

    await appliance.start();
    await saw("READY=1");
    const made = await appliance.runAside(["key", "create", "test", "--scope", "ingest"]);
    expect(made).toMatchObject({ code: 0 });
    const key = { "X-API-Key": made.stdout.trim() };
    const doctor = await appliance.runAside(["doctor", "--json"]);
    expect(JSON.parse(doctor.stdout)).toMatchObject({
      runtime: expect.stringContaining(`${runtime} `),
      running: { pid: appliance.pid, faults: [] },
    });

    const ingest = async (user: string, gzip: boolean) => {
      const text = JSON.stringify(
        detection({ user, level: "critical", tags: ["attack.execution", "attack.t1059.001"] }),
      );
      const response = await call("/api/v1/ingest/detections", {
        method: "POST",
        headers: { ...key, "Content-Type": "application/x-ndjson", ...(gzip ? { "Content-Encoding": "gzip" } : {}) },
        body: gzip ? gzipSync(text) : text,
      });
      expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ accepted: 1 })]);
    };
    const told = async (user: string) => {
      for (const [name, { messages }] of Object.entries(receivers))
        await until(
          () => messages.some((message) => message.includes(` FIRST `) && message.includes(user)),
          undefined,
          () => `${name} was not told of ${user}\n${appliance.log}`,
        );
    };
    // A user logs in, which verifies and hashes passwords, and sees what happens as it happens.
    const login = await call("/api/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username: "admin", password }),
    });
    const { token } = (await login.json()) as { token: string };
    const user = { Authorization: `Bearer ${token}` };
    const stream = await EventStreamClient.open(`${appliance.apiUrl}/api/v1/feed/stream`, user, pem("ca.pem"));
    defer(() => stream.close());
    await ingest("plain-1", false);
    await ingest("packed-1", true);
    await told("plain-1");
    await told("packed-1");
    await until(() =>
      ["alert_first", "incident_created"].every((kind) => stream.events.some((one) => one.kind === kind)),
    );

    // The ticket goes through the proxy to a name that only the proxy knows, and to nobody with another authority.
    await until(
      () => jira.issues.length === 2,
      undefined,
      () => `no tickets\n${appliance.log}`,
    );
    expect(proxy.asked).toContain("elsewhere.example:443");
    const { incidents } = (await (await call("/api/incidents", { headers: user })).json()) as { incidents: unknown[] };
    expect(incidents).toHaveLength(2);

    const page = await call("/sign-in");
    const html = await page.text();
    expect([page.status, page.headers.get("content-security-policy")]).toEqual([
      200,
      expect.stringContaining("'none'"),
    ]);
    for (const [path = ""] of html.matchAll(/\/assets\/[\w.-]+/g)) {
      const asset = await call(path);
      expect([path, asset.status, (await asset.arrayBuffer()).byteLength > 100]).toEqual([path, 200, true]);
    }

    await saw("WATCHDOG=1");

    // A new certificate, by SIGHUP.
    notified.length = 0;
    expect(await commonName(appliance.apiPort)).toBe("localhost");
    useCertificate("wrong-name");
    appliance.signal("SIGHUP");
    await saw("RELOADING=1");
    await saw("READY=1");
    expect(await commonName(appliance.apiPort)).toBe("elsewhere.example");

    // Killed and started again, it goes on with the same folder.
    await appliance.kill();
    useCertificate("server");
    await appliance.start();
    await ingest("after-1", false);
    await told("after-1");
    expect(jira.issues.length).toBeLessThanOrEqual(3);
    await until(
      () => jira.issues.length === 3,
      undefined,
      () => `no third ticket\n${appliance.log}`,
    );
    notified.length = 0;
    expect(await appliance.terminate()).toBe(0);
    await saw("STOPPING=1");
    expect(appliance.log).not.toMatch(/"level":"error"|Warning|\n\s+at /);

    // Not through to a ticket system whose certificate another authority has signed.
    appliance.env.JIRA_CA_FILE = join(certificates, "other-ca.pem");
    const asked = jira.log.length;
    const { code, stdout } = await appliance.runAside(["check"]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^problem: jira: .*(certificate|issuer)/m)]);
    expect(jira.log).toHaveLength(asked);
  })(),
);

/** The name in the certificate that a server shows. */
function commonName(port: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test.concurrent(
  "users of one runtime log in under the next, on the same folder",
  cleaningUp(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-moved-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const known: string[] = ["admin"];
    for (const runtime of ["bun", "deno", "node", "bun"] as const) {
      const appliance = await ApplianceProcess.prepare({
        folder,
        program: starts[runtime].program,
        env: { RHYTHMX_ADMIN_PASSWORD: password },
      });
      defer(() => appliance.kill());
      await appliance.start();
      const name = `made-by-${runtime}-${known.length}`;
      const added = appliance.run(["user", "add", name, "--role", "viewer"], `${password}\n`);
      expect(added).toMatchObject({ code: 0 });
      known.push(name);
      for (const username of known) {
        const body = JSON.stringify({ username, password });
        const headers = { "Content-Type": "application/json" };
        const answer = await fetch(`${appliance.apiUrl}/api/login`, { method: "POST", headers, body });
        expect([runtime, username, answer.status]).toEqual([runtime, username, 200]);
      }
      expect(await appliance.terminate()).toBe(0);
    }
  }),
);
