/**
 * A database file that a test reads or changes beside the appliance, through the appliance's own SQLite. A second SQLite in the process,
 * such as bun:sqlite, does not see the locks of the first: it empties the -shm file that the first has mapped, which ends the process with
 * SIGBUS or reads a page of the WAL as another (https://www.sqlite.org/howtocorrupt.html, 2.2.1). test/architecture.test.ts keeps it out.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";

export type Value = string | number | bigint | null | Uint8Array;

/** A statement that is run for each call; rows are objects by column. */
interface FileStatement<Row> {
  all(...values: Value[]): Row[];
  /** The first row; null if there is none. */
  get(...values: Value[]): Row | null;
  run(...values: Value[]): void;
}

export class DatabaseFile {
  readonly #file: Libsql.Database;

  /** `readonly`: of a file that is there, and no statement may change it. @throws SqliteError */
  constructor(path: string, { readonly = false }: { readonly?: boolean } = {}) {
    if (readonly && !existsSync(path)) throw new Error(`there is no ${path}`);
    this.#file = new Libsql(path, { timeout: 10_000 });
    if (readonly) this.#file.exec("pragma query_only = on");
  }

  /** @throws SqliteError */
  query<Row = Record<string, unknown>>(sql: string): FileStatement<Row> {
    const statement = this.#file.prepare(sql);
    const all = (...values: Value[]) => statement.all(values) as Row[];
    // All of them also for one: a statement that was not read to its end keeps its lock.
    return { all, get: (...values) => all(...values)[0] ?? null, run: (...values) => void statement.run(values) };
  }

  /** One statement, or several without values. @throws SqliteError */
  run(sql: string, values: readonly Value[] = []): void {
    if (values.length > 0) this.#file.prepare(sql).run([...values]);
    else this.#file.exec(sql);
  }

  /** All of `work` or nothing. @throws what `work` throws */
  transaction(work: () => void): void {
    this.#file.transaction(work)();
  }

  close(): void {
    this.#file.close();
  }
}

/** What `work` gives of a file that is open for it alone. */
export function inDatabase<T>(path: string, work: (file: DatabaseFile) => T, options?: { readonly: boolean }): T {
  const file = new DatabaseFile(path, options);
  try {
    return work(file);
  } finally {
    file.close();
  }
}

/** The first row of what `sql` gives in the database of an appliance, running or not. */
export function queryDatabase(
  { dataDir }: { dataDir: string },
  sql: string,
  values: readonly (string | number)[] = [],
): Record<string, string | number | null> {
  const first = (file: DatabaseFile) => file.query<Record<string, string | number | null>>(sql).get(...values);
  return inDatabase(join(dataDir, "rhythmx.db"), first, { readonly: true }) ?? {};
}

/** Statements of a stopped appliance's database, all or none. */
export function changeDatabase(
  { dataDir }: { dataDir: string },
  statements: readonly [sql: string, values: Value[]][],
): void {
  inDatabase(join(dataDir, "rhythmx.db"), (file) =>
    file.transaction(() => {
      for (const [sql, values] of statements) file.run(sql, values);
    }),
  );
}
