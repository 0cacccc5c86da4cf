/** What the files of a cluster's nodes hold. */
import { Database as Sqlite } from "bun:sqlite";
import { createHash } from "node:crypto";

/** Tables that are not the same in all files. */
export function differing(paths: readonly string[]): string[] {
  const [first = new Map<string, string>(), ...others] = paths.map(digests);
  return [...first].filter(([name, digest]) => others.some((one) => one.get(name) !== digest)).map(([name]) => name);
}

export function sameContent(paths: readonly string[]): boolean {
  return differing(paths).length === 0;
}

/** Rows of a table that only some of these files have, as text: for the report of a difference. */
export function rowsApart(paths: readonly string[], table: string, most = 5): string[] {
  const all = paths.map((path) =>
    reading(path, (sqlite) => new Set(sqlite.query(`select * from "${table}"`).values().map(textOf))),
  );
  return all.flatMap((rows, n) =>
    [...rows]
      .filter((row) => all.some((other) => !other.has(row)))
      .slice(0, most)
      .map((row) => `${n + 1}: ${row.slice(0, 300)}`),
  );
}

/** A digest of each table's rows in their order, all as of one moment. */
function digests(path: string): Map<string, string> {
  return reading(path, (sqlite) =>
    sqlite.transaction(() => {
      const tables = sqlite.query("select name from sqlite_master where type = 'table' order by name").all() as {
        name: string;
      }[];
      return new Map(
        tables.map(({ name }) => {
          const hash = createHash("sha256");
          for (const row of sqlite.query(`select * from "${name}"`).values()) hash.update(`${textOf(row)}\n`);
          return [name, hash.digest("hex")];
        }),
      );
    })(),
  );
}

export function hostsIn(path: string): Set<string> {
  return textsIn(path, "select host from sigma_alerts");
}

export function incidentsIn(path: string): Set<string> {
  return textsIn(path, "select incident_id from incidents");
}

export function tablesIn(path: string): Set<string> {
  return textsIn(path, "select name from sqlite_master where type = 'table'");
}

function textsIn(path: string, sql: string): Set<string> {
  return reading(path, (sqlite) => new Set((sqlite.query(sql).values() as [string][]).map(([text]) => text)));
}

function textOf(row: unknown): string {
  return JSON.stringify(row, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value));
}

function reading<T>(path: string, read: (sqlite: Sqlite) => T): T {
  const sqlite = new Sqlite(path, { readonly: true });
  try {
    // A node that changes its role, or that begins, has the file for itself for a moment.
    sqlite.run("pragma busy_timeout = 30000");
    return read(sqlite);
  } finally {
    sqlite.close();
  }
}
