import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { EdgeError, messageOf, UsageError } from "../../../core/errors.ts";
import { alarmFormats, detectionFormats } from "../../../core/intake/engines/registry.ts";
import type { IntakeKind } from "../../../core/intake/intake.ts";
import type { ImportBatch, Operations } from "../../control/operations.ts";
import { command, jsonOption, type Terminal } from "../command.ts";
import { withOperations } from "../operations.ts";
import { Interrupted, interruptible } from "../terminal/interruption.ts";
import { progressBar } from "../terminal/progress.ts";
import { printJson } from "../terminal/table.ts";
import { readBatches } from "./import-batches.ts";

interface Totals {
  received: number;
  accepted: number;
  duplicates: number;
  alertsNew: number;
  alertsUpdated: number;
  rejected: number;
  repeated: number;
}

/** The most refused records that are named for each file. */
const mostNamed = 20;

export const importCommand = command({
  name: "import",
  summary: "feed detections from JSON or NDJSON files",
  about: `Feeds detections from files: one JSON object a line, or an array, in UTF-8 or UTF-16; gzip is unpacked. Records that are refused are named, up to ${mostNamed} of a file, and the others go in. An import that was interrupted may be run again: batches that are in already are not counted twice within 24 hours.`,
  arguments: [{ name: "FILE", about: "a file; - is stdin", many: true, completes: "file" }],
  options: {
    format: {
      value: "FORMAT",
      choices: [...new Set([...detectionFormats, ...alarmFormats])],
      about: "what wrote the files; auto tells it from the shape of each record",
      fallback: "auto",
    },
    alarms: { about: `the files hold SIEM alarms (formats ${alarmFormats.join(", ")})` },
    ...jsonOption,
  },
  examples: [
    { what: "What an engine has written", lines: ["rhythmx import alerts.jsonl"] },
    { what: "A compressed archive of Hayabusa's", lines: ["rhythmx import --format hayabusa timeline-*.jsonl.gz"] },
    { what: "From another machine", lines: ["ssh engine cat /var/log/alerts.jsonl | rhythmx import -"] },
  ],
  exitCodes: {
    0: "every record is in",
    1: "a file cannot be read, or records were refused",
    130: "it was interrupted (Ctrl-C)",
  },
  seeAlso: ["docs/formats.md"],

  async run({ values, args: [files], terminal, loadSettings, serviceUnit }) {
    const kind = values.alarms ? "alarms" : "detections";
    const format = values.format ?? "auto";
    const known: readonly string[] = kind === "alarms" ? alarmFormats : detectionFormats;
    if (!known.includes(format))
      throw new UsageError(`--format ${JSON.stringify(format)}: known for ${kind} are ${known.join(", ")}`);
    const resolved = await loadSettings();
    const access = { terminal, serviceUnit, resolved, mode: "make" } as const;
    return interruptible((signal) =>
      withOperations(access, async (operations) => {
        const done: (Totals & { file: string; complete: boolean })[] = [];
        for (const file of files) {
          if (signal.aborted) break;
          const { totals, complete } = await importFile({ file, kind, format, signal }, operations, terminal);
          done.push({ file, ...totals, complete });
          if (complete && !values.json) terminal.out(`${summary(file, kind, totals)}\n`);
        }
        if (values.json) printJson(terminal, done.map(fileJson));
        if (signal.reason instanceof Interrupted) {
          terminal.err("rhythmx import: interrupted; run it again to go on: what is in is not counted twice\n");
          return signal.reason.exitCode;
        }
        return done.every(({ complete, rejected }) => complete && rejected === 0) ? 0 : 1;
      }),
    );
  },
});

/** Feeds one file. `complete`: it could be read to its end. */
async function importFile(
  what: { file: string; kind: IntakeKind; format: string; signal: AbortSignal },
  operations: Operations,
  terminal: Terminal,
): Promise<{ totals: Totals; complete: boolean }> {
  const { file, kind, format, signal } = what;
  const totals: Totals = {
    received: 0,
    accepted: 0,
    duplicates: 0,
    alertsNew: 0,
    alertsUpdated: 0,
    rejected: 0,
    repeated: 0,
  };
  try {
    const source = await open(file, terminal);
    // Whoever types in, or a pipe that stays open, may never send anything more.
    if (file === "-") signal.addEventListener("abort", () => void (terminal.stdin as Readable).destroy());
    const bar = progressBar(terminal, file, source.bytes);
    try {
      let before = "";
      for await (const body of readBatches(source.stream)) {
        await importBatch({ kind, format, body, before }, totals, operations, terminal);
        before = createHash("sha256").update(before).update(body).digest("hex");
        bar.advance(source.read(), totals.received);
        // Between two batches: what was begun is in.
        if (signal.aborted) return { totals, complete: false };
      }
    } finally {
      bar.end();
    }
  } catch (error) {
    if (signal.aborted) return { totals, complete: false };
    terminal.err(`rhythmx import: ${file}: ${whyUnreadable(error)}\n`);
    return { totals, complete: false };
  }
  return { totals, complete: true };
}

