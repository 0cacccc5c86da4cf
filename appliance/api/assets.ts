/** Lists of assets on behalf of a caller, limited to the caller's entities. */
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import type { ListedAsset } from "../../core/assets/asset.ts";
import type { ReadAsset } from "../../core/assets/asset-row.ts";
import { EdgeError } from "../../core/errors.ts";
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

export class AssetLists {
  readonly #parts: AssetParts;

  constructor(parts: AssetParts) {
    this.#parts = parts;
  }

  /** @throws EdgeError entity_foreign */
  async list(caller: Caller, given: string | null): Promise<{ entity: string; revision: number; rows: ListedAsset[] }> {
    const entity = this.#entityOf(caller, given);
    const { revision, assets } = await this.#parts.store.reading.listAssets(entity);
    return { entity, revision, rows: assets };
  }

  /** @throws EdgeError entity_foreign, assets_changed, assets_limit */
  async replace(
    caller: Caller,
    given: string | null,
    { rows, revision }: { rows: readonly ReadAsset[]; revision: number | null },
  ): Promise<AssetsReplaced & { entity: string }> {
    const { store, clock, audit, onChanged } = this.#parts;
    const entity = this.#entityOf(caller, given);
    const replacement = { entity, rows, who: caller.name, revision };
    const done = await store.incidents.replaceAssets(replacement, clock.now());
    const { hosts, accounts, added, changed, removed } = done;
    if (added + changed + removed > 0) {
      await audit.note(auditAuthor(caller), "assets.replace", entity, { hosts, accounts, added, changed, removed });
      onChanged();
    }
    return { ...done, entity };
  }

  /** Trimmed, as intake trims the entities of records. */
  #entityOf(caller: Caller, given: string | null): string {
    const [only, ...more] = caller.entities ?? [];
    const entity = given?.trim() ?? (only !== undefined && more.length === 0 ? only : this.#parts.defaultEntity());
    if (!seesEntity(caller, entity)) throw new EdgeError("entity_foreign", "entity: name one of your entities");
    return entity;
  }
}
