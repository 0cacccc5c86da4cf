/**
 * The one connection to the database file. Runs in the store's Worker only.
 *
 * Every write is a transaction and is durable (WAL, synchronous=FULL) when it resolves. After SQLITE_BUSY a libsql connection is unusable
 * (later writes can report success and be lost), so it is replaced at once.
 */
import { StoreError } from "../../core/errors.ts";
import { Connection } from "./connection.ts";
import type { Result, Row, Statement, Value } from "./statement.ts";

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
export type Batch = { statements: readonly Statement[] } | { script: string };

/** Called for each commit once it is on disk, in order. Not called for a commit that was reported as failed, even if it reached the file. */
export type OnCommit = (batch: Batch) => void;

const begin: Statement = { sql: "BEGIN IMMEDIATE" };
const commit: Statement = { sql: "COMMIT" };
const rollback: Statement = { sql: "ROLLBACK" };

export class Database {
  readonly #path: string;
  readonly #pragmas: readonly string[];
  readonly #onCommit: OnCommit | null;
  /** Null after an error of the storage, until the next call opens the file again. */
  #connection: Connection | null = null;
  #commits = 0;
  /** Set while `transaction` runs: its statements so far. */
  #transaction: Statement[] | null = null;
  /** True while `reading` runs: writes are refused. */
  #refusing = false;

  private constructor(path: string, pragmas: readonly string[], onCommit: OnCommit | null) {
    this.#path = path;
    this.#pragmas = pragmas;
    this.#onCommit = onCommit;
  }

  /** Opens or creates the file; with `read` it opens a second, read-only connection. @throws StoreError */
  static async open(
    path: string,
    mode: "write" | "read" = "write",
    onCommit: OnCommit | null = null,
  ): Promise<Database> {
    const database = new Database(path, mode === "read" ? readingPragmas : connectionPragmas, onCommit);
    try {
      database.#connect();
    } catch (error) {
      throw storeErrorFrom(error, path);
    }
    return database;
  }

  /** The number of successful writes. Shows whether a call wrote anything, and so proved that writing works. */
  get commits(): number {
    return this.#commits;
  }

  /** Runs statements as one transaction, or as part of the open one; all or none. @throws StoreError */
  async write(statements: readonly Statement[]): Promise<readonly Result[]> {
    this.#expectWriting();
    const results =
      this.#transaction === null
        ? await this.#attempt((connection) => this.#commitAll(connection, statements))
        : this.#once((connection) => statements.map((statement) => connection.run(statement)));
    if (this.#transaction !== null) this.#transaction.push(...statements);
    else this.#onCommit?.({ statements });
    this.#commits++;
    return results;
  }

  /** Runs one query. @throws StoreError */
  async read(sql: string, args: readonly Value[] = []): Promise<{ rows: Row[] }> {
    const query = (connection: Connection) => connection.all(sql, args);
    return { rows: this.#transaction === null ? await this.#attempt(query) : this.#once(query) };
  }

  /** Everything that `work` writes becomes one transaction with one disk sync. @throws StoreError: then nothing was written */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    this.#expectWriting();
    const connection = await this.#attempt((connection) => {
      connection.run(begin);
      return connection;
    });
    const written: Statement[] = [];
    this.#transaction = written;
    try {
      const value = await work();
      connection.run(commit);
      if (written.length > 0) this.#onCommit?.({ statements: written });
      return value;
    } catch (error) {
      this.#abandon(connection);
      throw this.#failure(error);
    } finally {
      this.#transaction = null;
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
    await this.#attempt((connection) => {
      try {
        connection.script(sql);
      } catch (error) {
        this.#abandon(connection);
        throw error;
      }
    });
    this.#onCommit?.({ script: sql });
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  #expectWriting(): void {
    if (this.#refusing)
      throw new StoreError("store_failed", "an operation that is declared to read wrote: declare it as a write");
  }

  /** Runs work on the connection, again after a while if another process holds the lock. @throws StoreError */
  async #attempt<T>(work: (connection: Connection) => T): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return this.#once(work);
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== "store_locked" || attempt >= busyRetries) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20 << attempt));
      }
    }
  }

  /** @throws StoreError */
  #once<T>(work: (connection: Connection) => T): T {
    try {
      return work(this.#connection ?? this.#connectAnew());
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): StoreError {
    const mapped = storeErrorFrom(error, this.#path);
    // After an error of the storage the connection cannot be trusted; after a constraint or syntax error it can.
    if (mapped.code !== "store_failed") this.#disconnect();
    return mapped;
  }

  /** A single statement is a transaction by itself; BEGIN and COMMIT around it would double the cost of a small write. */
  #commitAll(connection: Connection, statements: readonly Statement[]): Result[] {
    const [only, ...more] = statements;
    if (only === undefined) return [];
    if (more.length === 0 && !("rows" in only)) return [connection.run(only)];
    try {
      connection.run(begin);
      const results = statements.map((statement) => connection.run(statement));
      connection.run(commit);
      return results;
    } catch (error) {
      this.#abandon(connection);
      throw error;
    }
  }

  /** Ends an open transaction. A connection on which that fails is replaced. */
  #abandon(connection: Connection): void {
    try {
      if (connection.inTransaction) connection.run(rollback);
    } catch {
      this.#disconnect();
    }
  }

  /** In a transaction that has lost its connection nothing more is written: on another one it would be by itself, and stay. */
  #connectAnew(): Connection {
    if (this.#transaction !== null)
      throw new StoreError("store_failed", "the transaction ended with the error of the storage before this call");
    return this.#connect();
  }

  #connect(): Connection {
    const connection = new Connection(this.#path, lockWaitMs);
    try {
      for (const sql of this.#pragmas) connection.run({ sql });
    } catch (error) {
      connection.close();
      throw error;
    }
    this.#connection = connection;
    return connection;
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = null;
    try {
      // Otherwise its lock would stay until its statements are collected.
      if (connection?.inTransaction) connection.run(rollback);
    } catch {
      // The storage is at fault.
    }
    try {
      connection?.close();
    } catch {
      // It could not be trusted anyway.
    }
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
