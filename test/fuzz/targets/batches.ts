import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import { Hono } from "hono";
import { readBatches } from "../../../appliance/cli/import/import-batches.ts";
import type { Detection } from "../../../core/detection.ts";
import { EdgeError } from "../../../core/errors.ts";
import { foldedParts } from "../../../core/intake/engines/unfold.ts";
import { Intake } from "../../../core/intake/intake.ts";
import { recordsOf } from "../../../core/intake/lines.ts";
import { decodeBatch, splitRecords } from "../../../core/intake/split.ts";
import type { DetectionWrite, IntakeStore } from "../../../core/ports.ts";
import { encodingOf } from "../../../core/text/encoding.ts";
import { packDetections, unpackDetections } from "../../../store/intake/detection-packet.ts";
import { ingestHandler } from "../../../transports/http/ingest.ts";
import { ownSampleText } from "../../harness/engine-samples.ts";
import { note } from "../outcomes.ts";
import { assertKnown, assertPlain, assertWords, errorOf, holds, type Target } from "../target.ts";

const now = Date.UTC(2026, 10, 1);
const peer = "192.0.2.1";
const environment = { remoteAddress: peer, extendTimeout: () => {} };

let written: Detection[] = [];
let alarms = 0;
/** Nothing is known, so that everything counts. */
const store = {
  findBatch: async () => null,
  assessBatch: async () => false,
  writeDetections: async (write: DetectionWrite) => {
    const again = unpackDetections(packDetections(write));
    holds(isDeepStrictEqual(again, write), "detections are not read as they were packed");
    written.push(...write.detections);
    return { accepted: write.detections.length, duplicates: 0, alertsNew: 0, alertsUpdated: 0 };
  },
  writeAlarms: async (write: { alarms: readonly unknown[] }) => {
    alarms += write.alarms.length;
    return { accepted: write.alarms.length, duplicates: 0, alertsNew: 0, alertsUpdated: 0 };
  },
} as unknown as IntakeStore;

const keys = { judge: () => ({ id: "key-1", entities: [] }) };
const batches = new Hono();
let failure: unknown = null;
batches.onError((error, c) => {
  failure = error;
  return c.text("", 500);
});
for (const kind of ["detections", "alarms"] as const) {
  const clock = { now: () => now, monotonic: () => 0 };
  const intake = new Intake({ store, clock, defaultEntity: () => "Primary Site" });
  const dependencies = { intake, keys, clientAddress: () => peer, closed: () => null };
  batches.post(`/${kind}`, ingestHandler(kind, dependencies) as never);
}

const formats = ["rhythmx", "auto", "hayabusa", "chainsaw", "zircolite", "elastic", "wazuh", "logrhythm"];
const types = ["application/json", "application/x-ndjson", "application/json; charset=utf-8"];

/** The first byte chooses what the headers say, the second the format; the rest is the body, packed here or as it is. */
async function attemptBatch(input: Uint8Array): Promise<void> {
  const [chosen = 0, of = 0] = input;
  const kind = chosen & 1 ? "alarms" : "detections";
  const says = chosen & 2 ? "gzip" : "identity";
  const body = Uint8Array.from(input.subarray(2));
  const sent = chosen & 4 ? Uint8Array.from(gzipSync(body, { level: 1 })) : body;
  const headers = {
    "Content-Type": types[chosen % types.length] ?? "",
    "Content-Encoding": says,
    "Content-Length": String(sent.length),
    ...(chosen & 8 ? { "Idempotency-Key": "k1" } : {}),
  };
  written = [];
  alarms = 0;
  const url = `/${kind}?format=${formats[of % formats.length]}`;
  const answer = await batches.request(url, { method: "POST", headers, body: sent }, environment);
  if (answer.status === 500) throw failure;
  const text = await answer.text();
  note(`${answer.status} ${kind} ${says}`);
  holds([200, 400, 413].includes(answer.status), `an answer of status ${answer.status}: ${text.slice(0, 200)}`);
  const said = JSON.parse(text) as Record<string, unknown>;
  assertPlain(said);
  if (answer.status !== 200) {
    assertWords(`${said.title} ${said.detail}`);
    holds(
      String(answer.headers.get("content-type")).startsWith("application/problem+json"),
      "a refusal without a form",
    );
    for (const { name, reason } of (said.errors ?? []) as { name: string; reason: string }[])
      assertWords(`${name}: ${reason}`);
    return;
  }
  const {
    received = 0,
    accepted = 0,
    duplicates = 0,
    rejected = [],
    warnings = [],
  } = said as {
    received?: number;
    accepted?: number;
    duplicates?: number;
    rejected?: { index: number; error: string }[];
    warnings?: { index: number; warning: string }[];
  };
  holds(accepted === (kind === "alarms" ? alarms : written.length), "another number than was written is said to be in");
  for (const { index, error } of rejected) {
    assertWords(error);
    holds(Number.isInteger(index) && index >= 0 && index < received, "a record that is not there is refused");
  }
  for (const { index, warning } of warnings) {
    assertWords(warning);
    holds(Number.isInteger(index) && index >= 0 && index < received, "a remark on a record that is not there");
  }
  holds(received === accepted + duplicates + rejected.length, "a record that was received is neither in nor refused");
}

