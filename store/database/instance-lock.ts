/** One process per data folder: an exclusive lock on a separate file, which the kernel releases however the process ends. */
import { StoreError } from "../../core/errors.ts";
import { Connection } from "./connection.ts";
import { storeErrorFrom } from "./store-errors.ts";

export class InstanceLock {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @throws StoreError store_in_use while another process holds the lock */
  static async take(path: string): Promise<InstanceLock> {
    let connection: Connection | null = null;
    try {
      connection = new Connection(path, 0);
      // In this mode SQLite keeps the lock of the first write until the connection closes.
      connection.run({ sql: "PRAGMA locking_mode = EXCLUSIVE" });
      connection.run({ sql: "create table if not exists held_by (pid integer)" });
      connection.run({ sql: "BEGIN IMMEDIATE" });
      connection.run({ sql: "delete from held_by" });
      connection.run({ sql: "insert into held_by values (?)", args: [process.pid] });
      connection.run({ sql: "COMMIT" });
      return new InstanceLock(connection);
    } catch (error) {
      // A lock that was only partly taken, for example on a full disk, would block the next attempt.
      if (connection !== null) letGo(connection);
      const mapped = storeErrorFrom(error, path);
      if (mapped.code !== "store_locked") throw mapped;
      throw new StoreError(
        "store_in_use",
        `another rhythmx process uses this data folder (it holds ${path}): stop it first`,
        {
          cause: error,
        },
      );
    }
  }

  async release(): Promise<void> {
    letGo(this.#connection);
  }
}

/** libsql keeps the file open for a while after `close`, so the lock is released explicitly. */
function letGo(connection: Connection): void {
  for (const sql of ["ROLLBACK", "PRAGMA locking_mode = NORMAL", "select count(*) from held_by"])
    try {
      if (sql !== "ROLLBACK" || connection.inTransaction) connection.run({ sql });
    } catch {
      // What does not work any more holds nothing either; the kernel has the last word when the file is closed.
    }
  connection.close();
}
