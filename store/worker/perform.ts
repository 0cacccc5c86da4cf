/** What the Worker does with one call. */
import { constants, setPriority } from "node:os";
import { EdgeError, messageOf, StoreError } from "../../core/errors.ts";
import { Database } from "../database/database.ts";
import { integrityCheck } from "../database/integrity.ts";
import { expectNewestSchema, migrate, schemaOf } from "../database/migrate.ts";
import type { OpenDatabase, Operation } from "../database/operation.ts";
import { copyBeforeUpgrade } from "../database/upgrade-copy.ts";
import type { OpenMode, StoreMethod, StoreReply } from "./calls.ts";

/** Only the service upgrades a file, after copying it; every mode may create a new one. */
export async function bringUpToDate(database: Database, path: string, now: number, mode: OpenMode): Promise<string[]> {
  const at = new Date(now).toISOString();
  if (mode === "serve")
    return migrate(database, at, undefined, (from, to) => copyBeforeUpgrade(database, path, { from, to }));
  if (mode === "change" && (await schemaOf(database)) === 0) return migrate(database, at);
  await expectNewestSchema(database);
  return [];
}

/** Why this version cannot write to the file; null: it knows its schema. */
export async function unknownSchemaOf(database: Database): Promise<string | null> {
  return schemaOf(database).then(
    () => null,
    (error: unknown) => {
      if (error instanceof StoreError && ["store_newer", "store_corrupt"].includes(error.code)) return error.message;
      throw error;
    },
  );
}

/** Runs an operation. @throws if one that is not declared as a write writes */
export async function perform<Open extends OpenDatabase>(
  open: Open,
  operation: Operation<Open> | undefined,
  method: StoreMethod,
  args: unknown[],
): Promise<unknown> {
  if (operation === undefined) throw new Error(`this Worker of the store does not do ${method}`);
  const run = operation.run as (open: Open, ...args: unknown[]) => Promise<unknown>;
  return operation.kind === "write" ? run(open, ...args) : open.database.reading(() => run(open, ...args));
}

export function failure(id: number, error: unknown): StoreReply {
  const { code, message, data } = error instanceof EdgeError ? error : new EdgeError("store_failed", messageOf(error));
  return { id, error: { code, message, data } };
}

/** Only this thread: intake goes first. Where the system forbids it, as the unit's filter of system calls does, all threads stay equal. */
export function yieldToOthers(): void {
  try {
    setPriority(0, constants.priority.PRIORITY_LOW);
  } catch {
    // A backup that takes some of intake's time is better than none.
  }
}

/** Checks a file in use, in a Worker that does nothing else. */
export async function checkFile(path: string): Promise<string[]> {
  yieldToOthers();
  const database = await Database.open(path, "read");
  try {
    return await integrityCheck(database);
  } finally {
    database.close();
  }
}
