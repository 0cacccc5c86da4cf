/** `INC-`, `CASE-` and `CMP-` ids: 8 random hexadecimal digits that are not in use. */
import { randomBytes } from "node:crypto";
import type { Database } from "./database.ts";
import { text } from "./rows.ts";

const tables = { INC: "incidents", CASE: "threat_cases", CMP: "campaigns" } as const;
const columns = { INC: "incident_id", CASE: "case_id", CMP: "campaign_id" } as const;

/** `count` different ids that no row has. */
export async function newIds(database: Database, prefix: keyof typeof tables, count: number): Promise<string[]> {
  const ids = new Set<string>();
  while (ids.size < count) {
    const drawn = Array.from({ length: count - ids.size }, () => `${prefix}-${randomBytes(4).toString("hex")}`);
    const { rows } = await database.read(
      `select ${columns[prefix]} as id from ${tables[prefix]} where ${columns[prefix]} in (select value from json_each(?))`,
      [JSON.stringify(drawn)],
    );
    const taken = new Set(rows.map((row) => text(row, "id")));
    for (const id of drawn) if (!taken.has(id)) ids.add(id);
  }
  return [...ids];
}
