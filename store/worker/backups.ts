/** Backups of the file that is open, made in a Worker of their own: neither intake nor the API waits for one. */
import { closeSync, openSync } from "node:fs";
import type { BackupOrder, BackupProgress, MadeBackup } from "../backup/make-backup.ts";
import type { BackupStep } from "./store-worker.ts";
import { WorkerCalls } from "./worker-calls.ts";

export type LiveBackupOrder = Omit<BackupOrder, "database" | "file">;

export class LiveBackups {
  readonly #database: string;
  /** Opened by the first backup and kept: closing it would release the locks that the other connections of this process hold. */
  #file: number | null = null;
  #running = 0;

  constructor(database: string) {
    this.#database = database;
  }

  /** True if none is being made. */
  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** @throws EdgeError, StoreError as `makeBackup`; the signal's reason once it is aborted */
  async make(
    order: LiveBackupOrder,
    onProgress: (progress: BackupProgress) => void,
    signal: AbortSignal,
  ): Promise<MadeBackup> {
    this.#running++;
    this.#file ??= openSync(this.#database, "r");
    const calls = new WorkerCalls(
      () => {},
      () => {},
    );
    const next = (begin: BackupOrder | null) => calls.call("backup", null, [begin]) as Promise<BackupStep>;
    try {
      let step = await next({ ...order, database: this.#database, file: this.#file });
      while (!("made" in step)) {
        onProgress(step.progress);
        if (signal.aborted) {
          await calls.call("endBackup", null, []);
          signal.throwIfAborted();
        }
        step = await next(null);
      }
      return step.made;
    } finally {
      await calls.end();
      this.#running--;
    }
  }

  /** After every connection of this process was closed. */
  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
