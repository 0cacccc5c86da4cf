/**
 * A connection of the `libsql` driver to a database file that prepares each statement once. Its calls block the thread until SQLite is
 * done. After an error of the storage it must be replaced: a statement that failed with SQLITE_BUSY stays unfinished, and what is written
 * after it reports success and is lost.
 */
import Libsql from "libsql";
import type { Result, Row, Statement, Value } from "./statement.ts";

/** Statements kept prepared. The texts of the store's own statements are far fewer; those of lists vary with what is asked for. */
const mostPrepared = 256;

interface Prepared {
  statement: Libsql.Statement<unknown[]>;
  /** It returns rows. */
  reads: boolean;
}

export class Connection {
  readonly #file: Libsql.Database;
  /** The driver ends the whole process when something is asked of a file that is closed. */
  #isClosed = false;
  /** By SQL text, the least recently used first. */
  readonly #prepared = new Map<string, Prepared>();

  /** `lockWaitMs`: how long SQLite waits for a lock of another connection. @throws SqliteError */
  constructor(path: string, lockWaitMs: number) {
    this.#file = new Libsql(path, { timeout: lockWaitMs });
  }

  get inTransaction(): boolean {
    return !this.#isClosed && this.#file.inTransaction;
  }

  /** Rows of a query. @throws SqliteError */
  all(sql: string, args: readonly Value[] = []): Row[] {
    return this.#prepare(sql).statement.all(args) as Row[];
  }

  /** Runs one statement, for each row of arguments if it has several. @throws SqliteError */
  run(statement: Statement): Result {
    const { statement: prepared, reads } = this.#prepare(statement.sql);
    if ("rows" in statement) {
      let rowsAffected = 0;
      for (const row of statement.rows) rowsAffected += prepared.run(row).changes;
      return { rows: [], rowsAffected };
    }
    const args = statement.args ?? [];
    if (!reads) return { rows: [], rowsAffected: prepared.run(args).changes };
    const rows = prepared.all(args) as Row[];
    return { rows, rowsAffected: rows.length };
  }

  /** Runs a script of statements without arguments. @throws SqliteError */
  script(sql: string): void {
    this.#expectOpen();
    this.#file.exec(sql);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#prepared.clear();
    this.#file.close();
  }

  #expectOpen(): void {
    if (this.#isClosed) throw new Error("the connection was closed after an error of the storage");
  }

  #prepare(sql: string): Prepared {
    this.#expectOpen();
    const known = this.#prepared.get(sql);
    if (known !== undefined) {
      this.#prepared.delete(sql);
      this.#prepared.set(sql, known);
      return known;
    }
    const statement = this.#file.prepare(sql);
    const prepared = { statement, reads: statement.reader };
    this.#prepared.set(sql, prepared);
    if (this.#prepared.size > mostPrepared)
      for (const oldest of this.#prepared.keys()) {
        this.#prepared.delete(oldest);
        break;
      }
    return prepared;
  }
}
