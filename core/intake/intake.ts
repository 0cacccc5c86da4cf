/**
 * A batch's way in: split → read each record → write 1,000 at a time → answer. A batch under an Idempotency-Key records how far
 * it has come in the same commit as its records, so a client that repeats it after a crash finishes it and counts nothing twice.
 */

import type { Alarm, Detection } from "../detection.ts";
import { EdgeError } from "../errors.ts";
import type { AnswerRest, BatchStep, Clock, IntakeStore, IntakeTally } from "../ports.ts";
import { addTally, composeAnswer, noTally } from "./answer.ts";
import type { IntakeListener } from "./counts.ts";
import { type BatchFormat, formatOf } from "./engines/format.ts";
import type { RecordSource } from "./engines/unfold.ts";
import { recordsOf } from "./lines.ts";
import type { ReadContext } from "./record-fields.ts";

export type IntakeKind = "detections" | "alarms";

export interface IntakeRequest {
  kind: IntakeKind;
  /** The body as it came, decompressed; UTF-8 or UTF-16. */
  body: Uint8Array;
  /** One of CONTRACT 2's (`detectionFormats`, `alarmFormats`). */
  format: string;
  /** Scope of the Idempotency-Key: the API key's id. */
  owner: string;
  /** Entities the caller is limited to; null = all. */
  entities: readonly string[] | null;
  /** `bodySha256` is over the body, the kind and the format: what makes it the same batch. */
  idempotency: { key: string; bodySha256: string } | null;
}

export interface IntakeAnswer {
  /** The answer as JSON text. */
  json: string;
  /** It is the stored answer of the same batch, which changed nothing this time. */
  repeated: boolean;
}

/** CONTRACT 2: a batch holds at most so many records; one commit at most so many. */
const maxRecords = 20_000;
const recordsPerWrite = 1_000;
/** Bodies being worked on at the same time; beyond it callers are told to come back (429). */
const maxPendingBytes = 64 * 1024 * 1024;
const nulsSkipped = "NUL bytes before it were skipped, as a log has them that was cut while its writer went on";

interface Batch {
  kind: IntakeKind;
  format: BatchFormat;
  records: readonly RecordSource[];
  context: ReadContext;
  rest: AnswerRest;
  /** Hashes that the answer has counted as new or updated. */
  counted: Set<string>;
  /** Whether at least one record was a JSON object. */
  readable: boolean;
  /** Under which its actors wait until all of it is in. */
  name: string;
}

export class Intake {
  readonly #store: IntakeStore;
  readonly #clock: Clock;
  readonly #defaultEntity: () => string;
  readonly #listener: IntakeListener | null;
  readonly #inProgress = new Set<string>();
  #pendingBytes = 0;
  #batches = 0;

  constructor(tools: { store: IntakeStore; clock: Clock; defaultEntity: () => string; listener?: IntakeListener }) {
    this.#store = tools.store;
    this.#clock = tools.clock;
    this.#defaultEntity = tools.defaultEntity;
    this.#listener = tools.listener ?? null;
  }

  /** Bytes of bodies being worked on. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /**
   * Takes a batch in and returns the answer once every record it counts is on the disk.
   * Throws `EdgeError` batch_unreadable, batch_too_large, format_unknown, idempotency_mismatch, idempotency_in_progress,
   * intake_busy; `StoreError` when the database cannot take it (the whole batch may then be repeated under the same key).
   */
  async ingest(request: IntakeRequest): Promise<IntakeAnswer> {
    if (this.#pendingBytes > 0 && this.#pendingBytes + request.body.length > maxPendingBytes)
      throw new EdgeError("intake_busy", "too many batches at the same time: send this one again in a moment");
    const lock = request.idempotency === null ? null : `${request.owner} ${request.idempotency.key}`;
    if (lock !== null && this.#inProgress.has(lock))
      throw new EdgeError(
        "idempotency_in_progress",
        "a batch with this Idempotency-Key is being taken in: ask again in a moment",
      );
    if (lock !== null) this.#inProgress.add(lock);
    this.#pendingBytes += request.body.length;
    try {
      return await this.#ingest(request);
    } finally {
      this.#pendingBytes -= request.body.length;
      if (lock !== null) this.#inProgress.delete(lock);
    }
  }

  async #ingest(request: IntakeRequest): Promise<IntakeAnswer> {
    const resumed = await this.#resume(request);
    if (typeof resumed === "string") return { json: resumed, repeated: true };

    const begun = this.#clock.monotonic();
    const batch = this.#open(request);
    try {
      const tally = await this.#takeIn(request, batch, resumed);
      this.#listener?.tookIn(request.kind, this.#clock.monotonic() - begun);
      return { json: composeAnswer(request.kind, tally, batch.rest), repeated: false };
    } finally {
      // Also when a later part was refused: what is in counts.
      if (batch.records.length > recordsPerWrite) await this.#assess(batch.name);
    }
  }

  /** Writes what is not in yet, part by part. Returns the tally of the whole batch. */
  async #takeIn(
    request: IntakeRequest,
    batch: Batch,
    resumed: { done: number; tally: IntakeTally },
  ): Promise<IntakeTally> {
    let tally = resumed.tally;
    for (let start = 0; start < batch.records.length; start += recordsPerWrite) {
      const end = Math.min(start + recordsPerWrite, batch.records.length);
      const last = end === batch.records.length;
      const { rejected, repeats } = { rejected: batch.rest.rejected.length, repeats: batch.rest.repeats };
      const read = this.#read(batch, start, end);
      if (last && !batch.readable) {
        this.#count(request, noTally, 0, batch.rest.rejected.length);
        throw unreadable(batch.rest);
      }
      // What an earlier attempt has written is read again only for the answer. A batch that may yet be refused as a whole leaves no trace.
      if (end > resumed.done && batch.readable) {
        const step = this.#step(request, end, tally, last ? batch.rest : null);
        const written = await this.#write(batch, read, step, last);
        this.#count(request, written, batch.rest.repeats - repeats, batch.rest.rejected.length - rejected);
        tally = addTally(tally, written);
      }
      if (!last) for (const record of read) if ("hash" in record) batch.counted.add(record.hash);
    }
    return tally;
  }

