/** How late this process gets the processor: on a machine that leaves it none, the appliance beside it has as little. */

const everyMs = 50;
/** Of so many looks the latest counts. */
const kept = 60;

export class Lag {
  readonly #late: number[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #dueAt = performance.now() + everyMs;

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#late.push(Math.max(0, now - this.#dueAt));
      if (this.#late.length > kept) this.#late.shift();
      this.#dueAt = now + everyMs;
    }, everyMs);
  }

  /** The longest of the last seconds, in milliseconds; also one that is not over yet. */
  get ms(): number {
    return Math.max(0, performance.now() - this.#dueAt, ...this.#late);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
