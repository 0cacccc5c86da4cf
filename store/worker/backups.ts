/** Backups of the file that is open, made in a Worker of their own: neither intake nor the API waits for one. */
import { closeSync, openSync } from "node:fs";
import type { BackupOrder, BackupProgress, MadeBackup } from "../backup/make-backup.ts";
import type { BackupStep } from "./calls.ts";
import { WorkerCalls } from "./worker-calls.ts";

/** How long a backup that is given up may take to remove what it has written. */
const longestEndMs = 1_000;

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
    // The check of a large copy is one long step, for which a stop does not wait.
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => {});
    const end = () => ended.reject(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    const next = (begin: BackupOrder | null) =>
      Promise.race([calls.call("backup", null, [begin]) as Promise<BackupStep>, ended.promise]);
    try {
      signal.throwIfAborted();
      let step = await next({ ...order, database: this.#database, file: this.#file });
      while (!("made" in step)) {
        onProgress(step.progress);
        step = await next(null);
      }
      return step.made;
    } finally {
      signal.removeEventListener("abort", end);
      if (signal.aborted) {
        // What it cannot remove in time the next backup removes.
        const removed = calls.call("endBackup", null, []).catch(() => {});
        await Promise.race([removed, new Promise((resolve) => setTimeout(resolve, longestEndMs))]);
        void calls.end();
      } else await calls.end();
      this.#running--;
    }
  }

  /** Copies the file as it is at one moment to `to`, a new file. @throws StoreError, errors of the disk */
  async copy(to: string): Promise<void> {
    this.#running++;
    this.#file ??= openSync(this.#database, "r");
    const calls = new WorkerCalls(
      () => {},
      () => {},
    );
    try {
      await calls.call("copy", null, [{ from: this.#database, to, file: this.#file }]);
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
