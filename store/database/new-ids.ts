/** `INC-`, `CASE-` and `CMP-` ids: 8 hexadecimal digits, drawn at random, that are not in use. */
import { randomBytes } from "node:crypto";
import type { Database } from "./database.ts";
import { text } from "./rows.ts";

const tables = { INC: "incidents", CASE: "threat_cases", CMP: "campaigns" } as const;
const columns = { INC: "incident_id", CASE: "case_id", CMP: "campaign_id" } as const;

/** After more restores than this, ids are drawn from the same numbers as after this many. */
const mostParts = 7;

/** `count` different ids that no row has. */
export async function newIds(database: Database, prefix: keyof typeof tables, count: number): Promise<string[]> {
  const ids = new Set<string>();
  if (count === 0) return [];
  const restores = await readRestores(database);
  while (ids.size < count) {
    const drawn = Array.from({ length: count - ids.size }, () => `${prefix}-${drawnNumber(randomBytes(4), restores)}`);
    const { rows } = await database.read(
      `select ${columns[prefix]} as id from ${tables[prefix]} where ${columns[prefix]} in (select value from json_each(?))`,
      [JSON.stringify(drawn)],
    );
    const taken = new Set(rows.map((row) => text(row, "id")));
    for (const id of drawn) if (!taken.has(id)) ids.add(id);
  }
  return [...ids];
}

/**
 * Eight hexadecimal digits from a part of the numbers that belongs to this count of restores alone: the ids that were given between a backup
 * and its restore are unknown, but tickets and receivers have them, and they must not come to mean something else. The binary number begins
 * with as many ones as there were restores, then a zero; so the first part is half of all numbers, the next a quarter, and so on.
 */
export function drawnNumber(random: Buffer, restores: number): string {
  const ones = Math.min(restores, mostParts);
  const number = random.readUInt32BE(0);
  const begin = ones === 0 ? 0 : (0xffffffff << (32 - ones)) >>> 0;
  const free = 2 ** (32 - ones - (ones === mostParts ? 0 : 1));
  return (begin + (number % free)).toString(16).padStart(8, "0");
}

async function readRestores(database: Database): Promise<number> {
  const { rows } = await database.read("select value from meta where key = 'restores'");
  const value = rows[0] === undefined ? 0 : Number(text(rows[0], "value"));
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}
