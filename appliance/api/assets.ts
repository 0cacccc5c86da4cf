/** Lists of assets on behalf of a caller, limited to the caller's entities. */
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import type { Asset, AssetKind, ListedAsset } from "../../core/assets/asset.ts";
import { assetPlace, assetWords, isSameAsset, mostAssets, repeatedName } from "../../core/assets/asset-list.ts";
import type { ReadAsset } from "../../core/assets/asset-row.ts";
import { EdgeError } from "../../core/errors.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import type { Clock } from "../../core/ports.ts";
import type { AssetsReplaced } from "../../store/assets/operations.ts";
import type { Store } from "../../store/open-store.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";

interface AssetParts {
  store: Store;
  clock: Clock;
  audit: AuditLog;
  defaultEntity(): string;
  /** Called after a list has changed. */
  onChanged(): void;
}

/** Which rows of a list are asked for; absent = any. */
export interface AssetFilters {
  from?: string;
  kind?: string;
  role?: string;
  criticality?: string;
  /** In the name or an alias, in any case. */
  text?: string;
}

/** Rows of an entity's list to be set, and to be taken away. */
export interface AssetRowsChange {
  set: readonly Asset[];
  remove: readonly Pick<Asset, "kind" | "name">[];
  /** A row as it was when somebody began to change it; null = there was none. It is refused where the row is no longer so. */
  was?: { kind: AssetKind; name: string; row: Asset | null };
}

/** So many changes the audit log has one by one. */
const mostNoted = 100;
/** A list that somebody else changes at the same moment is read again so often. */
const mostTries = 20;

export class AssetLists {
  readonly #parts: AssetParts;

  constructor(parts: AssetParts) {
    this.#parts = parts;
  }

  /** Hosts first, by name. `entity`: null = the caller's only one, else the default one. @throws EdgeError entity_foreign */
  async list(
    caller: Caller,
    given: string | null,
    filters: AssetFilters = {},
  ): Promise<{ entity: string; revision: number; rows: ListedAsset[] }> {
    const entity = this.#entityOf(caller, given);
    const { revision, assets } = await this.#parts.store.reading.listAssets(entity);
    const text = normaliseName(filters.text ?? "");
    const rows = assets
      .filter(
        (one) =>
          (["from", "kind", "role", "criticality"] as const).every(
            (name) => (filters[name] ?? one[name]) === one[name],
          ) &&
          (text === "" || [one.name, ...one.aliases].some((name) => normaliseName(name).includes(text))),
      )
      .map((one) => ({ one, key: `${one.kind === "host" ? 0 : 1}${normaliseName(one.name)}` }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      .map(({ one }) => one);
    return { entity, revision, rows };
  }

  /** `isTrial`: says what it would change, and writes nothing. @throws EdgeError entity_foreign, assets_changed, assets_limit */
  async replace(
    caller: Caller,
    given: string | null,
    { rows, revision, isTrial = false }: { rows: readonly ReadAsset[]; revision: number | null; isTrial?: boolean },
  ): Promise<AssetsReplaced & { entity: string }> {
    const { store, clock, audit, onChanged } = this.#parts;
    const entity = this.#entityOf(caller, given);
    const replacement = { entity, rows, who: caller.name, revision, isTrial };
    const done = await store.incidents.replaceAssets(replacement, clock.now());
    const { hosts, accounts, added, changed, removed } = done;
    if (!isTrial && added + changed + removed > 0) {
      const changes = done.changes.slice(0, mostNoted).map((change) => ({
        name: [change.new?.kind ?? change.old?.kind, change.new?.name ?? change.old?.name].join(" "),
        old: change.old === null ? null : assetWords(change.old),
        new: change.new === null ? null : assetWords(change.new),
      }));
      const detail = { hosts, accounts, added, changed, removed, changes };
      await audit.note(auditAuthor(caller), "assets.replace", entity, detail);
      onChanged();
    }
    return { ...done, entity };
  }

  /**
   * Sets and takes away single rows of the list. `revision`: which the list must have; null = whichever.
   * @throws EdgeError entity_foreign, assets_changed, assets_limit, assets_refused for a name that another row has
   */
  async change(
    caller: Caller,
    given: string | null,
    { set, remove, was }: AssetRowsChange,
    revision: number | null,
  ): Promise<AssetsReplaced & { entity: string }> {
    for (let tries = 1; ; tries++) {
      const present = await this.list(caller, given, { from: "api" });
      if (was !== undefined) {
        const row = present.rows.find((one) => assetPlace(one) === assetPlace(was)) ?? null;
        const isSame = row === null || was.row === null ? row === was.row : isSameAsset(row, was.row);
        if (!isSame)
          throw new EdgeError(
            "assets_changed",
            `${was.name} was changed by somebody else meanwhile, so nothing was changed: look at the list again`,
          );
      }
      const gone = new Set([...remove, ...set].map(assetPlace));
      const next: Asset[] = [...present.rows.filter((one) => !gone.has(assetPlace(one))), ...set];
      const repeated = repeatedName(next);
      if (repeated !== null)
        throw new EdgeError("assets_refused", `name: another row of the list has ${JSON.stringify(repeated)} already`);
      if (next.length > mostAssets)
        throw new EdgeError("assets_limit", `the list of an entity holds at most ${mostAssets} rows`);
      try {
        const rows = next.map((asset) => ({ asset, entity: null, from: null }));
        return await this.replace(caller, present.entity, { rows, revision: revision ?? present.revision });
      } catch (error) {
        const isRace = error instanceof EdgeError && error.code === "assets_changed" && revision === null;
        if (!isRace || tries >= mostTries) throw error;
      }
    }
  }

  /** Trimmed, as intake trims the entities of records. */
  #entityOf(caller: Caller, given: string | null): string {
    const [only, ...more] = caller.entities ?? [];
    const entity = given?.trim() ?? (only !== undefined && more.length === 0 ? only : this.#parts.defaultEntity());
    if (!seesEntity(caller, entity)) throw new EdgeError("entity_foreign", "entity: name one of your entities");
    return entity;
  }
}
