/** Restores a backup into a data folder on which no appliance runs. Up to the switch everything that is there stays as it is. */
import { existsSync, mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { messageOf } from "../../core/errors.ts";
import type { Settings } from "../../core/settings.ts";
import { makeRestored, type Replaced, type RestoreReport, readReplaced } from "../../store/backup/as-restored.ts";
import { withFile } from "../../store/backup/examine.ts";
import { removeUnfinished } from "../../store/backup/make-backup.ts";
import { completeSwitch, keptPath, restoredPath, switchDatabase } from "../../store/backup/switch.ts";
import { type OnUnpack, removeFile, type Unpacked, unpack } from "../../store/backup/unpack.ts";
import { InstanceLock } from "../../store/database/instance-lock.ts";
import { syncPath } from "../../store/disk/sync.ts";
import { type PlacedConfig, placeConfig } from "./config-files.ts";
import { planSecrets, type SecretsPlan } from "./restored-secrets.ts";

export interface RestoreRequest {
  source: string;
  /** The master key of the machine that the backup is of. */
  keyFile: string | null;
  positions: "keep" | "end";
  settings: Pick<Settings, "dataDir" | "configDir" | "masterKeyFile">;
  credentialsDir: string | null;
  /** Epoch milliseconds. */
  at: number;
  version: string;
}

/** What is known before anything is changed. */
export interface RestorePlan extends Unpacked {
  secrets: Pick<SecretsPlan, "kind" | "lost">;
  /** Whether there is a database that is replaced, and why it cannot be read; null = it can. */
  replaces: { unreadable: string | null } | null;
}

export interface Restored extends RestoreReport {
  plan: RestorePlan;
  /** Where the database is kept that was there; null = there was none. */
  kept: string | null;
  config: PlacedConfig;
}

/**
 * `agree` is asked once everything is checked; false ends it. Resolves with null then.
 * @throws EdgeError backup_damaged, backup_newer, backup_unreadable, master_key; StoreError store_in_use, store_full …
 */
export async function restoreBackup(
  request: RestoreRequest,
  onProgress: OnUnpack,
  agree: (plan: RestorePlan) => Promise<boolean>,
): Promise<Restored | null> {
  const { settings, keyFile, at } = request;
  const { dataDir, configDir } = settings;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const database = join(dataDir, "rhythmx.db");
  const lock = await InstanceLock.take(`${database}.lock`);
  const restoring = restoredPath(database);
  let isBegun = false;
  try {
    completeSwitch(database);
    removeUnfinished(join(dataDir, "backups"));
    const unpacked = await unpack(resolve(request.source), restoring, onProgress);
    const places = { dataDir, file: settings.masterKeyFile, credentialsDir: request.credentialsDir };
    const secrets = withFile(restoring, (file) => planSecrets(file, places, keyFile));
    const { replaced, ...there } = lookAtPresent(database);
    const plan = { ...unpacked, secrets, ...there };
    if (!(await agree(plan))) return null;
    const detail = {
      ...{ from: basename(request.source), schema: plan.schema, version: request.version },
      made_at: plan.manifest?.created_at ?? null,
      secrets: secrets.kind,
    };
    const order = { at, positions: request.positions, replaced, detail };
    const report = withFile(restoring, (file) => makeRestored(file, order, secrets.apply));
    syncPath(restoring);
    const kept = plan.replaces === null ? null : keptPath(database, at);
    // Before the switch: with the database in place and without its key, the next start would make another one.
    secrets.finish();
    isBegun = true;
    switchDatabase(database, kept ?? keptPath(database, at));
    return { ...report, plan, kept, config: placeConfig(configDir, plan.config) };
  } finally {
    // From then on the restored file is the one that counts, whatever fails: the next start completes it.
    if (!isBegun) removeFile(restoring);
    await lock.release();
  }
}

/** Moves the WAL of the database that is there into it, so that it is kept as one file, and reads what is taken over from it. */
function lookAtPresent(database: string): Pick<RestorePlan, "replaces"> & { replaced: Replaced | null } {
  if (!existsSync(database)) return { replaces: null, replaced: null };
  try {
    const replaced = withFile(database, (file) => {
      const read = readReplaced(file);
      file.all("PRAGMA wal_checkpoint(TRUNCATE)");
      return read;
    });
    return { replaces: { unreadable: null }, replaced };
  } catch (error) {
    return { replaces: { unreadable: messageOf(error) }, replaced: null };
  }
}
