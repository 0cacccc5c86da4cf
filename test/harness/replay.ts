/**
 * Replays what the writer has committed into a second database and compares the two, row by row: whatever a statement leaves to chance, to
 * the clock or to the order in which SQLite happens to walk a table shows as a difference.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, type Value } from "@libsql/client";
import { fileUrl } from "../../store/database/instance-lock.ts";
import type { Batch } from "../../store/database/replication.ts";
import type { Statement } from "../../store/database/statement.ts";

/** A database file with what is still in its log, as bytes. */
type Content = readonly { suffix: "" | "-wal"; bytes: Uint8Array }[];

/** Records the commits to one file from the time of its making on. */
export class CommitRecorder {
  readonly #path: string;
  /** What the file held before the first commit; empty for a new file. */
  readonly #before: Content;
  readonly #batches: Batch[] = [];
  #isVerified = false;

  /** `path`: the database file, which is not open yet, and need not exist. */
  constructor(path: string) {
    this.#path = path;
    this.#before = contentOf(path);
  }

  /** For `openStore`. */
  readonly onCommit = (batch: Batch): void => void this.#batches.push(batch);

  /** After the store was closed; what becomes of the file after the first time is not looked at. @throws Error naming table and row where the replayed content is another than the file's. */
  async verify(): Promise<void> {
    if (this.#isVerified) return;
    this.#isVerified = true;
    const after = contentOf(this.#path);
    // A test that has removed its folder has left nothing to compare.
    if (after.length === 0) return;
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-replay-"));
    const clients: Client[] = [];
    try {
      const open = (name: string, content: Content) => {
        for (const { suffix, bytes } of content) writeFileSync(join(folder, `${name}${suffix}`), bytes);
        const url = content.length === 0 ? ":memory:" : fileUrl(join(folder, name));
        const client = createClient({ url, concurrency: 1 });
        clients.push(client);
        return client;
      };
      const replica = open("replica.db", this.#before);
      await replay(replica, this.#batches);
      const difference = await firstDifference(open("original.db", after), replica);
      if (difference !== null)
        throw new Error(
          `the ${this.#batches.length} batches committed do not make the same content again: ${difference}`,
        );
    } finally {
      for (const client of clients) client.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Applies batches in order, without waiting for the disk. */
async function replay(replica: Client, batches: readonly Batch[]): Promise<void> {
  await replica.execute("PRAGMA synchronous = OFF");
  await replica.execute("PRAGMA foreign_keys = ON");
  for (const batch of batches) {
    if ("script" in batch) await replica.executeMultiple(batch.script);
    else await replica.batch(batch.statements.flatMap(single), "write");
  }
}

/** A statement with several rows of arguments as one for each. */
function single(statement: Statement): { sql: string; args: Value[] }[] {
  const { sql } = statement;
  if ("rows" in statement) return statement.rows.map((row) => ({ sql, args: [...row] }));
  return [{ sql, args: [...(statement.args ?? [])] }];
}

/** The first table and row in which two databases differ, row ids and the counters of `autoincrement` included; null where there is none. */
async function firstDifference(original: Client, replica: Client): Promise<string | null> {
  const tables = await tablesOf(original);
  const others = await tablesOf(replica);
  const schema = inFull([...tables.keys()]);
  if (schema !== inFull([...others.keys()])) return `tables ${schema}, replayed ${inFull([...others.keys()])}`;
  for (const [table, sql] of tables) {
    const [rows, replayed] = [await rowsOf(original, sql), await rowsOf(replica, sql)];
    for (let n = 0; n < Math.max(rows.length, replayed.length); n++)
      if (rows[n] !== replayed[n])
        return `${table}, row ${n + 1}: ${rows[n] ?? "none"}, replayed ${replayed[n] ?? "none"}`;
  }
  return null;
}

/** What is to be read of each table. */
async function tablesOf(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.execute(
    "select name, wr from pragma_table_list where schema = 'main' and type = 'table' and name <> 'sqlite_schema' order by name",
  );
  const tables = rows.map(({ name, wr }): [string, string] => [
    String(name),
    wr === 1 ? `select * from "${name}"` : `select rowid, * from "${name}"`,
  ]);
  return new Map([...tables, ["sqlite_schema", "select type, name, tbl_name, sql from sqlite_schema"]]);
}

/** Each row as text; in the order of their texts, because a table's own order is what its key says. */
async function rowsOf(client: Client, sql: string): Promise<string[]> {
  const { rows, columns } = await client.execute(sql);
  return rows.map((row) => inFull(columns.map((_, index) => row[index]))).sort();
}

function inFull(values: readonly (Value | undefined)[]): string {
  return JSON.stringify(values, (_, value) =>
    value instanceof ArrayBuffer ? Buffer.from(value).toString("hex") : value,
  );
}

function contentOf(path: string): Content {
  return (["", "-wal"] as const)
    .filter((suffix) => existsSync(`${path}${suffix}`))
    .map((suffix) => ({ suffix, bytes: readFileSync(`${path}${suffix}`) }));
}
