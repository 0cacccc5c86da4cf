/**
 * Gives memory back once the appliance has come to rest: what a start or a burst of detections leaves behind would else stay for as long as
 * nothing happens, because garbage is collected as more of it is made.
 */
import type { Clock } from "../../core/ports.ts";

/** The process, as far as this needs it. */
export interface ProcessMemory {
  /** Processor time since the start, of all threads. */
  cpuSeconds(): number;
  /** Gives memory of the main thread back; `withCode`: also what was compiled so far. */
  giveBack(withCode: boolean): void;
}

interface Parts {
  /** Absent: nothing is given back. */
  memory?: ProcessMemory | undefined;
  store: { readonly isIdle: boolean; giveBackMemory(withCode: boolean): Promise<void> };
  clock: Pick<Clock, "monotonic">;
}

/** At rest it takes less than this share of a processor. So it does where others leave it none: then calls of the store wait. */
const restingShare = 0.05;
/** What so little work has left behind is not worth the trouble. */
const leastWorkSeconds = 1;

export class MemoryWatch {
  readonly everyMs = 3_000;
  readonly #parts: Parts;
  #last: { at: number; cpu: number; isIdle: boolean } | null = null;
  /** Processor time when memory was last given back; null: not since the start. */
  #gaveBackAt: number | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** One look at how busy the process was since the last one. @throws StoreError */
  async tick(): Promise<void> {
    const { memory, store, clock } = this.#parts;
    if (memory === undefined) return;
    const last = this.#last;
    const now = { at: clock.monotonic(), cpu: memory.cpuSeconds(), isIdle: store.isIdle };
    // A turn that comes early says nothing.
    if (last !== null && now.at - last.at < this.everyMs / 2) return;
    this.#last = now;
    if (last === null || !last.isIdle || !now.isIdle) return;
    if (now.cpu - last.cpu > ((now.at - last.at) / 1000) * restingShare) return;
    const gaveBackAt = this.#gaveBackAt;
    if (gaveBackAt !== null && now.cpu - gaveBackAt < leastWorkSeconds) return;
    // What the start has compiled does not run again; what was compiled since then will.
    const withCode = gaveBackAt === null;
    memory.giveBack(withCode);
    await store.giveBackMemory(withCode);
    this.#gaveBackAt = memory.cpuSeconds();
  }
}
