/** The appliance's own certificate, by the front door: made at the first start, shown, replaced without a break, never given out with its key. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
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

interface Answer {
  status: number;
  text: string;
  tag: string;
}
type Call = (method: string, body?: unknown, path?: string, more?: Record<string, string>) => Promise<Answer>;

async function admin(): Promise<Call> {
  const json = { "Content-Type": "application/json" };
  const login = await ask("/api/login", {
    method: "POST",
    headers: json,
    body: JSON.stringify({ username: "admin", password }),
  });
  const { token } = (await login.json()) as { token: string };
  return async (method, body, path = "/api/system/certificate", more = {}) => {
    const answer = await ask(path, {
      method,
      headers: { ...json, ...more, Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text(), tag: answer.headers.get("etag") ?? "" };
  };
}

/** Headers of a browser that is signed in to the console. */
async function signedIn(): Promise<Record<string, string>> {
  const page = { Origin: `https://127.0.0.1:${port}` };
  const signIn = await ask("/sign-in", {
    method: "POST",
    redirect: "manual",
    headers: page,
    body: new URLSearchParams({ username: "admin", password }),
  });
  const cookie = signIn.headers.getSetCookie().find((one) => one.startsWith("__Host-rhythmx=")) ?? "";
  return { ...page, Cookie: cookie.split(";")[0] ?? "" };
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

test("in the console it is pasted or chosen as files; what is none is refused with the way to mend it", async () => {
  const headers = await signedIn();
  const html = await (await ask("/system", { headers })).text();
  const form = html.split("<form").find((part) => part.includes('action="/console/system/certificate"')) ?? "";
  expect(form).toContain('enctype="multipart/form-data"');
  const token = /name="form_token" value="([^"]+)"/.exec(form)?.[1] ?? "";
  const send = async (fields: Record<string, string | Uint8Array>) => {
    const body = new FormData();
    body.set("form_token", token);
    for (const [name, value] of Object.entries(fields))
      body.set(name, typeof value === "string" ? value : new File([new Uint8Array(value)], `${name}.pem`));
    const path = "/console/system/certificate";
    const answer = await ask(path, { method: "POST", redirect: "manual", headers, body });
    return { status: answer.status, text: await answer.text() };
  };
  const before = await fingerprint();
  const [certificate, key] = [pem("server.pem"), pem("server.key")];
  const chosen = { certificate_file: certificate, private_key_file: key };
  const der = new Uint8Array(new X509Certificate(certificate).raw);
  for (const [fields, words] of [
    [{}, "paste it, or choose its file"],
    [{ certificate_file: certificate }, "Private key: paste it, or choose its file"],
    [{ ...chosen, certificate_file: der }, "The certificate is not in PEM form"],
    [{ ...chosen, certificate_file: Buffer.from("%PDF-1.7\n%\u00e2\0\n1 0 obj", "latin1") }, "is not in PEM form"],
    [{ ...chosen, certificate_file: key }, "holds a private key"],
    [{ ...chosen, private_key_file: pem("client.key") }, "The key does not belong to the certificate"],
  ] as [Record<string, Uint8Array>, string][]) {
    const { status, text } = await send(fields);
    expect([[400, 422].includes(status), text]).toEqual([true, expect.stringContaining(words)]);
  }
  expect(await fingerprint()).toBe(before);
  // As Windows writes them: with carriage returns and a byte order mark, or as UTF-16.
  const windows = `\ufeff${certificate.toString().replaceAll("\n", "\r\n")}`;
  const wide = Buffer.from(`\ufeff${key.toString()}`, "utf16le");
  expect((await send({ certificate_file: Buffer.from(windows), private_key_file: wide })).status).toBe(303);
  const uploaded = await fingerprint();
  expect(uploaded).not.toBe(before);
  const call = await admin();
  await call("DELETE");
  expect((await send({ certificate: windows, private_key: key.toString() })).status).toBe(303);
  expect(await fingerprint()).toBe(uploaded);
  // Its own is made anew as well, as after the machine got another name.
  const makeOwn = async () => {
    expect(await (await ask("/system", { headers })).text()).toContain('action="/console/system/self-signed"');
    const body = new URLSearchParams({ form_token: token });
    const answer = await ask("/console/system/self-signed", { method: "POST", redirect: "manual", headers, body });
    expect(answer.status).toBe(303);
    return fingerprint();
  };
  const [first, second] = [await makeOwn(), await makeOwn()];
  expect(new Set([uploaded, first, second]).size).toBe(3);
});

test("on loopback there is none, and none is made", async () => {
  const plain = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  try {
    expect(existsSync(join(plain.dataDir, "tls"))).toBe(false);
  } finally {
    await plain.dispose();
  }
});

test("one that somebody else has put there meanwhile stays: by If-Match, and by the page that showed another", async () => {
  const call = await admin();
  const seen = (await call("GET")).tag;
  expect(seen).toBe(`"${await fingerprint()}"`);
  const expecting = (tag: string) => [undefined, { "If-Match": tag }] as const;
  const made = await call("DELETE", undefined, ...expecting(seen));
  expect([made.status, made.tag]).toEqual([200, `"${await fingerprint()}"`]);
  expect(made.tag).not.toBe(seen);
  const late = await call("DELETE", undefined, ...expecting(seen));
  const pair = { certificate: pem("server.pem").toString(), private_key: pem("server.key").toString() };
  const replaced = await call("PUT", pair, ...expecting(seen));
  expect([late.status, replaced.status, `"${await fingerprint()}"`]).toEqual([412, 412, made.tag]);
  expect(late.text).toContain("was replaced by somebody else meanwhile");
  const headers = await signedIn();
  const html = await (await ask("/system", { headers })).text();
  const form = html.split("<form").find((part) => part.includes('action="/console/system/self-signed"')) ?? "";
  const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(form)?.[1] ?? "";
  const page = hidden("seen");
  const makeOwn = async (shown: string) => {
    const body = new URLSearchParams({ form_token: hidden("form_token"), seen: shown });
    const answer = await ask("/console/system/self-signed", { method: "POST", redirect: "manual", headers, body });
    return { status: answer.status, text: await answer.text() };
  };
  await call("DELETE");
  const present = await fingerprint();
  expect(page).not.toBe(present);
  const own = await makeOwn(page);
  expect([own.status, own.text]).toEqual([412, expect.stringContaining("was replaced by somebody else meanwhile")]);
  expect(await fingerprint()).toBe(present);
  expect((await makeOwn(present)).status).toBe(303);
  expect(await fingerprint()).not.toBe(present);
});
