/** Calls to a Worker of the store and its replies. */
import type { AppendedCounts } from "../../core/event.ts";
import type { BackupProgress, MadeBackup } from "../backup/make-backup.ts";
import type { Batch } from "../database/replication.ts";
import type { Touched } from "../replica/following.ts";
import type { Catalogue, OperationName } from "./operations.ts";

export type StoreMethod =
  | OperationName
  | "open"
  | "openReader"
  | "close"
  | "backup"
  | "endBackup"
  | "follow"
  | "logPosition"
  | "trimLog"
  | "copy"
  | "integrityCheck"
  | "beginLease"
  | "lease"
  | "endLease"
  | "giveBackHeap";

/** `serve`: the service; `change`: a command that writes while no service runs; `look`: a command that only reads. */
export type OpenMode = "serve" | "change" | "look";

export interface StoreCall {
  id: number;
  method: StoreMethod;
  args: unknown[];
}

export type StoreReply =
  | { id: number; value: unknown; wrote: boolean }
  | { id: number; error: { code: string; message: string; data: Readonly<Record<string, unknown>> } }
  | { appended: { end: number; counts: AppendedCounts } }
  | { committed: Batch };

/** A backup that is being made, or that is ready. */
export type BackupStep = { progress: BackupProgress } | { made: MadeBackup };

/** What the client gets when the file is opened. */
export interface Opened {
  /** The names of the migrations that were applied. */
  migrated: string[];
  writing: Catalogue;
  reading: Catalogue;
  /** See `Store.isBehind`. */
  isBehind: boolean;
}

/** How far a node that follows has come: the last record in its file, and where the log ended. */
export interface Followed {
  applied: number;
  head: number;
  /** What was changed of that a process keeps in memory. */
  touched: Touched[];
  /** Why this version of the program cannot lead with the schema that the file has now; null: it can. */
  unknownSchema: string | null;
  /** See `Store.isBehind`; false once a leader of this version has upgraded the file. */
  isBehind: boolean;
}