  #count(
    { kind, format }: IntakeRequest,
    { accepted, duplicates }: IntakeTally,
    repeats: number,
    rejected: number,
  ): void {
    this.#listener?.records({ kind, format, accepted, duplicates: duplicates + repeats, rejected });
  }

  /**
   * Cases and incidents of a batch that came in parts: of all of it, not of what each part happened to hold. The records are in by now,
   * so a failure is no reason to send them again; what is left is assessed later.
   */
  async #assess(name: string): Promise<void> {
    try {
      while (await this.#store.assessBatch(name, this.#clock.now()));
    } catch {}
  }

  #open(request: IntakeRequest): Batch {
    const format = formatOf(request.kind, request.format);
    if ("known" in format) {
      const given = JSON.stringify(request.format.slice(0, 40));
      throw new EdgeError(
        "format_unknown",
        `format ${given}: known for ${request.kind} are ${format.known.join(", ")}`,
      );
    }
    const { records: texts, repaired, text } = recordsOf(request.body, maxRecords);
    const records = format.sources(texts, maxRecords);
    if (records.length > maxRecords)
      throw new EdgeError(
        "batch_too_large",
        `more than ${maxRecords.toLocaleString("en")} records: send the batch in parts`,
      );
    const rest = { received: records.length, rejected: [], warnings: [], repeats: 0 };
    const nothingFound = records.length === 0 && isEmptyList(text());
    if (records.length === 0 && !nothingFound) throw unreadable(rest);
    const { kind, entities: allowedEntities } = request;
    const context = { now: this.#clock.now(), defaultEntity: this.#defaultEntity(), allowedEntities, repaired };
    const name = `batch ${++this.#batches}`;
    return { kind, format, records, context, rest, counted: new Set(), readable: nothingFound, name };
  }

  /** Reads records [start, end); what is wrong with them goes into the answer. */
  #read(batch: Batch, start: number, end: number): (Detection | Alarm)[] {
    const good: (Detection | Alarm)[] = [];
    for (let index = start; index < end; index++) {
      const source = batch.records[index];
      if (source === undefined) break;
      const result = batch.format.read(source, batch.context);
      if (source.afterNuls) batch.rest.warnings.push({ index, warning: nulsSkipped });
      if (result.ok) {
        batch.readable = true;
        if ("repeats" in result) batch.rest.repeats++;
        else good.push("detection" in result ? result.detection : result.alarm);
        if (result.warning !== null) batch.rest.warnings.push({ index, warning: result.warning });
      } else {
        batch.readable ||= result.readable;
        batch.rest.rejected.push({ index, error: result.error });
      }
    }
    return good;
  }

  async #write(
    batch: Batch,
    records: (Detection | Alarm)[],
    step: BatchStep | null,
    last: boolean,
  ): Promise<IntakeTally> {
    if (records.length === 0 && step === null) return noTally;
    const now = this.#clock.now();
    const more = last ? null : batch.name;
    if (batch.kind === "alarms") return this.#store.writeAlarms({ alarms: records as Alarm[], now, step, more });
    const detections = records as Detection[];
    const counted = new Set<string>();
    if (batch.counted.size > 0) for (const { hash } of detections) if (batch.counted.has(hash)) counted.add(hash);
    return this.#store.writeDetections({ detections, now, counted: [...counted], step, more });
  }

  /** The stored answer of a batch that is complete, or where an interrupted one goes on. */
  async #resume(request: IntakeRequest): Promise<string | { done: number; tally: IntakeTally }> {
    if (request.idempotency === null) return { done: 0, tally: noTally };
    const { key, bodySha256 } = request.idempotency;
    const stored = await this.#store.findBatch(request.owner, key);
    if (stored === null) return { done: 0, tally: noTally };
    if (stored.bodySha256 !== bodySha256)
      throw new EdgeError(
        "idempotency_mismatch",
        "this Idempotency-Key was used for another body, address or format within 24 hours: use a new key for every batch, the same key only to repeat it",
      );
    return stored.answer ?? { done: stored.done, tally: stored.tally };
  }

  #step(request: IntakeRequest, done: number, before: IntakeTally, rest: BatchStep["rest"]): BatchStep | null {
    if (request.idempotency === null) return null;
    const { key, bodySha256 } = request.idempotency;
    return { owner: request.owner, key, bodySha256, done, before, rest };
  }
}

/** A list, or the answer to a search, that holds nothing: what a poller sends when there was nothing. */
function isEmptyList(text: string): boolean {
  const body = text.trim();
  return /^\[\s*\]$/.test(body) || (body.startsWith("{") && body.endsWith("}"));
}

function unreadable(rest: AnswerRest): EdgeError {
  const message =
    rest.received === 0
      ? "the body holds no record: send one JSON object a line, or an array of them"
      : `none of the ${rest.received} records is a JSON object; the first: ${rest.rejected[0]?.error}`;
  const rejected = rest.rejected.slice(0, 20).map(({ index, error }) => ({ name: `record ${index}`, reason: error }));
  return new EdgeError("batch_unreadable", message, { data: { rejected } });
}
