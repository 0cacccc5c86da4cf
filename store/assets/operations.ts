/** Operations on lists of assets. */
import type { ListedAsset } from "../../core/assets/asset.ts";
import { type AssetChange, assetChanges, isSameAsset, mostAssetsInAll } from "../../core/assets/asset-list.ts";
import type { ReadAsset } from "../../core/assets/asset-row.ts";
import { EdgeError } from "../../core/errors.ts";
import type { OpenDatabase, Operations } from "../database/operation.ts";
import { countAssets, replaceList, revisionOf } from "./asset-rows.ts";
import type { KnownAssets } from "./known-assets.ts";

export interface OpenAssets extends OpenDatabase {
  readonly assets: KnownAssets;
}

/** A list that takes the place of the entity's present one. */
export interface AssetReplacement {
  entity: string;
  rows: readonly ReadAsset[];
  who: string;
  /** The present list must have this revision; null = whichever it has. */
  revision: number | null;
  /** True = say what it would change, and write nothing. */
  isTrial?: boolean;
}

/** How the new list differs from the one before. */
export interface AssetsReplaced {
  revision: number;
  hosts: number;
  accounts: number;
  added: number;
  changed: number;
  removed: number;
  /** Rows that only repeat what the file or logs say, and so are no part of the list. */
  leftOut: number;
  /** What is added, changed and removed, the first of them. */
  changes: AssetChange[];
}

/** Changes that are told one by one. */
const mostChanges = 500;

export const assetOperations = {
  /** One commit; the same list again changes nothing. @throws EdgeError assets_changed, assets_limit */
  replaceAssets: {
    kind: "write",
    run: async ({ database, assets }, replacement: AssetReplacement, now: number): Promise<AssetsReplaced> => {
      const { entity, rows, who, revision: expected } = replacement;
      const revision = await revisionOf(database, entity);
      if (expected !== null && expected !== revision)
        throw new EdgeError("assets_changed", "the list has been changed since you read it: read it again");
      const all = assets.listOf(entity);
      const others = all.filter(({ from }) => from !== "api");
      const repeats = ({ asset, from }: ReadAsset) =>
        from !== null && from !== "api" && others.some((one) => one.from === from && isSameAsset(one, asset));
      const next = rows.filter((row) => !repeats(row)).map(({ asset }) => asset);
      const before = all.filter(({ from }) => from === "api");
      if (assets.size - before.length + next.length > mostAssetsInAll)
        throw new EdgeError(
          "assets_limit",
          `assets.json, the lists of all entities and the roles that logs show together hold at most ${mostAssetsInAll} assets: leave out rows with usual roles, such as workstations`,
        );
      const changes = assetChanges(before, next);
      const added = changes.filter(({ old }) => old === null).length;
      const removed = changes.filter((change) => change.new === null).length;
      const changed = changes.length - added - removed;
      const hosts = next.filter(({ kind }) => kind === "host").length;
      const told = {
        hosts,
        accounts: next.length - hosts,
        added,
        changed,
        removed,
        leftOut: rows.length - next.length,
        changes: changes.slice(0, mostChanges),
      };
      if (changes.length === 0 || replacement.isTrial) return { ...told, revision };
      await database.write(replaceList(entity, next, who, now));
      await assets.load(database);
      return { ...told, revision: revision + 1 };
    },
  },
  /** How many rows the lists of the API have, and how many roles logs have shown. */
  countAssets: {
    kind: "read",
    run: ({ database }): Promise<{ api: number; inferred: number }> => countAssets(database),
  },
} satisfies Operations<OpenAssets>;

export const assetReading = {
  /** The rows of every source that are about this entity, and the revision of the API's list. */
  listAssets: {
    kind: "read",
    run: async ({ database, assets }, entity: string): Promise<{ revision: number; assets: ListedAsset[] }> => ({
      revision: await revisionOf(database, entity),
      assets: (await assets.current(database)).listOf(entity),
    }),
  },
} satisfies Operations<OpenAssets>;
