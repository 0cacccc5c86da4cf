/**
 * Which accounts of one entity are one user's. The account of the first domain that a name is seen in has the plain name, as the name without a
 * domain has; the account of another domain, or of a public mail domain, is `name@domain`. A SID is the user that a log names with it. Accounts
 * of the entity's usual domain are not remembered one by one: most are of it, and their actors tell of them.
 */
import { type AccountName, isAccountSid, isPublicMail } from "./account-name.ts";
import { DomainNames } from "./domain-names.ts";
import type { KnownName, NameChanges } from "./known-name.ts";

export class AccountNames {
  readonly domains = new DomainNames();
  /** By `name@domain` with what the domain is known as, and by SID. */
  readonly #accounts = new Map<string, KnownName>();
  /** The domain whose account has the plain name, where it is remembered. */
  readonly #owners = new Map<string, string>();
  /** SIDs that stand for nobody else. */
  readonly #openSids = new Set<string>();
  /** SIDs of users. */
  readonly #sids = new Map<string, string[]>();

  /** Takes in an account as it was stored, its name taken apart; returns whether it is new. After the domains. */
  load(account: AccountName, known: KnownName): boolean {
    const { bare, domain } = account;
    if (domain === "" && !isAccountSid(bare)) return false;
    const isNew = !this.isKnown(account);
    this.#set(bare, domain === "" ? "" : this.domains.knownAs(domain), known);
    return isNew;
  }

  isKnown(account: AccountName): boolean {
    return this.#accounts.has(this.#keyOf(account));
  }

  /** The user of this account. */
  actorOf({ bare, domain }: AccountName): string {
    const key = this.#keyOf({ bare, domain });
    const known = this.#accounts.get(key);
    if (known !== undefined || domain === "") return known?.knownAs ?? bare;
    const of = this.domains.knownAs(domain);
    const owner = this.#owners.get(bare);
    return isPublicMail(of) || (owner !== undefined && owner !== of) ? key : bare;
  }

  get hasOpenSids(): boolean {
    return this.#openSids.size > 0;
  }

  /** Whether a log has named this user with its SID. */
  hasSid(actor: string): boolean {
    return this.#sids.has(actor);
  }

  /** Other spellings of this user: with its domains, and its SIDs. `name@` says that no domain is known of it. */
  othersOf(actor: string): string[] {
    const at = actor.indexOf("@");
    const owner = this.#owners.get(actor) ?? this.domains.usual ?? undefined;
    const [bare, of] = at > 0 ? [actor.slice(0, at), actor.slice(at + 1)] : [actor, owner];
    const sids = this.#sids.get(actor) ?? [];
    if (of === undefined) return [`${bare}@`, ...sids];
    return [...this.domains.namesOf(this.domains.knownAs(of)).map((domain) => `${bare}@${domain}`), ...sids].filter(
      (name) => name !== actor,
    );
  }

