/** The pack `syslog`: its files as they are, ports and folders apart, run by rsyslog and syslog-ng with the whole corpus. */
import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fieldsOfMessage } from "../../core/feeds/fields.ts";
import type { SyslogSenderOptions } from "../../transports/syslog/options.ts";
import { createSyslogSender } from "../../transports/syslog/sender.ts";
import { installed } from "../harness/rsyslog.ts";
import { syslogNgUnpacked } from "../harness/syslog-ng.ts";
import { pem } from "../harness/test-certificates.ts";
import { type CorpusMessage, makeCorpus } from "./corpus.ts";
import { type Daemon, rsyslogOfPack, syslogNgOfPack } from "./syslog-daemons.ts";

const packages = "rsyslog rsyslog-relp rsyslog-openssl";
const here = installed("rsyslogd", packages) && syslogNgUnpacked();
const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const corpus = here ? await makeCorpus() : null;
/** What a destination gets, and forms of it. */
const sentTo = (changed = {}) => corpus?.messages(changed) ?? [];
const variants = () => corpus?.variants() ?? [];

const tls = () => ({ ca: pem("ca.pem"), serverName: "localhost", verify: true });

async function started(daemon: Daemon): Promise<Daemon> {
  cleanUps.push(() => daemon.remove());
  await daemon.start();
  return daemon;
}

function sending(options: Pick<SyslogSenderOptions, "protocol" | "port"> & Partial<SyslogSenderOptions>) {
  const limits = { backoffMinMs: 20, backoffMaxMs: 200 };
  const sender = createSyslogSender({ host: "127.0.0.1", framing: "octet", limits, ...options });
  cleanUps.push(() => sender.close());
  return sender;
}

/** One object of the JSON file, by the names of the list of fields. */
function fields(line: string, { kind }: CorpusMessage): Record<string, string> {
  const { sd } = JSON.parse(line) as { sd: Record<string, Record<string, string>> };
  const given = new Map(
    Object.entries(sd).flatMap(([id, params]) =>
      Object.entries(params).map(([name, value]) => [`${id.split("@")[0]} ${name}`, value]),
    ),
  );
  const named = fieldsOfMessage(kind).flatMap(({ name, sd }) => {
    const value = sd === null ? undefined : given.get(sd);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(named);
}

/** Each message as it was sent, and every field of it. */
async function expectAll(daemon: Daemon, sent: readonly CorpusMessage[]): Promise<void> {
  const raw = await daemon.until("rhythmx.log", sent.length);
  expect(raw).toEqual(sent.map(({ line }) => line));
  const json = await daemon.until("rhythmx.json", sent.length);
  for (const [n, message] of sent.entries()) {
    const { line, body, expected } = message;
    expect({ line, ...fields(json[n] ?? "", message) }).toEqual({ line, ...expected });
    expect(JSON.parse(json[n] ?? "")).toMatchObject({ body, host: /^\S+ \S+ (\S+)/.exec(line)?.[1] });
  }
}

if (here) {
  describe("every field of every message", () => {
    const cases = [
      ["rsyslog", "tcp", "lf"],
      ["rsyslog", "tcp", "octet"],
      ["rsyslog", "tls", "octet"],
      ["rsyslog", "relp", "octet"],
      ["rsyslog", "udp", "lf"],
      ["syslog-ng", "tcp", "lf"],
      ["syslog-ng", "tcp", "octet"],
      ["syslog-ng", "tls", "octet"],
      ["syslog-ng", "udp", "lf"],
    ] as const;

    test.each(cases)("%s over %s, framing %s", async (program, protocol, framing) => {
      const daemon = await started(program === "rsyslog" ? await rsyslogOfPack() : await syslogNgOfPack());
      const sender = sending({
        protocol,
        framing,
        port: daemon.ports[protocol === "tcp" && framing === "octet" ? "octet" : protocol],
        ...(protocol === "tls" ? { tls } : {}),
      });
      const all = [...sentTo(protocol === "udp" ? { maxBytes: 2048 } : {}), ...variants()];
      // A datagram that the receiver is not in time for is lost, by nature: a few at a time.
      const sent = protocol === "udp" ? all.filter(({ line }) => Buffer.byteLength(line) <= 2048).slice(0, 300) : all;
      const atOnce = protocol === "udp" ? 20 : 200;
      for (let at = 0; at < sent.length; at += atOnce) {
        await sender.send(sent.slice(at, at + atOnce).map(({ line }) => Buffer.from(line)));
        if (protocol === "udp") await daemon.until("rhythmx.log", Math.min(sent.length, at + atOnce));
      }
      await expectAll(daemon, sent);
    });
  });

  test("rsyslog killed in the middle loses nothing that RELP has acknowledged", async () => {
    const daemon = await started(await rsyslogOfPack());
    const sender = sending({ protocol: "relp", port: daemon.ports.relp });
    const sent = sentTo().map(({ line }) => line);
    const feed = (async () => {
      for (let at = 0; at < sent.length; at += 50)
        await sender.send(sent.slice(at, at + 50).map((line) => Buffer.from(line)));
    })();
    await daemon.until("rhythmx.log", 300);
    await daemon.stop("SIGKILL");
    await daemon.start();
    await feed;
    const whole = new Set(sent);
    // A kill may cut the line that was being written.
    const got = await daemon.untilAll("rhythmx.log", sent);
    expect(new Set(got.filter((line) => whole.has(line))).size).toBe(whole.size);
  });

  test("the relay passes messages on byte for byte, after the SIEM was away", async () => {
    const siem = await rsyslogOfPack();
    cleanUps.push(() => siem.remove());
    const relay = await started(await rsyslogOfPack({ siem: siem.ports.tcp }));
    const sender = sending({ protocol: "relp", port: relay.ports.relp });
    const sent = sentTo().map(({ line }) => line);
    await sender.send(sent.map((line) => Buffer.from(line)));
    await relay.until("rhythmx.log", sent.length);
    await siem.start();
    // At least once: rsyslog sends a message again whose connection it gave up.
    const got = new Set(await siem.untilAll("rhythmx.log", sent));
    expect([...got].sort()).toEqual([...new Set(sent)].sort());
  });

  test("the ports of the documents are those of the files", () => {
    const pack = join(import.meta.dirname, "../../appliance/packs/syslog");
    const readme = readFileSync(join(pack, "README.md"), "utf8");
    const ports = [...readme.matchAll(/"port": (\d+)/g)].map(([, port]) => port);
    const files = ["rsyslog-receive.conf", "syslog-ng.conf"]
      .map((name) => readFileSync(join(pack, name), "utf8"))
      .join();
    for (const port of ports) expect(files).toMatch(new RegExp(`port\\(${port}\\)|port="${port}"`));
    expect(ports.length).toBeGreaterThan(3);
  });
} else {
  test("rsyslog and syslog-ng are not here: see the lines above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}
