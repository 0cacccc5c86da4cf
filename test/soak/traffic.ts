/**
 * The load of a soak, from a process of its own: detections in batches and singly, alarms, records whose id came before, batches that are sent
 * again under their Idempotency-Key, and records that must be refused. It keeps what was accepted, and writes that to a file in the end.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { answer, childOptions, onMessage } from "../bench/child.ts";
import { Dice } from "../chaos/dice.ts";
import { Latencies, type Summary } from "./latencies.ts";
import { shapeAt } from "./shape.ts";
import { Counts, makesIncident, recordOf } from "./subjects.ts";

export interface TrafficOptions {
  url: string;
  apiKey: string;
  seed: number;
  /** Where the counts go in the end: 32-bit numbers, by subject. */
  file: string;
}

export type TrafficCommand =
  /** As fast as it is taken; answered with `{ rate }`, records a second. */
  | { command: "measure"; seconds: number; shareOfNew: number }
  /** From now on so many records a second on average, in times more and less busy. Not answered. */
  | { command: "load"; rate: number; shareOfNew: number; cycleSeconds: number }
  | { command: "sample" }
  /** Begins nothing new, and answers with a `TrafficResult` when everything is answered. */
  | { command: "stop" };

export interface TrafficSample {
  batches: Summary;
  singles: Summary;
  /** Records answered so far. */
  records: number;
}

export interface TrafficResult extends TrafficSample {
  subjects: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  alarms: number;
  /** Batches that were sent again after their answer. */
  replayed: number;
  /** Answers that said to come again later. */
  deferred: number;
  /** Records that were left out because intake was too slow for the load. */
  skipped: number;
  violations: string[];
}

interface Answer {
  received: number;
  accepted: number;
  duplicates: number;
  rejected: { index: number }[];
}

const options = childOptions<TrafficOptions>();
const dice = new Dice(options.seed);
const recent = 3000;
const connections = 2;
const singlesPerSecond = 10;
/** So much that was not sent in time is caught up with, in seconds of load. */
const arrearsSeconds = 5;
const badRecords = ['{"rule_title":"no more than a title"}', '{"level":"high","raw":{}}', "17"];

const counts = new Counts();
const usedIds: { n: number; id: string }[] = [];
const usedAlarms: string[] = [];
const [batches, singles] = [new Latencies(), new Latencies()];
const totals = { records: 0, accepted: 0, duplicates: 0, rejected: 0, replayed: 0, deferred: 0, skipped: 0 };
const violations: string[] = [];
let subjects = 0;
let serial = 0;
let alarms = 0;
let shareOfNew = 0.02;
/** Of good records whose id came before. */
let expectedDuplicates = 0;
let running = false;
const working = new Set<Promise<void>>();

function note(what: string): void {
  if (violations.length < 20) violations.push(what);
}

/** A good record; the model has it from here on, since every batch is repeated until it is answered. */
function goodRecord(): string {
  const known = usedIds.length > 0 && dice.chance(0.02) ? dice.pick(usedIds) : null;
  if (known !== null) {
    expectedDuplicates++;
    return recordOf(known.n, known.id, Date.now(), 100);
  }
  const isNew = subjects < 2 || dice.chance(shareOfNew);
  const oldest = dice.chance(0.98) ? Math.max(1, subjects - recent) : 1;
  let n = isNew ? ++subjects : dice.int(oldest, subjects);
  // An actor who has an incident does nothing more: once it is closed, that would be another one.
  if (!isNew && makesIncident(n)) n--;
  const id = dice.chance(0.02) ? `id-${n}-${++serial}` : null;
  if (id !== null) {
    if (usedIds.length < 10_000) usedIds.push({ n, id });
    else usedIds[dice.int(0, usedIds.length - 1)] = { n, id };
  }
  counts.add(n);
  return recordOf(n, id, Date.now(), dice.int(50, 1800));
}

interface Batch {
  body: Uint8Array;
  headers: Record<string, string>;
  received: number;
  rejected: number[];
}

function batchOf(size: number): Batch {
  const rejected: number[] = [];
  const records = Array.from({ length: size }, (_, index) => {
    if (index === 0 || !dice.chance(0.002)) return goodRecord();
    rejected.push(index);
    return dice.pick(badRecords);
  });
  const isArray = dice.chance(0.2);
  const text = isArray ? `[${records.join(",")}]` : records.join("\n");
  const isGzip = dice.chance(0.1);
  const headers = {
    "Content-Type": isArray ? "application/json" : "application/x-ndjson",
    ...(isGzip ? { "Content-Encoding": "gzip" } : {}),
  };
  return { body: isGzip ? gzipSync(text, { level: 1 }) : Buffer.from(text), headers, received: size, rejected };
}

/** Sends until it is answered. Milliseconds of the last try, for latencies. */
async function post(path: string, batch: Batch, key: string): Promise<{ text: string; took: number } | null> {
  for (;;) {
    const before = performance.now();
    try {
      const response = await fetch(`${options.url}/api/v1/ingest/${path}`, {
        method: "POST",
        headers: { ...batch.headers, "X-API-Key": options.apiKey, "Idempotency-Key": key },
        body: batch.body as never,
        signal: AbortSignal.timeout(120_000),
      });
      const text = await response.text();
      if (response.status === 200) return { text, took: performance.now() - before };
      if (![409, 429, 503].includes(response.status)) {
        note(`${path} ${key} was answered ${response.status}: ${text.slice(0, 200)}`);
        return null;
      }
      totals.deferred++;
    } catch (error) {
      note(`${path} ${key} was not answered: ${error}`);
    }
    await sleep(100);
  }
}