async function importBatch(
  batch: ImportBatch,
  totals: Totals,
  operations: Operations,
  terminal: Terminal,
): Promise<void> {
  const answer = await retryWhileBlocked(() => operations.importBatch(batch)).catch((error: unknown) => {
    if (!(error instanceof EdgeError) || error.code !== "batch_unreadable") throw error;
    return unreadableAnswer(batch.body, error.message);
  });
  const parsed = JSON.parse(answer.json) as {
    received: number;
    accepted: number;
    duplicates: number;
    alerts_new?: number;
    alerts_updated?: number;
    rejected: { index: number; error: string }[];
  };
  // One object may contain several records, so only the answers show how many came before this batch.
  const firstRecord = totals.received;
  for (const { index, error } of parsed.rejected) {
    if (totals.rejected++ < mostNamed) terminal.err(`record ${firstRecord + index}: ${error}\n`);
    else if (totals.rejected === mostNamed + 1) terminal.err("more records are refused; only the first 20 are named\n");
  }
  totals.received += parsed.received;
  totals.accepted += parsed.accepted;
  totals.duplicates += parsed.duplicates;
  totals.alertsNew += parsed.alerts_new ?? 0;
  totals.alertsUpdated += parsed.alerts_updated ?? 0;
  if (answer.repeated) totals.repeated += parsed.received;
}

/** A batch without any readable record is refused as a whole; the import continues. */
function unreadableAnswer(body: Uint8Array, message: string): { json: string; repeated: boolean } {
  const received = Buffer.from(body).toString("latin1").split("\n").length;
  const rejected = Array.from({ length: received }, (_, index) => ({
    index,
    error: index === 0 ? message : "not a JSON object",
  }));
  return { json: JSON.stringify({ received, accepted: 0, duplicates: 0, rejected }), repeated: false };
}

/** Retries while the appliance is busy. */
async function retryWhileBlocked<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const busy =
        error instanceof EdgeError && ["intake_busy", "store_locked", "idempotency_in_progress"].includes(error.code);
      if (!busy || attempt >= 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function open(file: string, terminal: Terminal) {
  let read = 0;
  async function* counted(stream: AsyncIterable<Buffer | string>) {
    for await (const part of stream) {
      read += part.length;
      yield part;
    }
  }
  if (file === "-") return { stream: gunzipped(counted(terminal.stdin)), bytes: null, read: () => read };
  const info = await stat(file);
  if (info.isDirectory()) throw new EdgeError("not_a_file", "is a folder: name the files in it");
  return {
    stream: gunzipped(counted(createReadStream(file)), file.endsWith(".gz")),
    bytes: info.size,
    read: () => read,
  };
}

/** Decompressed if the name or the first bytes show that it is gzip. */
async function* gunzipped(stream: AsyncIterable<Buffer | string>, always = false): AsyncGenerator<Buffer | string> {
  const parts = stream[Symbol.asyncIterator]();
  let first = await parts.next();
  while (!first.done && first.value.length === 0) first = await parts.next();
  if (first.done) return;
  const whole = restOf(first.value, parts);
  const [byte, next] = Buffer.from(first.value);
  if (!always && (byte !== 0x1f || next !== 0x8b)) {
    yield* whole;
    return;
  }
  // An error of the source ends the decompression with that error.
  yield* pipeline(Readable.from(whole), createGunzip(), () => {});
}

async function* restOf(first: Buffer | string, parts: AsyncIterator<Buffer | string>): AsyncGenerator<Buffer | string> {
  yield first;
  for (let part = await parts.next(); !part.done; part = await parts.next()) yield part.value;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this user may not read it",
  Z_BUF_ERROR: "is no complete gzip file",
  Z_DATA_ERROR: "is no complete gzip file",
};

function whyUnreadable(error: unknown): string {
  return reasons[String((error as { code?: unknown }).code)] ?? messageOf(error);
}

function summary(file: string, kind: IntakeKind, totals: Totals): string {
  const alerts = kind === "detections" ? `, ${totals.alertsNew} alerts new, ${totals.alertsUpdated} updated` : "";
  const refused = totals.rejected > 0 ? `, ${totals.rejected} refused` : "";
  const repeated = totals.repeated > 0 ? ` (${totals.repeated} were imported before and are not counted again)` : "";
  return `${file}: ${totals.received} records: ${totals.accepted} accepted, ${totals.duplicates} duplicates${refused}${alerts}${repeated}`;
}

/** What `--json` says of a file. */
function fileJson({
  file,
  complete,
  received,
  accepted,
  duplicates,
  rejected,
  repeated,
  ...alerts
}: Totals & { file: string; complete: boolean }) {
  const { alertsNew: alerts_new, alertsUpdated: alerts_updated } = alerts;
  return { file, complete, received, accepted, duplicates, rejected, repeated, alerts_new, alerts_updated };
}
