/** What must be true of the messages that a receiver got of the sample, whatever carried them. */
import { expect } from "bun:test";
import { jsonPieces } from "../harness/json-pieces.ts";
import { type ParsedMessage, parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { seedGrok } from "../harness/seed-grok.ts";
import { hasHugeInteger, type SampleRecord, sampleRecords } from "./sample.ts";

/** Occurrences that messages tell of: the count in FIRST, the delta in HOURLY. */
export function occurrences(lines: string[]): number {
  let sum = 0;
  for (const line of lines) sum += Number(/ hourly_delta="(\d+)"/.exec(line)?.[1] ?? / count="(\d+)"/.exec(line)?.[1]);
  return sum;
}

export const records = sampleRecords();
export const byHash = Map.groupBy(records, ({ hash }) => hash);

/** Every message is valid and within the size, every alert is told whole and in order, and every log is the one sent in. */
export function verify(
  lines: string[],
  { max_bytes, protocol }: { max_bytes: number; protocol: string },
): { truncated: number; huge: number } {
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
