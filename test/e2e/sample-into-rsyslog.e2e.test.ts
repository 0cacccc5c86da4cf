/** The whole real sample through the real program's HTTP door into real rsyslogd: nothing missing, nothing changed, all of it readable. */
import { afterEach, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { until } from "../harness/appliance.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { installed, Rsyslog } from "../harness/rsyslog.ts";
import { sampleText } from "./sample.ts";
import { byHash, occurrences, records, verify } from "./verify-sample.ts";

const here = installed("rsyslogd", "rsyslog");
const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** HOURLY every 1.2 s, so that everything is told within the test. */
const daemon = { poll_interval_seconds: 0.2, hourly_interval_minutes: 0.02 };

interface Route {
  name: string;
  protocol: "tcp" | "udp";
  framing?: "lf" | "octet";
  max_bytes: number;
}
const lf: Route = { name: "lf", protocol: "tcp", framing: "lf", max_bytes: 8192 };
/** So large that no log of the sample has to be shortened. */
const octet: Route = { name: "octet", protocol: "tcp", framing: "octet", max_bytes: 60_000 };
const udp: Route = { name: "udp", protocol: "udp", max_bytes: 2048 };

/** Sends the sample in and returns what each route's rsyslogd has written. */
async function throughRsyslog(routes: Route[], body: Uint8Array | string, headers: Record<string, string>) {
  const receivers: Rsyslog[] = [];
  for (const { protocol } of routes) {
    const rsyslog = await Rsyslog.started(protocol === "udp" ? "imudp" : "imtcp");
    cleanUp.push(() => rsyslog.remove());
    receivers.push(rsyslog);
  }
  const syslog = routes.map((route, at) => ({ ...route, host: "127.0.0.1", port: receivers[at]!.port }));
  const appliance = await ApplianceProcess.prepare({ config: { syslog, daemon } });
  cleanUp.push(() => appliance.dispose());
  await appliance.start();
  const key = appliance.run(["key", "create", "test", "--scope", "ingest"]).stdout.trim();
  const response = await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
    method: "POST",
    headers: { "X-API-Key": key, ...headers },
    body: body as never,
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    received: records.length,
    accepted: records.length,
    duplicates: 0,
    alerts_new: byHash.size,
    alerts_updated: 0,
    rejected: [],
  });
  return Promise.all(
    receivers.map(async (rsyslog) => {
      let lines: string[] = [];
      const toldAll = () => {
        lines = rsyslog.messages();
        return occurrences(lines) >= records.length;
      };
      await slowly(toldAll, () => `${occurrences(lines)} of ${records.length} occurrences told`);
      return lines;
    }),
  );
}

/** Reading a receiver's whole file is work: not more often than needed. */
async function slowly(condition: () => boolean, describe: () => string): Promise<void> {
  await until(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 250));
      return condition();
    },
    180_000,
    describe,
  );
}

if (here) {
  test("NDJSON in gzip, to TCP with both framings and to UDP at the same time", async () => {
    const routes = [lf, octet, udp];
    const headers = { "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip" };
    const received = await throughRsyslog(routes, gzipSync(sampleText()), headers);
    const [byLf, byOctet] = routes.map((route, at) => verify(received[at]!, route));
    expect(byLf!.huge).toBeGreaterThan(300);
    expect(byOctet!.truncated).toBe(0);
    expect(byOctet!.huge).toBeGreaterThan(400);
  });

  test("NDJSON as it is", async () => {
    const [lines] = await throughRsyslog([octet], sampleText(), { "Content-Type": "application/x-ndjson" });
    verify(lines!, octet);
  });

  test("one JSON array", async () => {
    const array = `[${sampleText().trimEnd().replaceAll("\n", ",\n")}]`;
    const [lines] = await throughRsyslog([octet], array, { "Content-Type": "application/json" });
    verify(lines!, octet);
  });
} else {
  test("rsyslog is not installed: see the line above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}
