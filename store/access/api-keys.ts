/** API keys. */

import type { ApiKeyRecord, ApiKeyScope } from "../../core/api-key.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { text, textOrNull } from "../database/rows.ts";
import type { Row } from "../database/statement.ts";

const columns = `id, name, prefix, sha256, scopes, entities, created_at, expires_at, revoked_at, last_used_at, last_used_from,
  created_by`;

export async function insertApiKey(database: Database, key: ApiKeyRecord): Promise<void> {
  await database.write([
    {
      sql: `insert into api_keys (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, null, null, null, ?)`,
      args: [
        key.id,
        key.name,
        key.prefix,
        key.sha256,
        JSON.stringify(key.scopes),
        JSON.stringify(key.entities),
        toIso(key.createdAt),
        key.expiresAt === null ? null : toIso(key.expiresAt),
        key.createdBy,
      ],
    },
  ]);
}

export async function listApiKeys(database: Database): Promise<ApiKeyRecord[]> {
  return (await database.read(`select ${columns} from api_keys order by created_at, id`)).rows.map(fromRow);
}

/** Revokes a key; false when no key has that id. A second call keeps the time of the first. */
export async function revokeApiKey(database: Database, id: string, now: number): Promise<boolean> {
  const results = await database.write([
    { sql: "update api_keys set revoked_at = coalesce(revoked_at, ?) where id = ?", args: [toIso(now), id] },
  ]);
  return results[0]?.rowsAffected === 1;
}

/** When a key was last used, epoch milliseconds, and from which IP address. */
export interface KeyUse {
  id: string;
  at: number;
  address: string;
}

export async function touchApiKeys(database: Database, uses: readonly KeyUse[]): Promise<void> {
  await database.write(
    uses.map(({ id, at, address }) => ({
      sql: "update api_keys set last_used_at = ?, last_used_from = ? where id = ?",
      args: [toIso(at), address, id],
    })),
  );
}

function fromRow(row: Row): ApiKeyRecord {
  const time = (column: string) => {
    const value = textOrNull(row, column);
    return value === null ? null : fromIso(value);
  };
  return {
    id: text(row, "id"),
    name: text(row, "name"),
    prefix: text(row, "prefix"),
    sha256: text(row, "sha256"),
    scopes: JSON.parse(text(row, "scopes")) as ApiKeyScope[],
    entities: JSON.parse(text(row, "entities")) as string[],
    createdAt: fromIso(text(row, "created_at")),
    expiresAt: time("expires_at"),
    revokedAt: time("revoked_at"),
    lastUsedAt: time("last_used_at"),
    lastUsedFrom: textOrNull(row, "last_used_from"),
    createdBy: textOrNull(row, "created_by"),
  };
}
