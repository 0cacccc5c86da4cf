/** Aliases of lists of assets: other names of one host or account, which stand for the name of its row. */
import type { ListedAsset } from "../assets/asset.ts";
import { normaliseName } from "../intake/identity.ts";
import { type AccountName, accountName } from "./account-name.ts";
import { plainHost, shortHost } from "./host-name.ts";

/** A row's name and one of its aliases, normalised. */
interface Alias<Name> {
  alias: Name;
  stands: Name;
}

/** Of one entity, or of those that hold for every entity. Found by the first label of hosts and by the bare name of accounts, of both names. */
class Aliases<Name> {
  readonly #byAlias = new Map<string, Alias<Name>[]>();
  readonly #byName = new Map<string, Alias<Name>[]>();
  readonly #keyOf: (name: Name) => string;

  constructor(keyOf: (name: Name) => string) {
    this.#keyOf = keyOf;
  }

  add(one: Alias<Name>): void {
    insert(this.#byAlias, this.#keyOf(one.alias), one);
    insert(this.#byName, this.#keyOf(one.stands), one);
  }

  ofAlias(key: string): readonly Alias<Name>[] {
    return this.#byAlias.get(key) ?? [];
  }

  ofName(key: string): readonly Alias<Name>[] {
    return this.#byName.get(key) ?? [];
  }
}

interface EntityAliases {
  hosts: Aliases<string>;
  accounts: Aliases<AccountName>;
}

/** No entity has this name, because names are trimmed. */
const everyEntity = " ";

export class NameAliases {
  readonly #entities = new Map<string, EntityAliases>();

  /** In order of precedence. */
  constructor(assets: Iterable<ListedAsset>) {
    for (const { kind, name, aliases, entity } of assets) {
      if (aliases.length === 0) continue;
      const key = entity === null ? everyEntity : normaliseName(entity);
      let of = this.#entities.get(key);
      if (of === undefined) {
        of = { hosts: new Aliases(shortHost), accounts: new Aliases(({ bare }) => bare) };
        this.#entities.set(key, of);
      }
      for (const alias of aliases) {
        if (kind === "host") of.hosts.add({ alias: plainHost(alias), stands: plainHost(name) });
        else of.accounts.add({ alias: accountName(alias), stands: accountName(name) });
      }
    }
  }

  get isEmpty(): boolean {
    return this.#entities.size === 0;
  }

  /** The name that this host stands for by an alias, null where there is none. `actorOf`: what a name is without aliases. */
  hostOf(entity: string, host: string, actorOf: (name: string) => string): string | null {
    const actor = actorOf(host);
    for (const { hosts } of this.#of(entity))
      for (const { alias, stands } of hosts.ofAlias(shortHost(host))) if (actorOf(alias) === actor) return stands;
    return null;
  }

  accountOf(entity: string, account: AccountName, actorOf: (name: AccountName) => string): AccountName | null {
    const actor = actorOf(account);
    for (const { accounts } of this.#of(entity))
      for (const { alias, stands } of accounts.ofAlias(account.bare)) if (actorOf(alias) === actor) return stands;
    return null;
  }

  /** Aliases of this host. */
  ofHost(entity: string, actor: string, actorOf: (name: string) => string): string[] {
    return this.#of(entity).flatMap(({ hosts }) =>
      hosts.ofName(shortHost(actor)).flatMap(({ alias, stands }) => (actorOf(stands) === actor ? [alias] : [])),
    );
  }

  ofAccount(entity: string, actor: string, actorOf: (name: AccountName) => string): AccountName[] {
    const { bare } = accountName(actor);
    return this.#of(entity).flatMap(({ accounts }) =>
      accounts.ofName(bare).flatMap(({ alias, stands }) => (actorOf(stands) === actor ? [alias] : [])),
    );
  }

  #of(entity: string): EntityAliases[] {
    return [entity, everyEntity].flatMap((key) => this.#entities.get(key) ?? []);
  }
}

function insert<T>(map: Map<string, T[]>, key: string, one: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [one]);
  else known.push(one);
}
