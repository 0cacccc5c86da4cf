/** The whole sample into every kind of real receiver at the same time: each gets all of it. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { until } from "../harness/appliance.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { type Input, installed, Rsyslog } from "../harness/rsyslog.ts";
import { SyslogNg, syslogNgUnpacked } from "../harness/syslog-ng.ts";
import { sampleText } from "./sample.ts";
import { occurrences, records, verify } from "./verify-sample.ts";

const here = installed("rsyslogd", "rsyslog rsyslog-relp rsyslog-openssl") && syslogNgUnpacked();
const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const tls = Object.fromEntries(
  Object.entries({ ca_file: "ca.pem", cert_file: "client.pem", key_file: "client.key" }).map(([key, name]) => [
    key,
    join(import.meta.dirname, "../data/tls", name),
  ]),
);

interface Receiver {
  input: Input;
  settings: Record<string, unknown>;
}

const rsyslogs: Receiver[] = [
  { input: "imtcp", settings: { protocol: "tcp", framing: "lf" } },
  { input: "imptcp", settings: { protocol: "tcp", framing: "octet" } },
  { input: "imtcp-tls", settings: { protocol: "tls", tls } },
  { input: "imrelp", settings: { protocol: "relp" } },
  { input: "imrelp-tls", settings: { protocol: "relp", tls } },
];

const syslogNgs = [
  { source: 'syslog(ip("127.0.0.1") port(PORT) transport("tcp"))', settings: { preset: "syslog-ng" } },
  {
    source: 'network(ip("127.0.0.1") port(PORT) transport("tcp") flags(syslog-protocol))',
    settings: { preset: "syslog-ng", framing: "lf" },
  },
];

if (here) {
  test("imtcp, imptcp, imrelp, both with client certificates, and both sources of syslog-ng", async () => {
    const syslog: Record<string, unknown>[] = [];
    const destination = (port: number, settings: Record<string, unknown>) =>
      syslog.push({ name: `to-${syslog.length}`, host: "127.0.0.1", port, max_bytes: 8192, ...settings });
    const fromRsyslog: Rsyslog[] = [];
    for (const { input, settings } of rsyslogs) {
      const rsyslog = await Rsyslog.started(input);
      cleanUp.push(() => rsyslog.remove());
      fromRsyslog.push(rsyslog);
      destination(rsyslog.port, settings);
    }
    const fromSyslogNg: SyslogNg[] = [];
    for (const { source, settings } of syslogNgs) {
      const syslogNg = await SyslogNg.started(source);
      cleanUp.push(() => syslogNg.remove());
      fromSyslogNg.push(syslogNg);
      destination(syslogNg.port, settings);
    }

    const daemon = { poll_interval_seconds: 0.2, hourly_interval_minutes: 0.02 };
    const appliance = await ApplianceProcess.prepare({ config: { syslog, daemon } });
    cleanUp.push(() => appliance.dispose());
    await appliance.start();
    const key = appliance.run(["key", "create", "test", "--scope", "ingest"]).stdout.trim();
    const response = await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      headers: { "X-API-Key": key, "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip" },
      body: gzipSync(sampleText()),
    });
    expect(await response.json()).toMatchObject({ accepted: records.length, rejected: [] });

    const told = () => fromRsyslog.map((rsyslog) => occurrences(rsyslog.messages()));
    await until(
      () => told().every((count) => count >= records.length),
      180_000,
      () => `told: ${told().join(", ")}`,
    );
    for (const rsyslog of fromRsyslog) verify(rsyslog.messages(), { max_bytes: 8192, protocol: "tcp" });

    // syslog-ng writes what it understood (test/harness/syslog-ng.ts): host, program, MSGID, no id in the element, the log.
    const understood = (fromRsyslog[0]?.messages() ?? [])
      .map((line) => parseRfc5424(line))
      .map(({ hostname, appName, msgid, msg }) => [hostname, appName, msgid, "", msg].join("|"))
      .sort();
    for (const syslogNg of fromSyslogNg) {
      const lines = await syslogNg.until((messages) => messages.length >= understood.length);
      expect(lines.sort()).toEqual(understood);
    }
  });
} else {
  test("rsyslog or syslog-ng is not there: see the line above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}
