/**
 * The one connection to the database file. Runs in the store's Worker only.
 *
 * Every write is a transaction and is durable (WAL, synchronous=FULL) when it resolves. After SQLITE_BUSY a libsql connection is unusable
 * (later writes can report success and be lost), so it is replaced at once.
 */
import { StoreError } from "../../core/errors.ts";
import { Connection } from "./connection.ts";
import { connectionPragmas, readingPragmas } from "./pragmas.ts";
import { applyTo, type Batch, bodyOf, type ForeignBatch, type Replication } from "./replication.ts";
import type { Result, Row, Statement, Value } from "./statement.ts";
import { storeErrorFrom } from "./store-errors.ts";

/** How long SQLite waits for another process's lock before it returns BUSY, and how often we then retry. */
const lockWaitMs = 250;
const busyRetries = 4;

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
  /** Rows that each of them affected; kept for a log alone. */
  #counts: number[] = [];
  #replication: Replication | null = null;
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
    if (this.#replication !== null && this.#transaction === null) return this.transaction(() => this.write(statements));
    const results =
      this.#transaction === null
        ? await this.#attempt((connection) => this.#commitAll(connection, statements))
        : this.#once((connection) => statements.map((statement) => connection.run(statement)));
    if (this.#transaction !== null) {
      this.#transaction.push(...statements);
      if (this.#replication !== null) this.#counts.push(...results.map(({ rowsAffected }) => rowsAffected));
    } else this.#onCommit?.({ statements });
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
    await this.#replication?.ready();
    const connection = await this.#begin();
    const written: Statement[] = [];
    this.#transaction = written;
    this.#counts = [];
    try {
      const value = await work();
      if (this.#replication === null || written.length === 0) connection.run(commit);
      else await this.#commitEverywhere(connection, this.#replication, { statements: written }, this.#counts);
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
    if (this.#replication !== null) {
      await this.#replication.ready();
      await this.#scriptEverywhere(this.#replication, sql);
    } else
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

  /** From now on commits go through a log; null: they do no longer. */
  replicateBy(replication: Replication | null): void {
    this.#replication = replication;
  }

  /**
   * Writes what another node has committed, all of it or nothing, together with a mark. @throws StoreError store_diverged: a statement affected
   * other rows here than there, so the content before it was another
   */
  async apply(batches: readonly ForeignBatch[], mark: Statement): Promise<void> {
    await this.#attempt((connection) => {
      try {
        connection.run(begin);
        for (const foreign of batches) applyTo(connection, foreign);
        connection.run(mark);
        connection.run(commit);
      } catch (error) {
        this.#abandon(connection);
        throw error;
      }
    });
    this.#commits++;
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
    // After an error of the storage the connection cannot be trusted; after a constraint or syntax error, or one of the log, it can.
    if (!trusted.includes(mapped.code)) this.#disconnect();
    return mapped;
  }

  #begin(): Promise<Connection> {
    return this.#attempt((connection) => {
      connection.run(begin);
      return connection;
    });
  }

  /** Ends an open transaction once a quorum has what it wrote. */
  async #commitEverywhere(
    connection: Connection,
    replication: Replication,
    batch: Batch,
    counts: readonly number[],
  ): Promise<void> {
    const entry = replication.entry(batch, counts);
    connection.run(entry.mark);
    await entry.append();
    connection.run(commit);
    entry.committed();
  }

  async #scriptEverywhere(replication: Replication, sql: string): Promise<void> {
    const connection = await this.#begin();
    try {
      connection.script(bodyOf(sql));
      await this.#commitEverywhere(connection, replication, { script: sql }, []);
    } catch (error) {
      this.#abandon(connection);
      throw this.#failure(error);
    }
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

/** Codes of errors after which a connection is as good as before. */
const trusted: readonly string[] = [
  "store_failed",
  "store_no_quorum",
  "store_not_leader",
  "store_diverged",
  "store_behind",
];
