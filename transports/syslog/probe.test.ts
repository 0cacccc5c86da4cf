/** What a test of a destination says, step by step. */
import { afterEach, expect, test } from "bun:test";
import { createServer } from "node:net";
import { freePort } from "../../test/harness/free-port.ts";
import { RelpReceiver } from "../../test/harness/relp-receiver.ts";
import { SyslogReceiver } from "../../test/harness/syslog-receiver.ts";
import { pem, serverPair } from "../../test/harness/test-certificates.ts";
import { UdpReceiver } from "../../test/harness/udp-receiver.ts";
import type { SyslogSenderOptions, TlsMaterial } from "./options.ts";
import { probeSteps, sendOnce } from "./probe.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const trusted = { ca: pem("ca.pem"), verify: true };
const client = { cert: pem("client.pem"), key: pem("client.key") };

async function receiving<R extends SyslogReceiver | RelpReceiver>(starting: Promise<R> | R): Promise<R> {
  const receiver = await starting;
  cleanUp.push(() => receiver.stop());
  return receiver;
}

function to(
  protocol: SyslogSenderOptions["protocol"],
  port: number,
  tls: TlsMaterial | null = null,
): SyslogSenderOptions {
  return { protocol, host: "localhost", port, framing: "lf", tls: () => tls, limits: { connectMs: 3_000 } };
}

/** Name and outcome of each step, and the last one whole. */
async function tried(options: SyslogSenderOptions) {
  const steps = await probeSteps(options);
  return { names: steps.map(({ name, ok }) => `${name}${ok ? "" : " failed"}`), steps, last: steps.at(-1) };
}

test("a receiver over TLS: the handshake, with the chain; our certificate where it asks for one", async () => {
  const tls = { ...serverPair("server"), clientCa: pem("ca.pem") };
  const receiver = await receiving(SyslogReceiver.started({ tls }));
  const good = await tried(to("tls", receiver.port, { ...trusted, ...client }));
  expect(good.names).toEqual(["Resolve", "Connect", "TLS handshake", "Stay connected"]);
  expect(good.steps[2]).toMatchObject({
    detail: expect.stringMatching(
      /^TLS 1\.3, TLS_\w+; the certificate is trusted and holds until \d{4}-.*not refused$/,
    ),
  });
  const issuer = "RhythmX test CA";
  expect(good.steps[2]?.certificates?.[0]).toMatchObject({
    subject: "localhost",
    issuer,
    names: "localhost, 127.0.0.1",
  });
  const unchecked = await tried(to("tls", receiver.port, { verify: false, ...client }));
  expect(unchecked.steps[2]).toMatchObject({ ok: true, warning: true, detail: expect.stringContaining("not checked") });
  const without = await tried(to("tls", receiver.port, trusted));
  expect(without.names).toEqual(["Resolve", "Connect", "TLS handshake failed"]);
  expect(without.last?.detail).toMatch(/client certificate|demands one/);
  expect(receiver.messages).toEqual([]);
});

test.each([
  ["server", { verify: true }, "signed by a CA that is not trusted here"],
  ["wrong-name", trusted, "is not for localhost; set server_name"],
  ["expired", trusted, "has expired"],
] as const)("a certificate that does not do (%s) is shown all the same", async (which, material, words) => {
  const receiver = await receiving(SyslogReceiver.started({ tls: serverPair(which) }));
  const { names, last } = await tried(to("tls", receiver.port, material));
  expect(names).toEqual(["Resolve", "Connect", "TLS handshake failed"]);
  expect(last?.detail).toContain(words);
  expect(last?.certificates?.[0]?.subject).toMatch(/\w/);
});

test("RELP: the session with the receiver's own words, and one that takes no syslog", async () => {
  const receiver = new RelpReceiver();
  await receiver.start();
  await receiving(receiver);
  const good = await tried(to("relp", receiver.port));
  expect(good.names).toEqual(["Resolve", "Connect", "RELP session"]);
  expect(good.last?.words).toMatch(/OK/);
  receiver.misbehaviour = { offers: "200 OK\nrelp_version=0\ncommands=eventlog" };
  const refused = await tried(to("relp", receiver.port));
  expect(refused.names).toEqual(["Resolve", "Connect", "RELP session failed"]);
  expect(refused.last?.detail).toContain("takes no syslog messages over RELP");
});

test("nobody there, no such name, a port without TLS, files that do not do", async () => {
  const dead = await tried(to("tcp", await freePort()));
  expect(dead.names).toEqual(["Resolve", "Connect failed"]);
  expect(dead.last).toEqual({ name: "Connect", ok: false, detail: expect.stringContaining("nothing listens on") });
  const unknown = await tried({ ...to("tcp", 514), host: "nobody.invalid" });
  expect(unknown.names).toEqual(["Resolve failed"]);
  const plain = createServer((socket) => socket.on("data", () => socket.end("no\n")).on("error", () => {}));
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  cleanUp.push(() => plain.close());
  const { port } = plain.address() as { port: number };
  const noTls = await tried({ ...to("tls", port, trusted), host: "127.0.0.1" });
  expect(noTls.names).toEqual(["Resolve", "Connect", "TLS handshake failed"]);
  const files = () => {
    throw new Error("the file is gone");
  };
  const gone = await tried({ ...to("tls", port), tls: files });
  expect(gone.last).toEqual({ name: "TLS files", ok: false, detail: "the file is gone" });
  const bad = await tried(to("tls", port, { ...trusted, cert: "x", key: "y" }));
  expect(bad.names).toEqual(["Resolve", "TLS files failed"]);
});

test("one message, and how far its way is known; the first failure is the answer", async () => {
  const relp = new RelpReceiver();
  await relp.start();
  await receiving(relp);
  const bytes = Buffer.from("<134>1 - - - - - - hello");
  expect(await sendOnce(to("relp", relp.port), bytes, 10_000)).toBe("the receiver has acknowledged it");
  expect(relp.messages).toEqual([bytes.toString()]);
  const udp = new UdpReceiver();
  await udp.start();
  cleanUp.push(() => udp.stop());
  expect(await sendOnce({ ...to("udp", udp.port), host: "127.0.0.1" }, bytes, 10_000)).toContain("UDP cannot tell");
  await expect(sendOnce(to("tcp", await freePort()), bytes, 60_000)).rejects.toThrow("nothing listens on");
});
