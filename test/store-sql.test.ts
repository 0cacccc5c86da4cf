/** SQL that writes is repeatable: the same statements with the same arguments make the same content, on any node and at any time. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** What no SQL of the store says: it would be different each time. */
const forbidden: readonly [RegExp, string][] = [
  [/\brandom(blob)?\s*\(/i, "random"],
  [/\bcurrent_(timestamp|date|time)\b/i, "the clock"],
  [/['"]now['"]/i, "the clock"],
  [/\b(unixepoch|julianday|datetime|date|time)\s*\(\s*\)/i, "the clock"],
  [/\b(last_insert_rowid|changes|total_changes)\s*\(/i, "the connection"],
];

/** Texts in quotes that are SQL, with what stands in `${}` left as it is. */
function sqlTexts(source: string): string[] {
  const code = source.replace(/^\s*(\/\/|\/?\*).*$/gm, "");
  const texts = [...code.matchAll(/`((?:[^`\\]|\\.)*)`|"((?:[^"\\\n]|\\.)*)"/g)].map(
    ([, long, short]) => long ?? short ?? "",
  );
  return texts.filter((text) =>
    /^\s*(select|insert|update|delete|with|create|replace|drop|alter)\b|\bfrom\b/i.test(text),
  );
}

const isWrite = (sql: string) => /\b(insert\s+(or\s+\w+\s+)?into|update\s+\S+\s+set|delete\s+from)\b/i.test(sql);

/** Rows made from a query without an order would get their ids by chance. One row is no choice. */
function unordered(sql: string): boolean {
  const select = /\binsert\s+(?:or\s+\w+\s+)?into\b.*?\bselect\b(.*)/is.exec(sql)?.[1];
  // Tables of counts have no row ids: their key is their order.
  if (select === undefined || /\binto\s+\w+_counts\b/i.test(sql) || !/\bfrom\b/i.test(select)) return false;
  if (/\border\s+by\b/i.test(select)) return false;
  const isOneRow = /^\s*'[^']*',\s*max\(/i.test(select) || /\bwhere\s+(t\.)?id\s*=\s*(\?\d?|\(select)/i.test(select);
  return !isOneRow && !/\bvalues\b.*\bselect\b/is.test(sql);
}

/** Why a text of SQL is not repeatable; empty: it is. */
function breaches(sql: string): string[] {
  const found = forbidden.filter(([pattern]) => pattern.test(sql)).map(([, what]) => what);
  if (isWrite(sql)) {
    for (const [before] of sql.matchAll(/^.*?\blimit\b/gis))
      if (!/\border\s+by\b/i.test(before)) found.push("limit without order by");
    if (unordered(sql)) found.push("insert of a query without order by");
  }
  return found;
}

async function storeSql(): Promise<[string, string][]> {
  const texts: [string, string][] = [];
  for await (const path of new Bun.Glob("store/**/*.{ts,sql}").scan({ cwd: root })) {
    if (path.endsWith(".test.ts")) continue;
    const source = await Bun.file(join(root, path)).text();
    for (const sql of path.endsWith(".sql") ? statementsOf(source) : sqlTexts(source)) texts.push([path, sql]);
  }
  return texts;
}

function statementsOf(script: string): string[] {
  return script.replace(/--.*$/gm, "").split(";");
}

test("no SQL of the store leaves anything to chance, to the clock or to the order of a table", async () => {
  const texts = await storeSql();
  expect(texts.filter(([, sql]) => isWrite(sql)).length).toBeGreaterThan(60);
  expect(texts.flatMap(([path, sql]) => breaches(sql).map((what) => `${path}: ${what}: ${sql.trim()}`))).toEqual([]);
});

describe("a breach is found", () => {
  const planted: [string, string][] = [
    ["insert into a values (hex(randomblob(8)))", "random"],
    ["update a set x = random()", "random"],
    ["insert into a values (current_timestamp)", "the clock"],
    ["update a set x = strftime('%s', 'now')", "the clock"],
    ["update a set x = unixepoch()", "the clock"],
    ["insert into a values (last_insert_rowid())", "the connection"],
    ["delete from a where id in (select id from a where day < ? limit 50)", "limit without order by"],
    ["update a set x = 1 where id in (select id from a limit ?)", "limit without order by"],
    ["insert into a (x) select value->>0 from json_each(?)", "insert of a query without order by"],
    ["insert into a select x, y from b where z = ? on conflict do nothing", "insert of a query without order by"],
  ];
  for (const [sql, what] of planted)
    test(sql, () => {
      const source = `const one = \`${sql}\`;`;
      expect(sqlTexts(source).flatMap(breaches)).toEqual([what]);
    });
});

test("what is repeatable is not reported", () => {
  for (const sql of [
    "select * from a limit 1",
    "delete from a where id in (select id from a order by day, id limit ?)",
    "insert into a (x) select value->>0 from json_each(?) order by rowid",
    "insert into meta select 'x', max(id) from a where true on conflict do nothing",
    "update a set x = unixepoch(?1, 'subsec')",
  ])
    expect(breaches(sql)).toEqual([]);
});
