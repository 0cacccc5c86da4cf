/** The whole real sample through the real program's HTTP door into real rsyslogd: nothing missing, nothing changed, all of it readable. */
import { afterEach, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { until } from "../harness/appliance.ts";
import { jsonPieces } from "../harness/json-pieces.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { type ParsedMessage, parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { installed, Rsyslog } from "../harness/rsyslog.ts";
import { seedGrok } from "../harness/seed-grok.ts";
import { hasHugeInteger, type SampleRecord, sampleRecords, sampleText } from "./sample.ts";

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
    20_000,
    describe,
  );
}

/** Occurrences that messages tell of: the count in FIRST, the delta in HOURLY. */
function occurrences(lines: string[]): number {
  let sum = 0;
  for (const line of lines) sum += Number(/ hourly_delta="(\d+)"/.exec(line)?.[1] ?? / count="(\d+)"/.exec(line)?.[1]);
  return sum;
}

const records = sampleRecords();
const byHash = Map.groupBy(records, ({ hash }) => hash);

function verify(lines: string[], { max_bytes, protocol }: Route): { truncated: number; huge: number } {
  const first = new Map<string, ParsedMessage>();
  const newest = new Map<string, ParsedMessage>();
  const told = new Map<string, number>();
  for (const line of lines) {
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(max_bytes);
    const message = parseRfc5424(line);
    expect(message).toMatchObject({ pri: 134, hostname: "RhythmX", appName: "SigmaAlert" });
    expect(seedGrok(line)).toMatchObject({ msg_id: message.msgid!, json_body: message.msg! });
    const sigma = params(message, 0);
    const hash = sigma.hash!;
    if (message.msgid === "FIRST") {
      expect(first.has(hash)).toBe(false);
      first.set(hash, message);
    } else {
      expect(message.msgid).toBe("HOURLY");
      // Order per destination: an HOURLY never overtakes its FIRST.
      expect(first.has(hash)).toBe(true);
      newest.set(hash, message);
    }
    told.set(hash, (told.get(hash) ?? 0) + Number(sigma.hourly_delta ?? sigma.count));
    expect(told.get(hash)).toBe(Number(sigma.count));
  }
  const expected = new Map([...byHash].map(([hash, group]) => [hash, group.length]));
  expect([...told].sort()).toEqual([...expected].sort());
  expect(first.size).toBe(byHash.size);

  const found = { truncated: 0, huge: 0 };
  for (const [hash, group] of byHash) {
    compare(first.get(hash)!, group[0]!, found);
    const hourly = newest.get(hash);
    if (hourly === undefined) continue;
    const latest = group.reduce((best, record) => (record.at >= best.at ? record : best));
    compareBody(hourly, latest, found);
    const sigma = params(hourly, 0);
    expect(sigma.first_seen).toBe(wholeSeconds(Math.min(...group.map(({ at }) => at))));
    expect(sigma.last_seen).toBe(wholeSeconds(latest.at));
  }
  if (protocol === "udp") expect(found.truncated).toBeGreaterThan(100);
  return found;
}

function compare(message: ParsedMessage, record: SampleRecord, found: { truncated: number; huge: number }): void {
  if (compareBody(message, record, found)) return;
  const text = (value: string | null) => (value ?? "").trim().replace(/\p{Cc}/gu, " ");
  expect(params(message, 1)).toEqual({
    id: record.rule_id,
    title: text(record.rule_title),
    level: record.level,
    author: text(record.rule_author),
    tags: record.tags.join(","),
    entity: "Primary Site",
    user: text(record.user),
    host: text(record.host),
    ip: text(record.src_ip),
  });
}

/** The log piece by piece; returns whether the message was shortened. */
function compareBody(
  message: ParsedMessage,
  record: SampleRecord,
  found: { truncated: number; huge: number },
): boolean {
  const body = message.msg!;
  const source = JSON.parse(record.rawText) as Record<string, unknown>;
  const parsed = JSON.parse(body) as Record<string, unknown>;
  expect(/^[\x20-\x7e]*$/.test(body)).toBe(true);
  if (parsed.truncated === true && source.truncated === undefined) {
    found.truncated++;
    return true;
  }
  expect(jsonPieces(body)).toEqual(jsonPieces(record.rawText));
  if (hasHugeInteger(body)) found.huge++;
  return false;
}

function params(message: ParsedMessage, element: number): Record<string, string> {
  return Object.fromEntries(message.sd[element]?.params ?? []);
}

function wholeSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
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
  }, 60_000);

  test("NDJSON as it is", async () => {
    const [lines] = await throughRsyslog([octet], sampleText(), { "Content-Type": "application/x-ndjson" });
    verify(lines!, octet);
  }, 60_000);

  test("one JSON array", async () => {
    const array = `[${sampleText().trimEnd().replaceAll("\n", ",\n")}]`;
    const [lines] = await throughRsyslog([octet], array, { "Content-Type": "application/json" });
    verify(lines!, octet);
  }, 60_000);
} else {
  test("rsyslog is not installed: see the line above", () => {
    expect(process.env.CI).toBeFalsy();
  });
}
