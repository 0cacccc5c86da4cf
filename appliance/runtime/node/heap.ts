/** Garbage of the thread that calls: Node and Deno collect it by themselves, and at once only where they were started with --expose-gc. */

/** Collects garbage at once, where that is possible. */
export function giveBackHeap(_withCode: boolean): void {
  globalThis.gc?.();
}
