/** Every transport into a real rsyslogd. */
import { afterEach, describe, expect, test } from "bun:test";
import type { SyslogSender } from "../../core/ports.ts";
import type { SyslogSenderOptions } from "../../transports/syslog/options.ts";
import { probe } from "../../transports/syslog/probe.ts";
import { createSyslogSender } from "../../transports/syslog/sender.ts";
import { numbered, texts, withoutRepeats } from "../harness/delivery.ts";
import { installed, Rsyslog } from "../harness/rsyslog.ts";
import { pem } from "../harness/test-certificates.ts";

const here = installed("rsyslogd", "rsyslog rsyslog-relp rsyslog-openssl");
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function receiving(input: Parameters<typeof Rsyslog.started>[0]): Promise<Rsyslog> {
  const rsyslog = await Rsyslog.started(input);
  cleanUps.push(() => rsyslog.remove());
  return rsyslog;
}

function sending(options: Pick<SyslogSenderOptions, "protocol" | "port"> & Partial<SyslogSenderOptions>): SyslogSender {
  const sender = createSyslogSender({
    host: "127.0.0.1",
    framing: "octet",
    limits: { backoffMinMs: 20, backoffMaxMs: 200 },
    ...options,
  });
  cleanUps.push(() => sender.close());
  return sender;
}

/** Quotes, brackets, backslashes, non-ASCII, an empty value, escaped line feeds. */
const tricky = Buffer.from(
  '<134>1 2026-03-13T04:30:00Z RhythmX sigma_alerts 4711 FIRST [sigma@32473 id="1" empty="" title="a \\"b\\" \\] \\\\ ü"] {"raw":"line\\nline","n":36893488147419103232}',
);
const messages = [tricky, ...numbered(2000, 1200)];
const tls = {
  ca: pem("ca.pem"),
  cert: pem("client.pem"),
  key: pem("client.key"),
  serverName: "localhost",
  verify: true,
};
const stranger = { ca: pem("ca.pem"), serverName: "localhost", verify: true };

if (here) {
  describe("rsyslog gets every message byte for byte, in order", () => {
    const cases = [
      ["imtcp", "tcp", "lf"],
      ["imtcp", "tcp", "octet"],
      ["imtcp-tls", "tls", "octet"],
      ["imtcp-tls", "tls", "lf"],
      ["imrelp", "relp", "octet"],
      ["imrelp-tls", "relp", "octet"],
      ["imudp", "udp", "lf"],
    ] as const;

    test.each(cases)("%s, protocol %s, framing %s", async (input, protocol, framing) => {
      const rsyslog = await receiving(input);
      const options = {
        protocol,
        framing,
        port: rsyslog.port,
        ...(input.endsWith("-tls") ? { tls: () => tls } : {}),
      };
      await probe({ host: "127.0.0.1", ...options });
      const sender = sending(options);
      for (let at = 0; at < messages.length; at += 500) await sender.send(messages.slice(at, at + 500));
      const got = await rsyslog.until((all) => all.length >= messages.length);
      expect(got).toEqual(texts(messages));
      expect(sender.status()).toEqual({
        connected: true,
        written: messages.length,
        resent: 0,
        errors: 0,
        lastError: null,
      });
    });
  });

  test.each([
    ["imtcp-tls", "tls"],
    ["imrelp-tls", "relp"],
  ] as const)("%s refuses a stranger, and the probe says so", async (input, protocol) => {
    const rsyslog = await receiving(input);
    const options = {
      protocol,
      host: "127.0.0.1",
      framing: "octet",
      port: rsyslog.port,
      tls: () => stranger,
    } as const;
    const error = await probe(options).then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error?.message).toMatch(/certificate|cert_file/);
  });

  test.each(["tcp", "relp"] as const)("%s over a kill and a restart loses nothing", async (protocol) => {
    const rsyslog = await receiving(protocol === "tcp" ? "imtcp" : "imrelp");
    const sender = sending({ protocol, framing: "octet", port: rsyslog.port });
    const all = numbered(20_000, 1200);
    const feed = (async () => {
      for (let at = 0; at < all.length; at += 200) {
        await sender.send(all.slice(at, at + 200));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    await rsyslog.until((got) => got.length > 3000);
    await rsyslog.stop("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await rsyslog.start();
    await feed;
    const got = await rsyslog.until((lines) => new Set(lines).size >= all.length);
    // A kill may cut the line that was being written.
    const whole = new Set(texts(all));
    expect(withoutRepeats(got).filter((line) => whole.has(line))).toEqual(texts(all));
    expect(sender.status().errors).toBeGreaterThan(0);
  });
} else {
  test("rsyslog is not installed: see the line above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}
