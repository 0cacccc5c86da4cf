/** Garbage of the thread that calls, as Bun collects it. The store's Worker imports this as well, so nothing else belongs here. */

/** Collects garbage at once. `withCode`: also what was compiled so far goes, which is made again when it runs again. */
export function giveBackHeap(withCode: boolean): void {
  Bun.gc(true);
  if (withCode) Bun.shrink();
}