  /** Whether it depends on the actors that are there which name this account gets. */
  asksForOwner({ bare, domain }: AccountName): boolean {
    const { usual } = this.domains;
    if (domain === "" || usual === null || this.#owners.has(bare)) return false;
    const of = this.domains.knownAs(domain);
    return of !== usual && !isPublicMail(of) && !this.#accounts.has(`${bare}@${of}`);
  }

  /** An account has turned up on this day. `owner`: the domain that has the plain name, as the actors that are there say; "" = none. */
  meet(account: AccountName, day: number, changes: NameChanges, owner = ""): void {
    const { bare, domain } = account;
    const isSid = domain === "" && isAccountSid(bare);
    if (domain === "" && !isSid) return;
    const of = isSid ? "" : this.domains.meet(domain, day, changes);
    const key = isSid ? bare : `${bare}@${of}`;
    const known = this.#accounts.get(key);
    if (known !== undefined) {
      if (known.day >= day) return;
      known.day = day;
      changes.seen(known);
      return;
    }
    const isOwned = this.#owners.has(bare);
    if ((of === this.domains.usual && !isOwned) || !changes.mayKeep(key)) return;
    const isOther = owner !== "" && this.domains.knownAs(owner) !== of;
    const isFirst = isSid || (!isOwned && !isOther && !isPublicMail(of));
    const why = isSid ? "found" : isFirst ? "first domain" : "second domain";
    const one: KnownName = { kind: "account", name: key, knownAs: isFirst ? bare : key, why, day, row: null };
    this.#set(bare, of, one);
    changes.changed(one);
  }

  /** A log names this account with this SID. The first name that a SID is seen with counts. */
  meetSid(sid: string, account: AccountName, day: number, changes: NameChanges): void {
    if (account.domain !== "") {
      const merged = this.domains.meetSid(sid, account.domain, day, changes);
      if (merged !== null) this.#merge(merged, changes);
    }
    this.meet({ bare: sid, domain: "" }, day, changes);
    const known = this.#accounts.get(sid);
    if (known === undefined || known.knownAs !== sid) return;
    Object.assign(known, { knownAs: this.actorOf(account), why: "log" });
    this.#noteSid(known);
    changes.changed(known);
  }

  /** Two domains have turned out to be one: so have accounts of one name. */
  #merge({ from, into }: { from: string; into: string }, changes: NameChanges): void {
    const renamed = new Map<string, string>();
    for (const [key, known] of [...this.#accounts]) {
      const [bare, of] = partsOf(key);
      if (of !== from) continue;
      const target = `${bare}@${into}`;
      const same = this.#accounts.get(target);
      this.#accounts.delete(key);
      if (this.#owners.get(bare) === from) this.#owners.set(bare, into);
      if (same === undefined) {
        this.#accounts.set(target, known);
        // The account of the usual domain that has the plain name is not remembered.
        if (into !== this.domains.usual || this.#owners.has(bare) || known.knownAs === bare) continue;
        renamed.set(known.knownAs, bare);
        continue;
      }
      // The plain name is the one that stays.
      const [stays, goes] = known.knownAs === bare ? [known.knownAs, same.knownAs] : [same.knownAs, known.knownAs];
      if (goes !== stays) renamed.set(goes, stays);
      this.#accounts.set(target, same);
      if (known.knownAs !== stays) changes.changed(Object.assign(known, { knownAs: stays, why: "log" as const }));
    }
    if (renamed.size === 0) return;
    for (const known of this.#accounts.values()) {
      const stays = renamed.get(known.knownAs);
      if (stays !== undefined) changes.changed(Object.assign(known, { knownAs: stays, why: "log" as const }));
    }
    for (const [goes, stays] of renamed) {
      const sids = this.#sids.get(goes);
      this.#sids.delete(goes);
      if (sids !== undefined) this.#sids.set(stays, [...(this.#sids.get(stays) ?? []), ...sids]);
    }
  }

  #keyOf({ bare, domain }: AccountName): string {
    return domain === "" ? bare : `${bare}@${this.domains.knownAs(domain)}`;
  }

  #set(bare: string, of: string, known: KnownName): void {
    const isSid = of === "";
    this.#accounts.set(isSid ? bare : `${bare}@${of}`, known);
    if (isSid) this.#noteSid(known);
    else if (known.knownAs === bare && !this.#owners.has(bare)) this.#owners.set(bare, of);
  }

  #noteSid({ name, knownAs }: KnownName): void {
    if (name === knownAs) {
      this.#openSids.add(name);
      return;
    }
    this.#openSids.delete(name);
    const known = this.#sids.get(knownAs) ?? [];
    if (!known.includes(name)) this.#sids.set(knownAs, [...known, name]);
  }
}

function partsOf(key: string): [bare: string, of: string] {
  const at = key.indexOf("@", 1);
  return at < 0 ? [key, ""] : [key.slice(0, at), key.slice(at + 1)];
}
