import { afterEach, describe, expect, test } from "bun:test";
import { numbered, texts, withoutRepeats } from "../../../test/harness/delivery.ts";
import { RelpReceiver } from "../../../test/harness/relp-receiver.ts";
import type { ReceiverTls } from "../../../test/harness/stream-receiver.ts";
import { SyslogReceiver } from "../../../test/harness/syslog-receiver.ts";
import { pem, serverPair } from "../../../test/harness/test-certificates.ts";
import type { SyslogSenderOptions, TlsMaterial } from "../options.ts";
import { probe } from "../probe.ts";
import { createSyslogSender } from "../sender.ts";

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function receiving(tls?: ReceiverTls): Promise<SyslogReceiver> {
  const receiver = await SyslogReceiver.started(tls ? { tls } : {});
  cleanUps.push(() => receiver.stop());
  return receiver;
}

const trusted = { ca: pem("ca.pem"), verify: true };
const client = { cert: pem("client.pem"), key: pem("client.key") };
const mutual = { ...serverPair("server"), clientCa: pem("ca.pem") };

function optionsFor(
  port: number,
  tls: TlsMaterial | (() => TlsMaterial),
  more: Partial<SyslogSenderOptions> = {},
): SyslogSenderOptions {
  const limits = { backoffMinMs: 10, backoffMaxMs: 50 };
  const material = typeof tls === "function" ? tls : () => tls;
  return { protocol: "tls", host: "127.0.0.1", port, framing: "octet", tls: material, limits, ...more };
}

