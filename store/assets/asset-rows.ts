/** Rows of assets: each entity's list, roles that logs show, and how far their changes have been taken into account. */
import type { Asset, ListedAsset } from "../../core/assets/asset.ts";
import type { Shown, ShownRole } from "../../core/assets/inference.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { integer, text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";

/** A host whose role a log has shown. */
export interface InferredRole {
  entity: string;
  /** In the spelling by which assets are found. */
  host: string;
  role: ShownRole;
  /** The last day on which it was shown, epoch milliseconds / 86,400,000. */
  day: number;
}

/** How often the rows have changed; another connection reads them again when it has grown. */
export async function changesOf(database: Database): Promise<number> {
  const { rows } = await database.read("select changes from asset_state");
  return rows[0] === undefined ? 0 : integer(rows[0], "changes");
}

/** The lists of all entities. */
export async function readLists(database: Database): Promise<ListedAsset[]> {
  const { rows } = await database.read(
    `select l.entity_name, a.kind, a.name, a.role, a.criticality, a.aliases
     from assets a join asset_lists l on l.entity_key = a.entity_key order by a.id`,
  );
  return rows.map((row) => {
    const described = { name: text(row, "name"), aliases: JSON.parse(text(row, "aliases")) as string[] };
    const said = {
      kind: text(row, "kind"),
      role: text(row, "role") || null,
      criticality: text(row, "criticality") || null,
    };
    return { ...said, ...described, entity: text(row, "entity_name"), from: "api" } as ListedAsset;
  });
}

export async function readInferred(database: Database): Promise<InferredRole[]> {
  const { rows } = await database.read(
    "select entity_name, host, role, seen_day from inferred_roles order by entity_key, host",
  );
  return rows.map((row) => ({
    entity: text(row, "entity_name"),
    host: text(row, "host"),
    role: text(row, "role") as ShownRole,
    day: integer(row, "seen_day"),
  }));
}

/** The entity's list: its number grows with each change, 0 = it has never had one. */
export async function revisionOf(database: Database, entity: string): Promise<number> {
  const { rows } = await database.read("select revision from asset_lists where entity_key = ?", [
    normaliseName(entity),
  ]);
  return rows[0] === undefined ? 0 : integer(rows[0], "revision");
}

export async function countAssets(database: Database): Promise<{ api: number; inferred: number }> {
  const { rows } = await database.read(
    "select (select count(*) from assets) as api, (select count(*) from inferred_roles) as inferred",
  );
  const [row] = rows;
  return row === undefined ? { api: 0, inferred: 0 } : { api: integer(row, "api"), inferred: integer(row, "inferred") };
}

/** Puts a list in the place of the entity's present one. `at`: epoch milliseconds. */
export function replaceList(entity: string, assets: readonly Asset[], who: string, at: number): Statement[] {
  const key = normaliseName(entity);
  const rows = assets.map(({ kind, name, role, criticality, aliases }) => [
    ...[key, kind, name, role ?? "", criticality ?? "", JSON.stringify(aliases)],
  ]);
  return [
    { sql: "delete from assets where entity_key = ?", args: [key] },
    ...forRows(insertSql("assets", "entity_key, kind, name, role, criticality, aliases"), rows),
    {
      sql: insertSql(
        "asset_lists",
        "entity_key, entity_name, revision, updated_at, who",
        `on conflict (entity_key) do update set revision = revision + 1, updated_at = excluded.updated_at, who = excluded.who`,
      ),
      args: [key, entity, 1, toIso(at), who],
    },
    rolesChanged,
  ];
}

/** Stores roles that are new, or more than was known of the host. `at`: epoch milliseconds. */
export function storeInferred(found: readonly (InferredRole & Pick<Shown, "why">)[], at: number): Statement[] {
  if (found.length === 0) return [];
  const sql = insertSql(
    "inferred_roles",
    "entity_key, entity_name, host, role, why, found_at, seen_day",
    `on conflict (entity_key, host) do update set role = excluded.role, why = excluded.why, found_at = excluded.found_at,
      seen_day = excluded.seen_day`,
  );
  const rows = found.map(({ entity, host, role, why, day }) => [
    ...[normaliseName(entity), entity, host, role, why, toIso(at), day],
  ]);
  return [...forRows(sql, rows), rolesChanged];
}

/** Notes that logs showed the roles of these hosts again. */
export function storeSeen(seen: readonly InferredRole[]): Statement[] {
  const sql = "update inferred_roles set seen_day = ? where entity_key = ? and host = ?";
  return forRows(
    sql,
    seen.map(({ entity, host, day }) => [day, normaliseName(entity), host]),
  );
}

/** Actors are to be scored again, from the first on. */
const rolesChanged: Statement = { sql: "update asset_state set changes = changes + 1, rescore_after = 0" };

/** Statements for a file that says something else than at the last start or reload. */
export async function noteFile(database: Database, sha256: string): Promise<Statement[]> {
  const { rows } = await database.read("select file_sha256 from asset_state");
  if (rows[0] === undefined || text(rows[0], "file_sha256") === sha256) return [];
  return [rolesChanged, { sql: "update asset_state set file_sha256 = ?", args: [sha256] }];
}

/** Removes up to `most` roles that no log has shown since `day`. */
export async function pruneInferred(database: Database, day: number, most: number): Promise<number> {
  const { rows } = await database.read(
    "select entity_key, host from inferred_roles where seen_day < ? order by entity_key, host limit ?",
    [day, most],
  );
  const sql = "delete from inferred_roles where entity_key = ? and host = ?";
  const gone = rows.map((row) => [text(row, "entity_key"), text(row, "host")]);
  if (gone.length > 0) await database.write([...forRows(sql, gone), rolesChanged]);
  return gone.length;
}

/** After which period actors are still to be scored again; null = none. */
export async function rescoreAfter(database: Database): Promise<number | null> {
  const { rows } = await database.read("select rescore_after from asset_state where rescore_after is not null");
  return rows[0] === undefined ? null : integer(rows[0], "rescore_after");
}

export function rescoredTo(periodId: number | null): Statement {
  return { sql: "update asset_state set rescore_after = ?", args: [periodId] };
}
