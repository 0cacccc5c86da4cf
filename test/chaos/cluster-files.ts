/** What the files of a cluster's nodes hold. */
import { Database as Sqlite } from "bun:sqlite";

/** Tables that are not the same in all files. */
export function differing(paths: readonly string[]): string[] {
  const [first = [], ...others] = paths.map((path) => JSON.parse(contentOf(path)) as [string, unknown][]);
  const tables = first.map(([name, rows], n) => ({ name, same: others.every((one) => same(one[n]?.[1], rows)) }));
  return tables.filter(({ same }) => !same).map(({ name }) => name);
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** All tables of a file, as text. */
export function contentOf(path: string): string {
  const sqlite = new Sqlite(path, { readonly: true });
  try {
    const tables = sqlite.query("select name from sqlite_master where type = 'table' order by name").all() as {
      name: string;
    }[];
    return sqlite.transaction(() =>
      JSON.stringify(tables.map(({ name }) => [name, sqlite.query(`select * from "${name}"`).values()])),
    )();
  } finally {
    sqlite.close();
  }
}

export function hostsIn(path: string): Set<string> {
  const sqlite = new Sqlite(path, { readonly: true });
  try {
    return new Set((sqlite.query("select host from sigma_alerts").values() as [string][]).map(([host]) => host));
  } finally {
    sqlite.close();
  }
}