describe("delivery over TLS", () => {
  test.each(["octet", "lf"] as const)("with client certificates, %s", async (framing) => {
    const receiver = await receiving(mutual);
    const sender = createSyslogSender(
      optionsFor(receiver.port, { ...trusted, ...client }, { framing, host: "localhost" }),
    );
    cleanUps.push(() => sender.close());
    const messages = numbered(3000, 1200);
    await sender.send(messages);
    await receiver.until(() => receiver.messages.length === messages.length);
    expect(receiver.messages).toEqual(texts(messages));
    expect(sender.status()).toMatchObject({ connected: true, written: 3000, resent: 0, errors: 0, lastError: null });
  });

  test("survives resets with nothing lost", async () => {
    const receiver = await receiving(serverPair("server"));
    receiver.misbehaviour = { resetAfter: 400 };
    const sender = createSyslogSender(
      optionsFor(receiver.port, trusted, {
        limits: {
          backoffMinMs: 10,
          backoffMaxMs: 50,
          settleMs: 60,
          resendMs: 3_000,
          tlsGraceMs: 20,
        },
      }),
    );
    cleanUps.push(() => sender.close());
    const messages = numbered(1500);
    const sending = (async () => {
      for (let at = 0; at < messages.length; at += 100) {
        await sender.send(messages.slice(at, at + 100));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    await receiver.until(() => sender.status().errors >= 4);
    receiver.misbehaviour = {};
    await sending;
    await receiver.until(() => withoutRepeats(receiver.messages).length === messages.length);
    expect(withoutRepeats(receiver.messages)).toEqual(texts(messages));
  });

  test("a refused client certificate never counts as connected, and nothing is lost when it is put right", async () => {
    const receiver = await receiving(mutual);
    let material: TlsMaterial = trusted;
    const states: boolean[] = [];
    const sender = createSyslogSender(
      optionsFor(receiver.port, () => material, { onStateChange: ({ connected }) => states.push(connected) }),
    );
    cleanUps.push(() => sender.close());
    const sending = sender.send(numbered(10));
    await receiver.until(() => sender.status().errors >= 2);
    expect(sender.status()).toMatchObject({ connected: false, written: 0 });
    expect(sender.status().lastError).toContain("client certificate");
    expect(states).not.toContain(true);
    material = { ...trusted, ...client };
    await sending;
    await receiver.until(() => receiver.messages.length === 10);
    expect(sender.status()).toMatchObject({ connected: true, lastError: null });
  });

  test("a close that the receiver answers leaves nothing at risk, one that it does not leaves what it may not have read", async () => {
    for (const deaf of [false, true]) {
      const receiver = await receiving(mutual);
      const material = { ...trusted, ...client };
      const sender = createSyslogSender(optionsFor(receiver.port, () => material, { limits: { closeMs: 200 } }));
      await sender.send(numbered(10));
      await receiver.until(() => receiver.messages.length === 10);
      if (deaf) receiver.pause();
      await sender.send(numbered(100, 1200));
      await sender.close();
      expect(sender.held().atRisk).toBe(deaf);
    }
  });
});

describe("probe", () => {
  const bad: [string, ReceiverTls, TlsMaterial, string, string][] = [
    ["an unknown CA", serverPair("server"), { ca: pem("other-ca.pem"), verify: true }, "tls_untrusted", "ca_file"],
    ["no CA given", serverPair("server"), { verify: true }, "tls_untrusted", "ca_file"],
    [
      "a certificate for another name",
      serverPair("wrong-name"),
      trusted,
      "tls_name",
      "is not for 127.0.0.1; set server_name",
    ],
    [
      "an expected name that is missing",
      serverPair("server"),
      { ...trusted, serverName: "siem.example" },
      "tls_name",
      "is not for siem.example",
    ],
    ["an expired certificate", serverPair("expired"), trusted, "tls_expired", "has expired"],
    ["a client certificate missing", mutual, trusted, "tls_client_certificate", "client certificate"],
    [
      "a key that does not fit",
      mutual,
      { ...trusted, cert: client.cert, key: pem("server.key") },
      "tls_files",
      "belong together",
    ],
    ["files that are no PEM", mutual, { ...trusted, cert: "secret-text", key: "secret-text" }, "tls_files", "PEM"],
  ];

  test.each(bad)("%s", async (_, server, material, code, words) => {
    const receiver = await receiving(server);
    const error = await probe(optionsFor(receiver.port, material)).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code, retryable: true });
    expect((error as Error).message).toContain(words);
    expect((error as Error).message).toContain(`127.0.0.1:${receiver.port}`);
    expect((error as Error).message).not.toMatch(/secret-text|BEGIN|\n/);
  });

  const good: [string, ReceiverTls, TlsMaterial][] = [
    ["the right CA and an address in the certificate", serverPair("server"), trusted],
    ["a client certificate that is accepted", mutual, { ...trusted, ...client }],
    [
      "the name that the certificate carries",
      serverPair("wrong-name"),
      { ...trusted, serverName: "elsewhere.example" },
    ],
    ["no verification", serverPair("expired"), { verify: false }],
  ];

  test.each(good)("accepts %s", async (_, server, material) => {
    const receiver = await receiving(server);
    await probe(optionsFor(receiver.port, material));
    expect(receiver.messages).toEqual([]);
  });

  test("a plain receiver where TLS is expected", async () => {
    const receiver = await receiving();
    receiver.misbehaviour = { closeOnAccept: true };
    const error = probe(optionsFor(receiver.port, trusted));
    expect(error).rejects.toMatchObject({ code: expect.stringMatching(/^(tls_handshake|reset)$/) });
    await error.catch(() => {});
  });

  test("nothing listens, a name that does not resolve, a RELP receiver, a receiver that is none", async () => {
    const receiver = await receiving();
    const plain = { protocol: "tcp", host: "127.0.0.1", port: receiver.port, framing: "lf" } as const;
    await probe(plain);
    await probe({ ...plain, protocol: "udp" });
    const relp = new RelpReceiver();
    await relp.start();
    cleanUps.push(() => relp.stop());
    await probe({ ...plain, protocol: "relp", port: relp.port });
    expect(relp.goodbyes).toBe(1);
    const failure = async (options: SyslogSenderOptions) =>
      probe(options).then(
        () => "",
        (error: { code: string }) => error.code,
      );
    expect(await failure({ ...plain, protocol: "relp", limits: { connectMs: 200 } })).toBe("timeout");
    expect(await failure({ ...plain, protocol: "udp", host: "no-such-host.invalid" })).toBe("unresolved");
    await receiver.stop();
    expect(await failure(plain)).toBe("refused");
  });
});
