/** The appliance's own certificate, by the front door: made at the first start, shown, replaced without a break, never given out with its key. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { password } from "../harness/api-client.ts";
import { TestAppliance } from "../harness/appliance.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { pem } from "../harness/test-certificates.ts";

let appliance: TestAppliance;
let port = 0;
beforeAll(async () => {
  // The test's certificates were issued later than the usual clock's time.
  const clock = new FakeClock(Date.UTC(2027, 0, 1));
  appliance = await TestAppliance.start({
    clock,
    env: { RHYTHMX_LISTEN: "0.0.0.0:0", RHYTHMX_ADMIN_PASSWORD: password },
  });
  port = Number(new URL(appliance.appliance.apiUrl).port);
});
afterAll(() => appliance.dispose());

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`https://127.0.0.1:${port}${path}`, { ...init, tls: { rejectUnauthorized: false } } as RequestInit);

type Call = (method: string, body?: unknown, path?: string) => Promise<{ status: number; text: string }>;

async function admin(): Promise<Call> {
  const json = { "Content-Type": "application/json" };
  const login = await ask("/api/login", {
    method: "POST",
    headers: json,
    body: JSON.stringify({ username: "admin", password }),
  });
  const { token } = (await login.json()) as { token: string };
  return async (method, body, path = "/api/system/certificate") => {
    const answer = await ask(path, {
      method,
      headers: { ...json, Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
}

function fingerprint(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("off loopback it speaks TLS with a certificate that it has made, and never plain HTTP", async () => {
  expect(appliance.appliance.apiUrl).toStartWith("https://");
  expect((await ask("/healthz")).status).toBe(200);
  const plain = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
  expect(plain?.status ?? "refused").toBe("refused");
  const call = await admin();
  const { text } = await call("GET");
  const shown = JSON.parse(text);
  expect(shown).toMatchObject({ source: "self_signed", changeable: true, certificate: { renews_itself: true } });
  expect(shown.certificate.fingerprint_sha256).toBe(await fingerprint());
  expect(text).not.toContain("PRIVATE KEY");
  expect((await call("PUT", { certificate: "x", private_key: "y" })).status).toBe(422);
});

test("an uploaded one is used at once, requests that run go on, the audit log says who, and it stays over a restart", async () => {
  const call = await admin();
  const before = await fingerprint();
  // A request that runs: its body ends only after the exchange.
  const { promise: exchanged, resolve: exchange } = Promise.withResolvers<void>();
  const record = `{"rule_title":"A","timestamp":"2026-03-13T04:29:55Z","level":"high","host":"WS-1","raw":"x"}\n`;
  const began = Promise.withResolvers<void>();
  const running = ask("/api/v1/ingest/detections", {
    method: "POST",
    headers: { "X-API-Key": appliance.key, "Content-Type": "application/x-ndjson" },
    body: new ReadableStream({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode(record));
        began.resolve();
        await exchanged;
        controller.enqueue(new TextEncoder().encode(record));
        controller.close();
      },
    }),
  });
  await began.promise;
  const server = { certificate: pem("server.pem").toString(), private_key: pem("server.key").toString() };
  const { status, text } = await call("PUT", server);
  expect([status, JSON.parse(text).source]).toEqual([200, "uploaded"]);
  expect(text).not.toContain("PRIVATE KEY");
  const uploaded = await fingerprint();
  expect(uploaded).not.toBe(before);
  expect(JSON.parse((await call("GET")).text).certificate.fingerprint_sha256).toBe(uploaded);
  exchange();
  expect(await (await running).json()).toMatchObject({ received: 2, accepted: 2 });
  const { text: noted } = await call("GET", undefined, "/api/audit?action=certificate.replace");
  expect(noted).toContain("certificate.replace");
  expect(noted).toContain(uploaded);
  expect(noted).not.toContain("PRIVATE KEY");

  appliance = await appliance.restarted();
  port = Number(new URL(appliance.appliance.apiUrl).port);
  expect(await fingerprint()).toBe(uploaded);
  const again = await admin();
  expect(JSON.parse((await again("DELETE")).text)).toMatchObject({ source: "self_signed" });
  expect(await fingerprint()).not.toBe(uploaded);
  expect(readFileSync(join(appliance.dataDir, "tls/server.crt"), "utf8")).toContain("BEGIN CERTIFICATE");
});

test("on loopback there is none, and none is made", async () => {
  const plain = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  try {
    expect(existsSync(join(plain.dataDir, "tls"))).toBe(false);
  } finally {
    await plain.dispose();
  }
});
