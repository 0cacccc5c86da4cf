/** What the listener of API and console refuses below the level of its routes. docs/security.md refers to it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectTls, type SecureVersion } from "node:tls";
import { readPair } from "../../appliance/certificate/read-pair.ts";
import { ApiListener } from "../../appliance/runtime/listeners.ts";
import { Faults } from "../../core/faults.ts";
import { TestAppliance } from "../harness/appliance.ts";

const tls = join(import.meta.dirname, "../data/tls");

describe("TLS", () => {
  const files = { certFile: join(tls, "server.pem"), keyFile: join(tls, "server.key"), own: false };
  let api: ApiListener;
  beforeAll(async () => {
    const address = { host: "127.0.0.1", port: 0 };
    api = await ApiListener.start(
      address,
      { files, read: () => readPair(files) },
      () => new Response("ok"),
      new Faults(Date.now),
    );
  });
  afterAll(() => api.stop());

  /** The protocol that both agree on; null = none. */
  function agreed(options: { maxVersion?: SecureVersion; minVersion?: SecureVersion; ciphers?: string }) {
    return new Promise<string | null>((resolve) => {
      const { hostname: host, port } = new URL(api.url);
      const socket = connectTls({ host, port: Number(port), rejectUnauthorized: false, ...options }, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      });
      socket.on("error", () => resolve(null));
    });
  }

  test("1.3 and 1.2 with forward secrecy and authenticated encryption, and nothing older or weaker", async () => {
    expect(await agreed({})).toBe("TLSv1.3");
    const old = { maxVersion: "TLSv1.2" } as const;
    expect(await agreed({ ...old, ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" })).toBe("TLSv1.2");
    expect(await agreed({ ...old, ciphers: "AES128-GCM-SHA256" })).toBeNull();
    expect(await agreed({ ...old, ciphers: "ECDHE-ECDSA-AES128-SHA" })).toBeNull();
    expect(await agreed({ minVersion: "TLSv1", maxVersion: "TLSv1.1" })).toBeNull();
  });
});

describe("HTTP", () => {
  let appliance: TestAppliance;
  beforeAll(async () => {
    appliance = await TestAppliance.start();
  });
  afterAll(() => appliance.dispose());

  /** All that comes back until the other side closes, or until it has answered `expected` requests. */
  function raw(text: string, expected: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const { hostname: host, port } = new URL(appliance.appliance.apiUrl);
      let answer = "";
      const socket = connect({ host, port: Number(port) }, () => socket.write(text));
      socket.on("data", (part) => {
        answer += part.toString();
        if (answer.split("HTTP/1.1 ").length > expected) socket.destroy();
      });
      socket.on("close", () => resolve(answer));
      socket.on("error", reject);
    });
  }

  const inner = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

  test.each([
    ["a length beside chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["two lengths", "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"],
    ["a length that is none", "Content-Length: +4\r\n\r\nabcd"],
  ])("a request with %s is refused, and what follows it is no request of its own", async (_, rest) => {
    const answer = await raw(`POST /api/login HTTP/1.1\r\nHost: a\r\n${rest}${inner}`, 2);
    expect(answer).toStartWith("HTTP/1.1 400");
    expect(answer).not.toContain("200 OK");
  });

  test("TRACE gives nothing back", async () => {
    const answer = await raw("TRACE / HTTP/1.1\r\nHost: a\r\nX-Secret: do not repeat\r\n\r\n", 1);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/);
    expect(answer).not.toContain("do not repeat");
  });
});
