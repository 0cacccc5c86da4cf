/** One process per data folder: an exclusive lock on a separate file, which the kernel releases however the process ends. */
import { type Client, createClient } from "@libsql/client/sqlite3";
import { StoreError } from "../../core/errors.ts";
import { storeErrorFrom } from "./store-errors.ts";

/** The URL of a database file. Escapes `?` and `#`, which would end the path. */
export function fileUrl(path: string): string {
  return `file:${path.split("/").map(encodeURIComponent).join("/")}`;
}

export class InstanceLock {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /**
   * `writes`: only where its file can be written, so that a start waits for a disk that is full or read-only. Otherwise the lock is taken there too,
   * for a node of a cluster, which then serves what it has.
   * @throws StoreError store_in_use while another process holds the lock
   */
  static async take(path: string, { writes }: { writes: boolean } = { writes: true }): Promise<InstanceLock> {
    let client: Client | null = null;
    try {
      client = createClient({ url: fileUrl(path), concurrency: 1 });
      // In this mode SQLite keeps a lock until the connection closes.
      await client.execute("PRAGMA locking_mode = EXCLUSIVE");
      await client.executeMultiple("BEGIN EXCLUSIVE; COMMIT");
      if (writes) {
        await client.execute("create table if not exists held_by (pid integer)");
        const held = { sql: "insert into held_by values (?)", args: [process.pid] };
        await client.batch(["delete from held_by", held], "write");
      }
      return new InstanceLock(client);
    } catch (error) {
      // A lock that was only partly taken, for example on a full disk, would block the next attempt.
      if (client !== null) await letGo(client);
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
    await letGo(this.#client);
  }
}

/** libsql keeps the file open for a while after `close`, so the lock is released explicitly. */
async function letGo(client: Client): Promise<void> {
  await client.execute("PRAGMA locking_mode = NORMAL").catch(() => {});
  await client.execute("select count(*) from sqlite_master").catch(() => {});
  client.close();
}
