/**
 * Bodies of requests, made once and renumbered in place: making them must cost the generator next to nothing, because it shares
 * the cores with what it loads.
 */

import { ownSampleText } from "../harness/engine-samples.ts";

/**
 * `detections`: 1.2 KB each as NDJSON, 1 KB of it the log; each of an actor of its own. `actors`: the same, ten alerts of ten rules for each
 * actor; one actor in ten has what makes an incident. `sample`: the real detections, each copy of them a tenant of its own. `alerts`: 920 B each as
 * Alertmanager's JSON array.
 */
export type RecordKind = "detections" | "actors" | "sample" | "alerts";

/** Alerts of one actor in `actors`. */
const alertsPerActor = 10;

const digits = 8;
const zeros = "0".repeat(digits);

function detection(index: number): string {
  const rule = index % 500;
  const log = `{"EventID":4624,"Keywords":9223372036854775807,"n":"N${zeros}-R${zeros}","pad":"${"x".repeat(900)}"}`;
  return `{"rule_title":"Rule ${rule}","rule_id":"id-${rule}","rule_author":"Jane","level":"high","timestamp":"2026-03-13T04:29:55Z","user":"CORP\\\\N${zeros}","host":"WS-${index}","tags":["attack.t1059","attack.execution"],"raw":${log}}`;
}

const tactics = ["execution", "persistence", "defense-evasion", "discovery", "lateral-movement"];

function ofActor(index: number): string {
  const rule = index % alertsPerActor;
  const serious = Math.floor(index / alertsPerActor) % 10 === 0;
  const level = serious ? (rule < 3 ? "high" : "medium") : rule === 0 ? "medium" : "low";
  const log = `{"EventID":4624,"Keywords":9223372036854775807,"n":"R${zeros}","pad":"${"x".repeat(900)}"}`;
  return `{"rule_title":"Rule ${rule}","rule_id":"id-${rule}","rule_author":"Jane","level":"${level}","timestamp":"2026-03-13T04:29:55Z","user":"CORP\\\\N${zeros}","host":"WS-${rule % 2}","tags":["attack.t1059","attack.${tactics[rule % 5]}"],"raw":${log}}`;
}

function alert(index: number): string {
  const labels = `{"alertname":"Rule ${index % 500}","severity":"high","entity":"Primary Site","user":"N${zeros}","host":"WS-${index}"}`;
  return `{"labels":${labels},"annotations":{"description":"R${zeros}${"x".repeat(640)}"},"startsAt":"2026-03-13T04:29:55Z","generatorURL":"http://127.0.0.1/rule/${index % 500}"}`;
}

/** What the load generator sends: the same bytes again and again, with other numbers in them. */
export interface Bodies {
  readonly bytes: Buffer;
  /** Makes them the records `first`, `first` + 1, … of a round: same number, same alert. */
  renumber(first: number, round: number): void;
}

/** Batches of the sample in its order, without the ids that would make repeats duplicates; as many records as are whole batches. */
class SampleBatches implements Bodies {
  readonly #parts: { bytes: Buffer; at: number[] }[] = [];
  readonly #size: number;
  #part = 0;

  constructor(size: number) {
    this.#size = size;
    const lines = ownSampleText()
      .trim()
      .split("\n")
      .map((line) => line.replace(/^\{"id":"[^"]*",/, `{"entity":"T${zeros}",`));
    for (let start = 0; start + size <= lines.length; start += size) {
      const text = lines.slice(start, start + size).join("\n");
      const bytes = Buffer.from(text);
      const mark = Buffer.from(`{"entity":"T${zeros}"`);
      const at: number[] = [];
      for (let found = bytes.indexOf(mark); found >= 0; found = bytes.indexOf(mark, found + 1))
        at.push(found + mark.length - 1 - digits);
      this.#parts.push({ bytes, at });
    }
  }

  get bytes(): Buffer {
    return this.#parts[this.#part]?.bytes ?? Buffer.alloc(0);
  }

  renumber(first: number): void {
    const batch = Math.floor(first / this.#size);
    this.#part = batch % this.#parts.length;
    const tenant = Math.floor(batch / this.#parts.length);
    for (const at of this.#parts[this.#part]?.at ?? []) writeNumber(this.bytes, tenant, at);
  }
}

export function bodiesOf(kind: RecordKind, size: number): Bodies {
  return kind === "sample" ? new SampleBatches(size) : new Batch(kind, size);
}

export class Batch implements Bodies {
  readonly bytes: Buffer;
  readonly #numbers: number[] = [];
  readonly #rounds: number[] = [];
  readonly #size: number;
  readonly #perNumber: number;

  constructor(kind: Exclude<RecordKind, "sample">, size: number) {
    const make = { alerts: alert, actors: ofActor, detections: detection }[kind];
    const records = Array.from({ length: size }, (_, index) => make(index));
    this.#perNumber = kind === "actors" ? alertsPerActor : 1;
    const text = kind === "alerts" ? `[${records.join(",")}]` : records.join("\n");
    for (const { index } of text.matchAll(new RegExp(`N${zeros}`, "g"))) this.#numbers.push(index + 1);
    for (const { index } of text.matchAll(new RegExp(`R${zeros}`, "g"))) this.#rounds.push(index + 1);
    this.bytes = Buffer.from(text);
    this.#size = size;
  }

  renumber(first: number, round: number): void {
    const perRecord = this.#numbers.length / this.#size;
    this.#numbers.forEach((at, index) => {
      writeNumber(this.bytes, Math.floor((first + Math.floor(index / perRecord)) / this.#perNumber), at);
    });
    for (const at of this.#rounds) writeNumber(this.bytes, round, at);
  }
}

function writeNumber(bytes: Buffer, value: number, at: number): void {
  let rest = value;
  for (let place = at + digits - 1; place >= at; place--) {
    bytes[place] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
