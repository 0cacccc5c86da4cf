/** A flag that one side sets and the other waits for; setting it before the wait is not lost. */
export class Signal {
  #set = false;
  #waiter: (() => void) | null = null;

  set(): void {
    this.#set = true;
    this.#waiter?.();
  }

  clear(): void {
    this.#set = false;
  }

  /** Resolves once the flag is set. One waiter at a time. */
  wait(): Promise<void> {
    if (this.#set) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiter = () => {
        this.#waiter = null;
        resolve();
      };
    });
  }

  /** Resolves once the flag is set, or after `milliseconds`. */
  async waitFor(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([this.wait(), late]);
    clearTimeout(timer);
  }
}
