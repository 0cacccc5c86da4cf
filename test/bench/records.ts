/**
 * Bodies of requests, made once and renumbered in place: making them must cost the generator next to nothing, because it shares
 * the cores with what it loads.
 */

/**
 * `detections`: 1.2 KB each as NDJSON, 1 KB of it the log; each of an actor of its own. `actors`: the same, ten alerts of ten rules for each
 * actor; one actor in ten has what makes an incident. `alerts`: 920 B each as Alertmanager's JSON array.
 */
export type RecordKind = "detections" | "actors" | "alerts";

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

export class Batch {
  readonly bytes: Buffer;
  readonly #numbers: number[] = [];
  readonly #rounds: number[] = [];
  readonly #size: number;
  readonly #perNumber: number;

  constructor(kind: RecordKind, size: number) {
    const make = { alerts: alert, actors: ofActor, detections: detection }[kind];
    const records = Array.from({ length: size }, (_, index) => make(index));
    this.#perNumber = kind === "actors" ? alertsPerActor : 1;
    const text = kind === "alerts" ? `[${records.join(",")}]` : records.join("\n");
    for (const { index } of text.matchAll(new RegExp(`N${zeros}`, "g"))) this.#numbers.push(index + 1);
    for (const { index } of text.matchAll(new RegExp(`R${zeros}`, "g"))) this.#rounds.push(index + 1);
    this.bytes = Buffer.from(text);
    this.#size = size;
  }

  /** Makes them the records `first`, `first` + 1, … of a round: same number, same alert. */
  renumber(first: number, round: number): void {
    const perRecord = this.#numbers.length / this.#size;
    this.#numbers.forEach((at, index) => {
      this.#write(Math.floor((first + Math.floor(index / perRecord)) / this.#perNumber), at);
    });
    for (const at of this.#rounds) this.#write(round, at);
  }

  #write(value: number, at: number): void {
    let rest = value;
    for (let place = at + digits - 1; place >= at; place--) {
      this.bytes[place] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
}
