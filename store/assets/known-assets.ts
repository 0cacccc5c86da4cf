/** What this connection knows of hosts and accounts: `assets.json`, the API's lists and the roles that logs show, in memory. */
import type { ListedAsset } from "../../core/assets/asset.ts";
import { Indications, isBorneOut, type Shown } from "../../core/assets/inference.ts";
import { type AccountRole, assetKey, type HostRole, type Roles, RoleTable } from "../../core/assets/roles.ts";
import type { Detection } from "../../core/detection.ts";
import type { Learnt } from "../../core/identities/learn-names.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { dayMs } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import type { Statement } from "../database/statement.ts";
import { changesOf, type InferredRole, readInferred, readLists, storeInferred, storeSeen } from "./asset-rows.ts";
import { KnownNames } from "./known-names.ts";

/** Far more domain controllers and servers than an appliance sees; beyond it none is inferred, so that no sender can fill memory. */
const mostInferred = 5_000;

export class KnownAssets implements Roles {
  #file: readonly ListedAsset[] = [];
  #all: ListedAsset[] = [];
  #table = new RoleTable([]);
  /** By entity and host. */
  #inferred = new Map<string, InferredRole>();
  /** `changes` of the rows that were read; null = none yet. */
  #changes: number | null = null;
  readonly #indications = new Indications();
  /** True while something here may not be as it is in the file: inferred and not stored yet, or not read again yet. */
  #isAhead = false;

  readonly names = new KnownNames();

  /** What `assets.json` says now; the rest is read again, of the names those alone that are new: there may be many, and all were read at opening. */
  async setFile(database: Database, assets: readonly ListedAsset[]): Promise<void> {
    this.#file = assets;
    await this.#read(database, this.#isAhead);
  }

  /** Reads all rows again. If that fails, the next look reads them. */
  load(database: Database): Promise<void> {
    return this.#read(database, true);
  }

  async #read(database: Database, allNames: boolean): Promise<void> {
    this.#isAhead = true;
    // Before the rows, so that what is written meanwhile is noticed.
    const changes = await changesOf(database);
    const inferred = await readInferred(database);
    this.#all = [...this.#file, ...(await readLists(database)), ...inferred.map(assetOf)];
    this.#inferred = new Map(inferred.map((one) => [keyOf(one.entity, one.host), one]));
    this.#table = new RoleTable(this.#all);
    this.#changes = changes;
    this.names.setAliases(this.#all);
    if (allNames) await this.names.load(database);
    else await this.names.catchUp(database);
    this.#isAhead = false;
  }

  /** For a connection beside the one that writes: the same, read again if it has changed. */
  async current(database: Database): Promise<KnownAssets> {
    if (this.#changes !== (await changesOf(database))) await this.load(database);
    else await this.names.catchUp(database);
    return this;
  }

  ofHost(entity: string, host: string): HostRole | null {
    return this.#table.ofHost(entity, host);
  }

  ofAccount(entity: string, user: string): AccountRole | null {
    return this.#table.ofAccount(entity, user);
  }

  /** Every row that is about hosts and accounts of this entity. */
  listOf(entity: string): ListedAsset[] {
    const key = normaliseName(entity);
    return this.#all.filter((asset) => asset.entity === null || normaliseName(asset.entity) === key);
  }

  get size(): number {
    return this.#all.length;
  }

  /** Takes in what these detections show of their hosts; returns the statements that store it. `now`: epoch milliseconds. */
  infer(detections: readonly Detection[], now: number): Statement[] {
    let found: Map<string, InferredRole & Pick<Shown, "why">> | null = null;
    let seen: Map<string, InferredRole> | null = null;
    const day = Math.floor(now / dayMs);
    for (const detection of detections) {
      const shown = this.#indications.of(detection);
      if (shown === null) continue;
      const host = assetKey("host", detection.host ?? "");
      const key = keyOf(detection.entity, host);
      const known = this.#inferred.get(key);
      const isNew = known === undefined ? this.#inferred.size < mostInferred : isMore(shown, known);
      const isOld = known !== undefined && known.day < day && known.role === shown.role;
      if ((!isNew && !isOld) || !isBorneOut(shown, detection)) continue;
      const inferred = { entity: known?.entity ?? detection.entity, host, role: shown.role, day };
      this.#inferred.set(key, inferred);
      this.#isAhead = true;
      if (isNew) {
        const asset = assetOf(inferred);
        this.#all.push(asset);
        this.#table.add(asset);
        found ??= new Map();
        found.set(key, { ...inferred, why: shown.why });
      } else {
        seen ??= new Map();
        seen.set(key, inferred);
      }
    }
    if (found === null && seen === null) return [];
    return [...storeInferred([...(found?.values() ?? [])], now), ...storeSeen([...(seen?.values() ?? [])])];
  }

  /** Takes in what was learnt of names; returns the statements that store it. */
  learn(learnt: Learnt): Statement[] {
    const statements = this.names.store(learnt);
    if (statements.length > 0) this.#isAhead = true;
    return statements;
  }

  /** Called after a commit: what was inferred is in the file now. */
  settle(): void {
    this.#isAhead = false;
  }

  /** Called after a failure: what is here may not be in the file. */
  async forgetUnstored(database: Database): Promise<void> {
    if (this.#isAhead) await this.load(database);
  }
}

/** A domain controller may run what shows a server as well, never the other way round. */
function isMore(shown: Shown, known: InferredRole): boolean {
  return shown.role === "domain_controller" && known.role === "server";
}

function keyOf(entity: string, host: string): string {
  return `${normaliseName(entity)}\n${host}`;
}

function assetOf({ entity, host, role }: InferredRole): ListedAsset {
  return { kind: "host", name: host, role, criticality: null, aliases: [], entity, from: "inferred" };
}