async function allOf(batchesOf: AsyncIterable<Uint8Array>): Promise<{ texts: string[]; error: unknown }> {
  const texts: string[] = [];
  const error = await errorOf(async () => {
    for await (const batch of batchesOf) texts.push(new TextDecoder("utf-8", { fatal: true }).decode(batch));
  });
  return { texts, error };
}

async function* inPieces(input: Uint8Array, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < input.length; at += size) yield Buffer.from(input.subarray(at, at + size));
}

/** A file is read as the same records wherever its pieces end, and none is lost. */
async function attemptImport(input: Uint8Array): Promise<void> {
  const whole = await allOf(readBatches(inPieces(input, Math.max(1, input.length))));
  if (whole.error !== null) assertKnown(whole.error, EdgeError, ["file_too_large", "record_too_large"]);
  for (const text of whole.texts) {
    const lines = text.split("\n");
    holds(lines.length <= 1_000 && lines.every((line) => line !== ""), "a batch of more records than it may have");
    const { records } = recordsOf(new TextEncoder().encode(text), 20_000);
    // Intake takes a line apart where it has NULs.
    holds(records.length <= lines.length || text.includes("\0"), "a batch that intake reads as more records");
  }
  // By its first bytes.
  if (input.length > 20_000 || encodingOf(input) !== encodingOf(input.subarray(0, 1_024))) return;
  const pieces = await allOf(readBatches(inPieces(input, 5)));
  holds((pieces.error === null) === (whole.error === null), "another end where the bytes are cut");
  // Nothing but white space, NULs and what stands between records is left out.
  const bare = (texts: readonly string[]) => texts.join("").replace(/[\s\0,[\]\ufeff]/g, "");
  holds(bare(pieces.texts) === bare(whole.texts), "other records where the bytes are cut");
  const { text, repaired } = decodeBatch(input);
  if (repaired) return;
  const records = splitRecords(text, Number.MAX_SAFE_INTEGER);
  if (records.every((record) => foldedParts(record, 1_000, 4 * 1024 * 1024).length === 1))
    holds(bare(whole.texts) === bare(records), "other records than a batch of the same bytes has");
}

const own = ownSampleText()
  .split("\n")
  .filter((line) => line.length < 1_200)
  .slice(0, 3);
const batch = (headers: number, format: number, text: string) =>
  Uint8Array.from([headers, format, ...Buffer.from(text)]);

export const batchTargets: readonly Target[] = [
  {
    name: "ingest-requests",
    samples: [
      batch(0, 0, own.join("\n")),
      batch(6, 0, own.join("\n")),
      batch(8, 1, `[${own.join(",")}]`),
      batch(1, 0, '{"alarm_id":"4711","name":"Brute force","rbp":82,"timestamp":"2026-03-01T12:00:00Z","user":"jane"}'),
      Uint8Array.from([2, 0, ...gzipSync(own.join("\n"))]),
      batch(0, 0, "[]"),
    ],
    words: ["\n", '"id":"a",', '"timestamp"', '"raw"', "\u001f\u008b\b", "}\n{", '"tags":[]'],
    attempt: attemptBatch,
  },
  {
    name: "import-files",
    samples: [
      own.join("\n"),
      `[${own.join(",")}]`,
      JSON.stringify({ rule_title: "Pretty", raw: { a: [1, { b: null }] } }, null, 2),
      Uint8Array.from(Buffer.from(`\ufeff${own[0]}`, "utf16le")),
      '{"title":"x","matches":[{"a":1},{"b":2}]}\n{"alarms":[{"c":1}]}',
    ],
    words: ["\n", "\0\0\0\0", "}\n{", "},{", "\ufeff", '"matches":[{},{}]'],
    attempt: attemptImport,
  },
];
