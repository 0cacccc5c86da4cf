/** Backups of a running appliance: by the schedule, and when a person asks. One at a time. */
import { existsSync, mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { Cron } from "croner";
import { EdgeError, messageOf } from "../../core/errors.ts";
import type { Faults } from "../../core/faults.ts";
import type { Clock } from "../../core/ports.ts";
import type { Settings } from "../../core/settings.ts";
import { hourMs } from "../../core/time.ts";
import type { BackupProgress, MadeBackup } from "../../store/backup/make-backup.ts";
import type { LastBackup } from "../../store/backup/operations.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";
import { versionInfo } from "../runtime/version.ts";
import { backupFolder, backupName, listBackups, pathOfBackup, pruneBackups } from "./backup-folder.ts";
import { collectConfig } from "./config-files.ts";

/** After a failure the next one is not before so long. */
const againMs = hourMs;
const faultName = "backup";

interface BackupParts {
  store: Store;
  clock: Clock;
  log: Log;
  faults: Faults;
  settings(): Settings;
  /** Where files of the configuration are read, the first folder first. */
  configFolders(): readonly string[];
  stopping: AbortSignal;
}

export interface BackupStatus {
  folder: string;
  schedule: string | null;
  keep: number;
  last: LastBackup | null;
  /** When the schedule next makes one, epoch milliseconds; null = there is none. */
  nextAt: number | null;
  /** Why the last one failed; null after a success. */
  failure: { at: number; message: string } | null;
  /** Since the start. */
  failures: number;
  /** The one that is being made; null = none. */
  progress: BackupProgress | null;
  kept: { name: string; bytes: number; at: number }[];
}

export class Backups {
  readonly #parts: BackupParts;
  /** The schedule counts from here: the last one, else the start. Epoch milliseconds. */
  #since: number;
  /** After a failure the schedule makes none before this; epoch milliseconds. */
  #againAt = 0;
  #last: LastBackup | null = null;
  #failure: BackupStatus["failure"] = null;
  #failures = 0;
  #progress: BackupProgress | null = null;
  #running: Promise<MadeBackup> | null = null;
  #dueChanged = () => {};

  private constructor(parts: BackupParts) {
    this.#parts = parts;
    this.#since = parts.clock.now();
  }

  /** Reads what is remembered of the last one. @throws StoreError */
  static async load(parts: BackupParts): Promise<Backups> {
    const backups = new Backups(parts);
    backups.#last = await parts.store.admin.lastBackup();
    if (backups.#last !== null) backups.#since = backups.#last.at;
    return backups;
  }

  onDueChanged(listener: () => void): void {
    this.#dueChanged = listener;
  }

  status(): BackupStatus {
    const { backup, dataDir } = this.#parts.settings();
    const folder = backupFolder({ dataDir, backup });
    const next = this.nextDueAt();
    return {
      folder,
      schedule: backup.schedule,
      keep: backup.keep,
      last: this.#last,
      nextAt: Number.isFinite(next) ? next : null,
      failure: this.#failure,
      failures: this.#failures,
      progress: this.#progress,
      kept: listBackups(folder),
    };
  }

  /** For metrics, without looking at the folder. */
  get figures(): { lastAt: number | null; lastBytes: number | null; failures: number } {
    return { lastAt: this.#last?.at ?? null, lastBytes: this.#last?.bytes ?? null, failures: this.#failures };
  }

  /** When the schedule next makes one; Infinity without a schedule. One whose time passed while the appliance was off is made at the start. */
  nextDueAt(): number {
    const { schedule } = this.#parts.settings().backup;
    if (schedule === null) return Number.POSITIVE_INFINITY;
    const now = this.#parts.clock.now();
    // Noted at a time that is still to come, by a clock that was ahead: they count from now.
    this.#since = Math.min(this.#since, now);
    this.#againAt = Math.min(this.#againAt, now + againMs);
    const next = new Cron(schedule, { paused: true }).nextRun(new Date(this.#since));
    return next === null ? Number.POSITIVE_INFINITY : Math.max(next.getTime(), this.#againAt);
  }

  /** Makes the one that is due. A failure is a fault and no failure of the loop. */
  async tick(now: number): Promise<void> {
    if (this.#running !== null || now < this.nextDueAt()) return;
    try {
      await this.make();
    } catch {
      // It is in the faults and in the log.
    }
  }

  /** `isTaken`: as `begin`. @throws EdgeError backup_running, backup_failed …; StoreError */
  async make(isTaken = false): Promise<MadeBackup> {
    return this.begin(isTaken);
  }

  /** One was taken from the folder to another place. */
  async moved(from: string, to: string): Promise<void> {
    if (this.#last?.path !== from) return;
    this.#last = { ...this.#last, path: to };
    await this.#note(this.#last);
  }

  /**
   * Begins one, whose promise says what becomes of it. `isTaken`: it does not stay in the folder, so none of those that do makes room for it.
   * @throws EdgeError backup_running
   */
  begin(isTaken = false): Promise<MadeBackup> {
    if (this.#running !== null) throw new EdgeError("backup_running", "a backup is being made: wait until it is ready");
    this.#progress = { phase: "copy", done: 0, total: 0 };
    const running = this.#make(isTaken).finally(() => {
      this.#running = null;
      this.#progress = null;
      this.#dueChanged();
    });
    this.#running = running;
    return running;
  }

  /** Resolves when none is being made any more. */
  async ended(): Promise<void> {
    await this.#running?.catch(() => {});
  }

  /** The path of one in the folder. @throws EdgeError unknown_backup */
  pathOf(name: string): string {
    const path = pathOfBackup(backupFolder(this.#parts.settings()), name);
    if (path === null) throw new EdgeError("unknown_backup", "there is no backup of that name");
    return path;
  }

  async #make(isTaken: boolean): Promise<MadeBackup> {
    const { store, clock, log, faults, settings, configFolders, stopping } = this.#parts;
    const { dataDir, backup } = settings();
    const folder = backupFolder({ dataDir, backup });
    const at = clock.now();
    const { version, commit } = versionInfo();
    const { files, leftOut } = collectConfig(configFolders());
    const name = backupName(at, (one) => existsSync(join(folder, one)));
    try {
      makeFolder(folder);
      const made = await store.backup(
        {
          ...{ target: join(folder, name), replace: false, workFolder: folder },
          config: files,
          leftOut,
          ...{ version, commit, at },
          keepFree: keepFreeOn(folder, settings()),
        },
        (progress) => {
          this.#progress = progress;
        },
        stopping,
      );
      this.#last = { at, bytes: made.bytes, path: made.path };
      this.#since = at;
      this.#againAt = 0;
      this.#failure = null;
      faults.clear(faultName);
      log.info("backup made", { path: made.path, bytes: made.bytes, sha256: made.sha256 });
      const removed = isTaken ? [] : pruneBackups(folder, backup.keep, name, at);
      if (removed.length > 0) log.info("old backups removed", { names: removed.join(", ") });
      await this.#note(this.#last);
      return made;
    } catch (error) {
      if (stopping.aborted) throw error;
      this.#failures++;
      this.#failure = { at: clock.now(), message: messageOf(error) };
      this.#againAt = this.#failure.at + againMs;
      faults.set(faultName, `the last backup failed: ${messageOf(error)}`);
      throw error;
    }
  }

  async #note(last: LastBackup): Promise<void> {
    const { store, log } = this.#parts;
    await store.admin
      .noteBackup(last)
      .catch((error: unknown) => log.warn("the time of a backup cannot be stored", { error: messageOf(error) }));
  }
}

/** Why it cannot be made is said when the backup cannot be written. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    // See above.
  }
}

/** A backup never closes intake: what has to stay free on the disk of the data folder stays free, and on another one 16 MiB. */
export function keepFreeOn(folder: string, { dataDir, minFreeBytes, minFreePercent }: Settings): number {
  try {
    const of = statfsSync(dataDir);
    const there = statfsSync(existsSync(folder) ? folder : dataDir);
    const isSame = of.blocks === there.blocks && of.bfree === there.bfree && of.type === there.type;
    if (!isSame) return smallReserve;
    return Math.max(minFreeBytes, (of.blocks * of.bsize * minFreePercent) / 100) + smallReserve;
  } catch {
    return smallReserve;
  }
}

const smallReserve = 16 * 1024 * 1024;
