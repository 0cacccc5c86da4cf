/**
 * Who is who: which names of hosts and accounts are one actor's, by entity. Names are met, and logs read, before a batch is folded; whoever asks
 * for an actor changes nothing. All of it is in memory, and what was learnt is stored (`store/assets/known-names.ts`).
 */
import type { ListedAsset } from "../assets/asset.ts";
import { normaliseName } from "../intake/identity.ts";
import { type AccountName, accountName } from "./account-name.ts";
import { AccountNames } from "./account-names.ts";
import { isAddress } from "./host-name.ts";
import { HostNames } from "./host-names.ts";
import { type KnownName, longestName, type NameChanges } from "./known-name.ts";
import { NameAliases } from "./name-aliases.ts";

/** The most names that are remembered, of one entity and in all, and their characters: senders may invent as many as they like. */
const mostInEntity = 50_000;
const mostNames = 150_000;
const mostCharacters = 6_000_000;

export interface EntityName {
  entity: string;
  known: KnownName;
}

interface EntityNames {
  hosts: HostNames;
  accounts: AccountNames;
  size: number;
}

export class NameBook {
  readonly #entities = new Map<string, EntityNames>();
  #aliases = new NameAliases([]);
  /** The entity that was last asked for, and who was last told: mostly it is the same again. */
  #last: { entity: string; of: EntityNames } | null = null;
  #told: { changes: Changes; of: EntityNames; names: NameChanges } | null = null;
  #size = 0;
  #characters = 0;
  /** Grows whenever somebody may be another actor than before. */
  version = 0;
  /** Grows when all names are read again. */
  generation = 0;

  get size(): number {
    return this.#size;
  }

