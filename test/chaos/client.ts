/** A client as CONTRACT 2 wants it: every batch under its own Idempotency-Key, repeated with the same key until it is answered. */
import type { Dice } from "./dice.ts";
import type { Batch, Workload } from "./workload.ts";

interface Answer {
  received: number;
  accepted: number;
  duplicates: number;
  alerts_new: number;
  alerts_updated: number;
  rejected: { index: number; error: string }[];
}

export class Client {
  /** Sums over all answers. */
  readonly sums = { batches: 0, received: 0, accepted: 0, duplicates: 0, alertsNew: 0, rejected: 0 };
  readonly violations: string[] = [];
  /** Attempts that got no answer, and answers that said to come again (409, 429, 503). */
  broken = 0;
  deferred = 0;
  readonly #url: string;
  readonly #apiKey: string;
  readonly #workload: Workload;
  readonly #dice: Dice;
  readonly #remembered: { batch: Batch; answer: string }[] = [];
  readonly #working = new Set<Promise<void>>();
  #open = false;
  #stopped = false;

  constructor(options: { url: string; apiKey: string; workload: Workload; dice: Dice }) {
    this.#url = `${options.url}/api/v1/ingest/detections`;
    this.#apiKey = options.apiKey;
    this.#workload = options.workload;
    this.#dice = options.dice;
  }

  /** Batches posted and not yet answered. */
  get unanswered(): number {
    return this.#working.size;
  }

  /** Posts one batch after the other, two at a time, until `close`. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    for (let poster = 0; poster < 2; poster++) void this.#keepPosting();
  }

  /** Begins no new batch; those begun are repeated until answered. */
  close(): void {
    this.#open = false;
  }

  /** Resolves when every batch begun is answered. */
  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  /** Gives up what is not answered, when the run has failed. */
  stop(): void {
    this.#open = false;
    this.#stopped = true;
  }

  /** Posts a batch until it is answered, and checks the answer. */
  post(batch: Batch): Promise<void> {
    const work = this.#postUntilAnswered(batch).then(({ text }) => {
      if (this.#stopped) return;
      this.#check(batch, text);
      if (this.#remembered.length < 100 && this.#dice.chance(0.1)) this.#remembered.push({ batch, answer: text });
    });
    this.#working.add(work);
    return work.finally(() => this.#working.delete(work));
  }

  /** Posts some answered batches again: each must get its first answer. Returns how many. */
  async repeatAnswered(): Promise<number> {
    for (const { batch, answer } of this.#remembered) {
      const { text, replayed } = await this.#postUntilAnswered(batch);
      if (text !== answer || !replayed)
        this.violations.push(`${batch.key} repeated after its answer: ${text} instead of ${answer}`);
    }
    return this.#remembered.length;
  }

  async #keepPosting(): Promise<void> {
    while (this.#open) await this.post(this.#workload.batch());
  }

  async #postUntilAnswered(batch: Batch): Promise<{ text: string; replayed: boolean }> {
    while (!this.#stopped) {
      try {
        const response = await fetch(this.#url, {
          method: "POST",
          headers: { ...batch.headers, "X-API-Key": this.#apiKey, "Idempotency-Key": batch.key, Connection: "close" },
          body: batch.body as never,
          signal: AbortSignal.timeout(60_000),
        });
        const text = await response.text();
        if (response.status === 200) return { text, replayed: response.headers.get("idempotency-replayed") === "true" };
        if (![409, 429, 503].includes(response.status)) {
          this.violations.push(`${batch.key} was answered ${response.status}: ${text}`);
          return { text, replayed: false };
        }
        this.deferred++;
      } catch {
        this.broken++;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { text: "", replayed: false };
  }

  #check(batch: Batch, text: string): void {
    const fail = (what: string) => this.violations.push(`${batch.key}: ${what}: ${text.slice(0, 300)}`);
    let answer: Answer;
    try {
      answer = JSON.parse(text) as Answer;
    } catch {
      fail("the answer is not JSON");
      return;
    }
    const { received, accepted, duplicates, alerts_new, alerts_updated, rejected } = answer;
    if (received !== batch.received) fail(`received is not ${batch.received}`);
    if (JSON.stringify(rejected?.map(({ index }) => index)) !== JSON.stringify(batch.rejected))
      fail(`rejected are not ${JSON.stringify(batch.rejected)}`);
    if (accepted + duplicates !== batch.received - batch.rejected.length)
      fail("accepted and duplicates are not the good ones");
    const touched = alerts_new + alerts_updated;
    if (touched > batch.alerts || touched < batch.surelyTouched)
      fail(`alerts are not ${batch.surelyTouched} to ${batch.alerts}`);
    this.sums.batches++;
    this.sums.received += received;
    this.sums.accepted += accepted;
    this.sums.duplicates += duplicates;
    this.sums.alertsNew += alerts_new;
    this.sums.rejected += rejected?.length ?? 0;
  }
}
