/** Limits the bytes in use at a time; work that does not fit waits, first come, first served. */
export class ByteBudget {
  readonly #bytes: number;
  #taken = 0;
  #waiting: { bytes: number; enter: () => void }[] = [];

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Runs `work` once there is room for `bytes`; work larger than the budget runs alone. */
  async use<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const needed = Math.min(bytes, this.#bytes);
    await new Promise<void>((enter) => {
      this.#waiting.push({ bytes: needed, enter });
      this.#admit();
    });
    try {
      return await work();
    } finally {
      this.#taken -= needed;
      this.#admit();
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#taken + next.bytes <= this.#bytes; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#taken += next.bytes;
      next.enter();
    }
  }
}
