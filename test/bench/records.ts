/**
 * Bodies of requests, made once and renumbered in place: making them must cost the generator next to nothing, because it shares
 * the cores with what it loads.
 */

/** `detections`: 1.2 KB each as NDJSON, 1 KB of it the log. `alerts`: 920 B each as Alertmanager's JSON array. */
export type RecordKind = "detections" | "alerts";

const digits = 8;
const zeros = "0".repeat(digits);

function detection(index: number): string {
  const rule = index % 500;
  const log = `{"EventID":4624,"Keywords":9223372036854775807,"n":"N${zeros}-R${zeros}","pad":"${"x".repeat(900)}"}`;
  return `{"rule_title":"Rule ${rule}","rule_id":"id-${rule}","rule_author":"Jane","level":"high","timestamp":"2026-03-13T04:29:55Z","user":"CORP\\\\N${zeros}","host":"WS-${index}","tags":["attack.t1059","attack.execution"],"raw":${log}}`;
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

  constructor(kind: RecordKind, size: number) {
    const records = Array.from({ length: size }, (_, index) => (kind === "alerts" ? alert(index) : detection(index)));
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
      this.#write(first + Math.floor(index / perRecord), at);
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