  /** Takes in names as they were stored, in any order; a name that is known already becomes what this says. */
  load(names: readonly EntityName[]): void {
    this.version++;
    // Accounts are found by what their domains are known as.
    for (const isDomain of [true, false])
      for (const { entity, known } of names) {
        const of = this.#entityOf(entity);
        if ((known.kind === "domain") !== isDomain || !this.#hasRoom(of, known.name)) continue;
        const isNew =
          known.kind === "host"
            ? of.hosts.load(known)
            : known.kind === "domain"
              ? of.accounts.domains.load(known)
              : of.accounts.load(this.accountIn(entity, known.name), known);
        if (isNew) this.#note(of, known.name);
      }
  }

  clear(): void {
    this.version++;
    this.generation++;
    this.#entities.clear();
    this.#last = null;
    this.#told = null;
    this.#size = 0;
    this.#characters = 0;
  }

  /** `assets`: every list, those that come first count. */
  setAliases(assets: Iterable<ListedAsset>): void {
    this.version++;
    this.#aliases = new NameAliases(assets);
  }

  /** The host's name as an actor. `host` as `plainHost` gives it. */
  hostOf(entity: string, host: string): string {
    const known = this.#find(entity);
    if (this.#aliases.isEmpty) return known?.hosts.actorOf(host) ?? host;
    const actorOf = (name: string) => known?.hosts.actorOf(name) ?? name;
    return actorOf(this.#aliases.hostOf(normaliseName(entity), host, actorOf) ?? host);
  }

  /** The user of an account. */
  userOf(entity: string, account: AccountName): string {
    const names = this.#find(entity)?.accounts ?? nobody;
    if (this.#aliases.isEmpty) return names.actorOf(account);
    const actorOf = (name: AccountName) => names.actorOf(name);
    return actorOf(this.#aliases.accountOf(normaliseName(entity), account, actorOf) ?? account);
  }

  /** An account as it was given, taken apart. */
  accountIn(entity: string, given: string | null): AccountName {
    return accountName(given, (name) => this.#find(entity)?.accounts.domains.has(name) === true);
  }

  /** Whether a SID stands for a user here, and no log has named its account yet. */
  hasOpenSids(entity: string): boolean {
    return this.#find(entity)?.accounts.hasOpenSids === true;
  }

  /** Whether a log has named this user with its SID. */
  hasSid(entity: string, user: string): boolean {
    return this.#find(entity)?.accounts.hasSid(user) === true;
  }

  /** Every other name by which an actor may be called; `name@` among those of a user says that no domain is known of it. */
  othersOf(entity: string, { type, name }: { type: string; name: string }): string[] {
    const key = normaliseName(entity);
    const known = this.#entities.get(key);
    if (type === "host") {
      const actorOf = (host: string) => known?.hosts.actorOf(host) ?? host;
      const aliases = this.#aliases.isEmpty ? [] : this.#aliases.ofHost(key, name, actorOf);
      const own = aliases.flatMap((alias) => [actorOf(alias), ...(known?.hosts.othersOf(actorOf(alias)) ?? [])]);
      return distinct([...(known?.hosts.othersOf(name) ?? []), ...aliases, ...own], name);
    }
    if (type !== "user") return [];
    const names = known?.accounts ?? nobody;
    const aliases = this.#aliases.isEmpty ? [] : this.#aliases.ofAccount(key, name, (one) => names.actorOf(one));
    const own = aliases.flatMap((alias) => {
      const actor = names.actorOf(alias);
      return [actor, ...names.othersOf(actor)].concat(alias.domain === "" ? [] : `${alias.bare}@${alias.domain}`);
    });
    return distinct([...names.othersOf(name), ...own], name);
  }

  /** Every name under which this actor may have incidents: its own from now on, and those that have come to stand for it. */
  namesOfActor(entity: string, actor: { type: string; name: string }): string[] {
    const { type, name } = actor;
    if (type !== "host" && type !== "user") return [name];
    const now = type === "host" ? this.hostOf(entity, name) : this.userOf(entity, this.accountIn(entity, name));
    return [...new Set([name, now, ...this.othersOf(entity, { type, name: now })])].filter((one) => !one.endsWith("@"));
  }

  /** The actors that this name may be of, whatever the entity: where any of them knows it, those alone. */
  everyReading(given: string, host: string): string[] {
    const found = new Set<string>();
    for (const [entity, { hosts, accounts }] of this.#entities) {
      const account = this.accountIn(entity, given);
      const user = this.userOf(entity, account);
      if (user !== account.bare || accounts.isKnown(account)) found.add(user);
      const machine = this.hostOf(entity, host);
      if (machine !== host || hosts.has(host)) found.add(machine);
    }
    return [...found];
  }

  /** A host has turned up. Returns what has changed. `day`: epoch milliseconds / 86,400,000. */
  meetHost(entity: string, host: string, day: number, changes: Changes): void {
    if (host === "" || isAddress(host) || host.length > longestName) return;
    const of = this.#entityOf(entity);
    of.hosts.meet(host, day, this.#changesOf(entity, of, changes));
  }

  /** `owner`: the domain whose account has the plain name, as the actors that are there say; "" = none. */
  meetAccount(entity: string, account: AccountName, day: number, changes: Changes, owner = ""): void {
    const of = this.#entityOf(entity);
    of.accounts.meet(account, day, this.#changesOf(entity, of, changes), owner);
  }

  /** Whether it depends on the actors that are there which name this account gets. */
  asksForOwner(entity: string, account: AccountName): boolean {
    return this.#find(entity)?.accounts.asksForOwner(account) === true;
  }

  /** Whether an account is of the domain whose accounts have plain names as a rule. */
  isUsual(entity: string, { domain }: AccountName): boolean {
    const domains = domain === "" ? undefined : this.#find(entity)?.accounts.domains;
    return domains !== undefined && domains.usual === domains.knownAs(domain);
  }

  /** A log names an account with its SID. */
  meetSid(entity: string, sid: string, account: AccountName, day: number, changes: Changes): void {
    const of = this.#entityOf(entity);
    of.accounts.meetSid(sid, account, day, this.#changesOf(entity, of, changes));
  }

  #find(entity: string): EntityNames | undefined {
    if (entity === this.#last?.entity) return this.#last.of;
    const of = this.#entities.get(normaliseName(entity));
    if (of !== undefined) this.#last = { entity, of };
    return of;
  }

  #entityOf(entity: string): EntityNames {
    let of = this.#find(entity);
    if (of === undefined) {
      of = { hosts: new HostNames(), accounts: new AccountNames(), size: 0 };
      // One that is not kept knows nobody.
      if (this.#entities.size < mostNames) this.#entities.set(normaliseName(entity), of);
    }
    return of;
  }

  #hasRoom({ size }: EntityNames, name: string): boolean {
    return (
      name.length <= longestName &&
      size < mostInEntity &&
      this.#size < mostNames &&
      this.#characters + name.length <= mostCharacters
    );
  }

  #note(of: EntityNames, name: string): void {
    of.size++;
    this.#size++;
    this.#characters += name.length;
  }

  #changesOf(entity: string, of: EntityNames, changes: Changes): NameChanges {
    if (this.#told?.changes === changes && this.#told.of === of) return this.#told.names;
    const names: NameChanges = {
      mayKeep: (name) => {
        if (!this.#hasRoom(of, name)) return false;
        this.#note(of, name);
        return true;
      },
      changed: (known) => {
        // Whom a new name of its own stands for was so before it was known.
        if (known.why !== "found" && known.why !== "first domain") this.version++;
        changes.changed({ entity, known });
      },
      seen: (known) => changes.seen({ entity, known }),
    };
    this.#told = { changes, of, names };
    return names;
  }
}

/** What is told of changes. */
export interface Changes {
  changed(name: EntityName): void;
  seen(name: EntityName): void;
}

const nobody = new AccountNames();

function distinct(names: readonly string[], without: string): string[] {
  return [...new Set(names)].filter((name) => name !== without);
}
