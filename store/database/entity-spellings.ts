/** Entities are one name in any case. SQLite's `nocase` knows only the letters of ASCII, so other spellings are looked up. */
import { normaliseName } from "../../core/intake/identity.ts";
import type { Database } from "./database.ts";
import { integer, text } from "./rows.ts";

const isAscii = (name: string) => !/[^\0-\x7f]/.test(name);

/** Spellings with letters beyond ASCII by what they come to, and up to which row of `entity_names`. */
interface Spellings {
  upTo: number;
  byName: Map<string, string[]>;
}

const remembered = new WeakMap<Database, Spellings>();

/** From now on only names that are new are read. Of a connection that writes nothing: what is rolled back would be remembered too. */
export function rememberEntities(database: Database): void {
  remembered.set(database, { upTo: 0, byName: new Map() });
}

/** The names as they are stored, for comparing with `collate nocase`; a name that nothing has stays as it is. Null = all. */
export async function entitySpellings<Names extends readonly string[] | null>(
  database: Database,
  names: Names,
): Promise<Names> {
  if (names === null || names.every(isAscii)) return names;
  const { byName } = await readSpellings(database);
  const stored = names.flatMap((name) => {
    const plain = normaliseName(name);
    // Letters beyond ASCII whose lower case is within.
    return [...(byName.get(plain) ?? []), ...(isAscii(plain) ? [plain] : [])];
  });
  return [...new Set([...names, ...stored])] as readonly string[] as Names;
}

async function readSpellings(database: Database): Promise<Spellings> {
  const known = remembered.get(database) ?? { upTo: 0, byName: new Map<string, string[]>() };
  const { rows } = await database.read("select id, name from entity_names where id > ? order by id", [known.upTo]);
  for (const row of rows) {
    known.upTo = integer(row, "id");
    const name = text(row, "name");
    if (isAscii(name)) continue;
    const plain = normaliseName(name);
    known.byName.set(plain, [...(known.byName.get(plain) ?? []), name]);
  }
  return known;
}

/**
 * One spelling of each entity that has alerts, incidents or cases, in alphabetical order, up to `most` of them. `among`: only what is one of
 * these; null = all.
 */
export async function listEntities(
  database: Database,
  among: readonly string[] | null,
  most: number,
): Promise<string[]> {
  const spellings = await entitySpellings(database, among);
  const { rows } = await database.read(
    `select name from entity_names e where ${spellings === null ? "true" : "name in (select value from json_each(?2))"}
       and exists (select 1 from row_counts c where c.feed in ('alerts', 'incidents', 'cases') and c.entity_name = e.name and c.n > 0)
     order by name limit ?1`,
    [most, ...(spellings === null ? [] : [JSON.stringify(spellings)])],
  );
  const names = new Map(rows.map((row) => text(row, "name")).map((name) => [normaliseName(name), name]));
  return [...names.values()].sort(new Intl.Collator("en").compare);
}
