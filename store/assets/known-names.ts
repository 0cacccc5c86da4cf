/** Who is who as this connection knows it: names that were learnt, from the file, and aliases of the lists of assets; in memory. */
import type { ListedAsset } from "../../core/assets/asset.ts";
import type { Learnt } from "../../core/identities/learn-names.ts";
import { NameBook } from "../../core/identities/name-book.ts";
import type { Database } from "../database/database.ts";
import type { Statement } from "../database/statement.ts";
import { lastNameChange, readNames, storeNames } from "./name-rows.ts";

export class KnownNames {
  readonly book = new NameBook();
  /** The last change that is here. */
  #change = 0;

  /** Reads all rows again. */
  async load(database: Database): Promise<void> {
    this.#change = await lastNameChange(database);
    const names = await readNames(database);
    this.book.clear();
    this.book.load(names);
  }

  /** Reads what another connection has changed since; at first everything. Names that were removed stay until it is opened anew. */
  async catchUp(database: Database): Promise<void> {
    const last = await lastNameChange(database);
    if (last === this.#change) return;
    this.book.load(await readNames(database, this.#change));
    this.#change = last;
  }

  setAliases(assets: readonly ListedAsset[]): void {
    this.book.setAliases(assets.filter(({ aliases }) => aliases.length > 0));
  }

  /** Statements that store what the book has learnt. */
  store(learnt: Learnt): Statement[] {
    if (learnt.changed.length === 0 && learnt.seen.length === 0) return [];
    const statements = storeNames(learnt, this.#change);
    this.#change += learnt.changed.length;
    return statements;
  }
}
