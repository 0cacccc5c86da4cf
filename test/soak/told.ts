/**
 * What one destination was told of each alert, judged as it comes. Messages of an alert come in order, and each says how often it occurred in
 * all and since the message before: so the last count is all that has to be kept, and a message that is missing shows in the next one.
 */
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { type Counts, hashOf } from "./subjects.ts";

/** One message in so many is read by the strict parser, and its hash computed anew. */
const strictEvery = 50;
const shown = 5;

export class Told {
  readonly name: string;
  messages = 0;
  repeated = 0;
  repeatedBytes = 0;
  /** Occurrences that a message did not tell although a later one follows on them. */
  skipped = 0;
  readonly #wrong: string[] = [];
  #last = new Uint32Array(1024);

  constructor(name: string) {
    this.name = name;
  }

  addAll(messages: readonly string[]): void {
    for (const message of messages) this.add(message);
  }

  add(message: string): void {
    this.messages++;
    const [, msgid = ""] = /^<134>1 \S+ RhythmX SigmaAlert \d+ (FIRST|HOURLY) /.exec(message) ?? [];
    const n = Number(/ user="(?:[^"]*\\)?u-(\d+)"/.exec(message)?.[1] ?? 0);
    const count = Number(/ count="(\d+)"/.exec(message)?.[1] ?? 0);
    const delta = msgid === "FIRST" ? count : Number(/ hourly_delta="(\d+)"/.exec(message)?.[1] ?? 0);
    if (msgid === "" || n === 0 || count === 0 || delta === 0 || !message.endsWith("}")) {
      this.#note(`no alert message: ${message.slice(0, 200)}`);
      return;
    }
    if (this.messages % strictEvery === 0) this.#parse(message, n);
    const before = this.lastOf(n);
    if (count <= before) {
      this.repeated++;
      this.repeatedBytes += message.length;
      return;
    }
    if (count - delta > before) this.skipped += count - delta - before;
    if (count - delta < before) this.#note(`alert ${n}: ${count} with ${delta} new ones, after ${before}`);
    this.#keep(n, count);
  }

  /** How many occurrences of an alert it was told of; 0 = none. */
  lastOf(n: number): number {
    return this.#last[n] ?? 0;
  }

  /** Alerts of which it was not told everything. */
  untold(counts: Counts): number {
    let untold = 0;
    for (let n = 1; n <= counts.highest; n++) if (this.lastOf(n) < counts.of(n)) untold++;
    return untold;
  }

  /** `mostRepeatedBytes`: what breaks of its connections may have repeated. `mayLose`: over UDP nothing is promised. */
  judge(counts: Counts, limits: { mostRepeatedBytes: number; mayLose: boolean }): string[] {
    const found = [...this.#wrong];
    const lost = this.untold(counts);
    let invented = 0;
    for (let n = 1; n < this.#last.length; n++) if (this.lastOf(n) > counts.of(n)) invented++;
    if (!limits.mayLose && lost > 0) found.push(`${lost} alerts were not told to the end`);
    if (!limits.mayLose && this.skipped > 0) found.push(`${this.skipped} occurrences were skipped`);
    if (invented > 0) found.push(`${invented} alerts were told of more than was accepted`);
    if (this.repeatedBytes > limits.mostRepeatedBytes)
      found.push(`${this.repeatedBytes} bytes repeated; at most ${limits.mostRepeatedBytes}`);
    return found.map((what) => `${this.name}: ${what}`);
  }

  #parse(message: string, n: number): void {
    try {
      const { sd, msg } = parseRfc5424(message);
      if (new Map(sd[0]?.params).get("hash") !== hashOf(n)) this.#note(`alert ${n} carries another hash`);
      if ((JSON.parse(msg ?? "") as { n?: unknown }).n !== n) this.#note(`alert ${n} carries another log`);
    } catch (error) {
      this.#note(`the message of alert ${n} is not valid: ${error}`);
    }
  }

  #keep(n: number, count: number): void {
    if (n >= this.#last.length) {
      const larger = new Uint32Array(Math.max(n + 1, 2 * this.#last.length));
      larger.set(this.#last);
      this.#last = larger;
    }
    this.#last[n] = count;
  }

  #note(what: string): void {
    if (this.#wrong.length < shown) this.#wrong.push(what);
  }
}
