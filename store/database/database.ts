/**
 * The one connection to the database file. Runs in the store's Worker only.
 *
 * Every write is a transaction and is durable (WAL, synchronous=FULL) when it resolves. After SQLITE_BUSY a libsql connection is unusable
 * (later writes can report success and be lost), so it is replaced at once.
 */
import { type Client, createClient, type InStatement, type ResultSet, type Transaction } from "@libsql/client";
import { StoreError } from "../../core/errors.ts";

/** The URL of a database file. Escapes `?` and `#`, which would end the path. */
export function fileUrl(path: string): string {
  return `file:${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** How long SQLite waits for another process's lock before it returns BUSY, and how often we then retry. */
const lockWaitMs = 250;
const busyRetries = 4;

/** Set on every new connection: PRAGMAs belong to the connection, not to the file. */
const connectionPragmas = [
  "PRAGMA journal_mode = WAL",
  // A commit is on disk before the call returns.
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
  // 4 MB: the kernel caches the file as well; a larger cache was no faster and used more memory.
  "PRAGMA cache_size = -4000",
  "PRAGMA temp_store = MEMORY",
  // With fewer, larger checkpoints a page that changes often is written only once.
  "PRAGMA wal_autocheckpoint = 4000",
  "PRAGMA journal_size_limit = 67108864",
];

const readingPragmas = ["PRAGMA query_only = ON", "PRAGMA cache_size = -8000", "PRAGMA temp_store = MEMORY"];

/**
 * What one commit wrote: its statements in order with their arguments, or the script of a schema upgrade. Batches that are applied in
 * commit order to a file with the same earlier content produce the same content again: no statement uses a random number or the clock, or
 * leaves the order in which rows are inserted to the database.
 */
export type Batch = { statements: readonly InStatement[] } | { script: string };

/** Called for each commit once it is on disk, in order. Not called for a commit that was reported as failed, even if it reached the file. */
export type OnCommit = (batch: Batch) => void;

export class Database {
  readonly #client: Client;
  readonly #path: string;
  #fresh = false;
  #commits = 0;
  /** Set while `transaction` runs. */
  #transaction: Transaction | null = null;
  /** Statements of the open transaction so far. */
  #written: InStatement[] = [];
  /** True while `reading` runs: writes are refused. */
  #refusing = false;

  readonly #pragmas: readonly string[];
  readonly #onCommit: OnCommit | null;

  private constructor(path: string, client: Client, pragmas: readonly string[], onCommit: OnCommit | null) {
    this.#pragmas = pragmas;
    this.#onCommit = onCommit;
    this.#path = path;
    this.#client = client;
  }

  /** Opens or creates the file; with `read` it opens a second, read-only connection. @throws StoreError */
  static async open(
    path: string,
    mode: "write" | "read" = "write",
    onCommit: OnCommit | null = null,
  ): Promise<Database> {
    try {
      const client = createClient({ url: fileUrl(path), concurrency: 1, timeout: lockWaitMs });
      const database = new Database(path, client, mode === "read" ? readingPragmas : connectionPragmas, onCommit);
      try {
        await database.#prepareConnection();
      } catch (error) {
        client.close();
        throw error;
      }
      return database;
    } catch (error) {
      throw storeErrorFrom(error, path);
    }
  }

  /** The number of successful writes. Shows whether a call wrote anything, and so proved that writing works. */
  get commits(): number {
    return this.#commits;
  }

  /** Runs statements as one transaction, or as part of the open one; all or none. @throws StoreError */
  async write(statements: InStatement[]): Promise<ResultSet[]> {
    this.#expectWriting();
    const results = await (this.#transaction?.batch(statements) ?? this.#attempt(() => this.#commit(statements)));
    if (this.#transaction !== null) this.#written.push(...statements);
    else this.#onCommit?.({ statements });
    this.#commits++;
    return results;
  }

  /** Runs one query. @throws StoreError */
  read(sql: string, args: (string | number | null)[] = []): Promise<ResultSet> {
    return this.#transaction?.execute({ sql, args }) ?? this.#attempt(() => this.#client.execute({ sql, args }));
  }

  /** Everything that `work` writes becomes one transaction with one disk sync. @throws StoreError: then nothing was written */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    this.#expectWriting();
    const transaction = await this.#attempt(() => this.#client.transaction("write"));
    this.#transaction = transaction;
    try {
      const value = await work();
      await transaction.commit();
      if (this.#written.length > 0) this.#onCommit?.({ statements: this.#written });
      return value;
    } catch (error) {
      transaction.close();
      throw await this.#failure(error);
    } finally {
      this.#transaction = null;
      this.#written = [];
    }
  }

  /** Runs work that is declared as read-only: a write in it throws before anything is written. */
  async reading<T>(work: () => Promise<T>): Promise<T> {
    this.#refusing = true;
    try {
      return await work();
    } finally {
      this.#refusing = false;
    }
  }

  /** Runs a script of statements, for migrations. The script must contain its own BEGIN IMMEDIATE and COMMIT. */
  async script(sql: string): Promise<void> {
    this.#expectWriting();
    await this.#attempt(() => this.#client.executeMultiple(sql));
    this.#onCommit?.({ script: sql });
  }

  close(): void {
    this.#client.close();
  }

  #expectWriting(): void {
    if (this.#refusing)
      throw new StoreError("store_failed", "an operation that is declared to read wrote: declare it as a write");
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        if (!this.#fresh) await this.#prepareConnection();
        return await work();
      } catch (error) {
        const mapped = await this.#failure(error);
        if (mapped.code !== "store_locked" || attempt >= busyRetries) throw mapped;
        await new Promise((resolve) => setTimeout(resolve, 20 << attempt));
      }
    }
  }

  async #commit(statements: InStatement[]): Promise<ResultSet[]> {
    const [only, ...more] = statements;
    // A single statement is a transaction by itself; a batch would double the cost of a small write.
    if (only !== undefined && more.length === 0) return [await this.#client.execute(only)];
    return this.#client.batch(statements, "write");
  }

  async #failure(error: unknown): Promise<StoreError> {
    const mapped = storeErrorFrom(error, this.#path);
    // After an error of the storage the connection cannot be trusted; after a constraint or syntax error it can.
    if (mapped.code !== "store_failed") {
      this.#fresh = false;
      await this.#client.reconnect();
    }
    return mapped;
  }

  async #prepareConnection(): Promise<void> {
    for (const pragma of this.#pragmas) await this.#client.execute(pragma);
    this.#fresh = true;
  }
}

/** Maps an error of libsql to the store's own codes, with a message that says where it happened and how to fix it. */
export function storeErrorFrom(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const raw = error as { code?: unknown; extendedCode?: unknown; message?: unknown };
  const code = `${String(raw.code ?? "")} ${String(raw.extendedCode ?? "")}`;
  const text = String(raw.message ?? error);
  const has = (pattern: RegExp) => pattern.test(code) || pattern.test(text);
  const options = { cause: error, data: { sqlite: code.trim(), path } };
  if (has(/SQLITE_BUSY|SQLITE_LOCKED|database is locked|cannot commit transaction/i))
    return new StoreError("store_locked", `${path} is locked by another program: close it`, options);
  if (has(/SQLITE_FULL|disk is full|ENOSPC|No space left/i))
    return new StoreError("store_full", `the disk of ${path} is full: free some space`, options);
  if (has(/SQLITE_READONLY|readonly database|EACCES|EPERM|EROFS|permission denied/i))
    return new StoreError("store_readonly", `${path} cannot be written: check the folder's owner and mode`, options);
  if (has(/SQLITE_NOTADB|SQLITE_CORRUPT|not a database|malformed/i))
    return new StoreError("store_corrupt", `${path} is damaged or not a RhythmX database: restore a backup`, options);
  if (has(/SQLITE_IOERR|SQLITE_CANTOPEN|unable to open|disk I\/O|EMFILE|ENFILE/i))
    return new StoreError(
      "store_io",
      `${path} cannot be read or written (${text}): check the disk and its folder`,
      options,
    );
  return new StoreError("store_failed", `database: ${text}`, options);
}
