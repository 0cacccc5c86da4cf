/** Entities are one name in any case. SQLite's `nocase` knows only the letters of ASCII, so other spellings are looked up. */
import { normaliseName } from "../../core/intake/identity.ts";
import type { Database } from "./database.ts";
import { text } from "./rows.ts";

const isAscii = (name: string) => !/[^\0-\x7f]/.test(name);

/** The names as they are stored, for comparing with `collate nocase`; a name that nothing has stays as it is. Null = all. */
export async function entitySpellings<Names extends readonly string[] | null>(
  database: Database,
  names: Names,
): Promise<Names> {
  if (names === null || names.every(isAscii)) return names;
  const wanted = new Set(names.map(normaliseName));
  const { rows } = await database.read("select distinct entity_name as name from row_counts");
  const stored = rows.map((row) => text(row, "name")).filter((name) => wanted.has(normaliseName(name)));
  return [...new Set([...names, ...stored])] as readonly string[] as Names;
}

/** One spelling of each entity that has alerts, incidents or cases, in alphabetical order. */
export async function listEntities(database: Database): Promise<string[]> {
  const { rows } = await database.read("select distinct entity_name as name from row_counts where n > 0");
  const names = new Map(rows.map((row) => text(row, "name")).map((name) => [normaliseName(name), name]));
  return [...names.values()].sort((a, b) => a.localeCompare(b));
}