async function detections(size: number, latencies: Latencies): Promise<void> {
  const batch = batchOf(size);
  const key = `soak-${++serial}`;
  const got = await post("detections", batch, key);
  if (got === null) return;
  latencies.add(got.took);
  const { received, accepted, duplicates, rejected } = JSON.parse(got.text) as Answer;
  const indexes = rejected.map(({ index }) => index);
  if (received !== batch.received) note(`${key}: ${received} received of ${batch.received}`);
  if (JSON.stringify(indexes) !== JSON.stringify(batch.rejected)) note(`${key}: ${indexes} rejected`);
  if (accepted + duplicates !== received - indexes.length)
    note(`${key}: accepted and duplicates are not the good ones`);
  totals.records += received;
  totals.accepted += accepted;
  totals.duplicates += duplicates;
  totals.rejected += indexes.length;
  if (!dice.chance(0.01)) return;
  totals.replayed++;
  const again = await post("detections", batch, key);
  if (again?.text !== got.text)
    note(`${key} repeated: ${again?.text.slice(0, 200)} instead of ${got.text.slice(0, 200)}`);
}

async function someAlarms(): Promise<void> {
  const [fresh, old]: string[][] = [[], []];
  const lines = Array.from({ length: dice.int(1, 5) }, () => {
    const again = usedAlarms.length > 0 && dice.chance(0.2) ? dice.pick(usedAlarms) : null;
    const id = again ?? `alarm-${++serial}`;
    (again === null ? fresh : old)?.push(id);
    const alarm = { alarm_id: id, name: "Brute force", rbp: 10, timestamp: Date.now(), user: `alarmed-${id}` };
    return JSON.stringify(alarm);
  });
  alarms += fresh?.length ?? 0;
  const batch: Batch = {
    body: Buffer.from(lines.join("\n")),
    headers: { "Content-Type": "application/x-ndjson" },
    received: lines.length,
    rejected: [],
  };
  const got = await post("alarms", batch, `soak-${++serial}`);
  if (got === null) return;
  const { accepted, duplicates } = JSON.parse(got.text) as Answer;
  if (accepted !== fresh?.length || duplicates !== old?.length)
    note(`alarms: ${accepted} accepted and ${duplicates} known of ${fresh?.length} and ${old?.length}`);
  usedAlarms.push(...(fresh ?? []));
  if (usedAlarms.length > 1000) usedAlarms.splice(0, 500);
}

function sizeOf(): number {
  const kind = dice.next();
  return kind < 0.3 ? dice.int(2, 50) : kind < 0.9 ? dice.int(100, 700) : dice.int(1001, 2500);
}

async function measured(seconds: number): Promise<number> {
  const begin = performance.now();
  const [before, latencies] = [totals.records, new Latencies()];
  const flow = async () => {
    while (performance.now() - begin < seconds * 1000) await detections(sizeOf(), latencies);
  };
  await Promise.all(Array.from({ length: connections }, flow));
  return ((totals.records - before) / (performance.now() - begin)) * 1000;
}

function load(rate: number, cycleSeconds: number): void {
  running = true;
  const begin = performance.now();
  let planned = 0;
  let due = 0;
  let last = begin;
  const flow = async () => {
    while (running) {
      const now = performance.now();
      due += ((now - last) / 1000) * rate * shapeAt(((now - begin) / 1000 / cycleSeconds) % 1);
      last = now;
      if (due - planned > rate * arrearsSeconds) {
        totals.skipped += Math.round(due - planned - rate * arrearsSeconds);
        planned = due - rate * arrearsSeconds;
      }
      if (planned >= due) {
        await sleep(5);
        continue;
      }
      const size = sizeOf();
      planned += size;
      await detections(size, batches);
    }
  };
  const every = async (milliseconds: number, work: () => Promise<void>) => {
    while (running) {
      const next = performance.now() + milliseconds;
      await work();
      await sleep(Math.max(1, next - performance.now()));
    }
  };
  const flows = [
    ...Array.from({ length: connections }, flow),
    every(1000 / singlesPerSecond, () => detections(1, singles)),
    every(1000, someAlarms),
  ];
  for (const one of flows) {
    const work: Promise<void> = one.catch((error: unknown) => note(String(error))).finally(() => working.delete(work));
    working.add(work);
  }
}

const sample = (): TrafficSample => ({
  batches: batches.summary(),
  singles: singles.summary(),
  records: totals.records,
});

onMessage<TrafficCommand>(async (message) => {
  if (message.command === "sample") {
    answer(sample());
  } else if (message.command === "measure") {
    shareOfNew = message.shareOfNew;
    answer({ rate: await measured(message.seconds) });
  } else if (message.command === "load") {
    shareOfNew = message.shareOfNew;
    load(message.rate, message.cycleSeconds);
  } else {
    running = false;
    while (working.size > 0) await Promise.all(working);
    if (totals.duplicates !== expectedDuplicates)
      note(`${totals.duplicates} duplicates; of the records ${expectedDuplicates} had come before`);
    writeFileSync(options.file, counts.all());
    answer({ ...sample(), ...totals, subjects, alarms, violations } satisfies TrafficResult);
  }
});
