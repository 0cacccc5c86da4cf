/** What arrived at one receiver, judged as it comes: nothing lost, the order kept, repeats byte for byte the same. */
import { createHash } from "node:crypto";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";

/** One message in so many is read by the strict parser; all are compared with their repeats. */
const strictEvery = 20;
const shownViolations = 5;

/** `gaps`: for UDP, where what is missing is no violation. `any`: for numbers that several clients posted at once. */
export type Order = "exact" | "gaps" | "any";

export class Arrivals {
  /** Different messages, repeats, and the bytes of the repeats. */
  distinct = 0;
  repeated = 0;
  repeatedBytes = 0;
  /** Lines that are not whole messages: what a receiver that was killed while writing leaves in its own file. */
  cut = 0;
  /** Most messages that a new process of the appliance sent again. */
  mostAfterRestart = 0;
  readonly violations: string[] = [];
  readonly #digests: (string | undefined)[] = [];
  #highest = 0;
  #procid = "";
  readonly #order: Order;

  constructor(order: Order = "exact") {
    this.#order = order;
  }

  /** Numbers 1 to `count` that never came. */
  lost(count: number): number {
    let lost = 0;
    for (let n = 1; n <= count; n++) if (this.#digests[n] === undefined) lost++;
    return lost;
  }

  addAll(messages: readonly string[]): void {
    for (const message of messages) this.add(message);
  }

  add(message: string): void {
    const [, procid = ""] = /^<134>1 \S+ RhythmX SigmaAlert (\d+) FIRST /.exec(message) ?? [];
    const n = Number(/ user="u-(\d+)"/.exec(message)?.[1] ?? 0);
    if (procid === "" || n === 0 || !message.endsWith("}")) {
      this.cut++;
      return;
    }
    if (procid !== this.#procid) {
      if (this.#procid !== "") this.mostAfterRestart = Math.max(this.mostAfterRestart, this.#highest + 1 - n);
      this.#procid = procid;
    }
    const digest = createHash("md5")
      .update(message.replace(` ${procid} `, " - "))
      .digest("base64");
    const known = this.#digests[n];
    if (known !== undefined) {
      this.repeated++;
      this.repeatedBytes += message.length;
      if (known !== digest) this.#violation(`message ${n} was repeated with other bytes`);
      return;
    }
    this.distinct++;
    this.#digests[n] = digest;
    // The first copy of each must come in order: nothing overtakes.
    const inOrder = n === this.#highest + 1 || this.#order === "any" || (this.#order === "gaps" && n > this.#highest);
    if (!inOrder) this.#violation(`message ${n} came after ${this.#highest}`);
    this.#highest = Math.max(this.#highest, n);
    if (n % strictEvery === 0) this.#parse(message, n);
  }

  #parse(message: string, n: number): void {
    try {
      const { msg } = parseRfc5424(message);
      if ((JSON.parse(msg ?? "") as { n?: unknown }).n !== n) this.#violation(`message ${n} carries another log`);
    } catch (error) {
      this.#violation(`message ${n} is not valid: ${error}`);
    }
  }

  #violation(text: string): void {
    if (this.violations.length < shownViolations) this.violations.push(text);
  }
}
