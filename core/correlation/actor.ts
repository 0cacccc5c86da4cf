/** Who a detection or alarm is about (CONTRACT 5 and 10): the user, else the host, else the address. */

import type { AccountName } from "../identities/account-name.ts";
import { canonicalIp, plainHost, shortHost } from "../identities/host-name.ts";
import { NameBook } from "../identities/name-book.ts";
import type { ActorType } from "../incident.ts";
import { normaliseName, normaliseUser } from "../intake/identity.ts";
import { isTranslatedSystemAccount } from "../logs/accounts.ts";
import { detached } from "../text/detached.ts";

export interface Actor {
  type: ActorType;
  /** Normalised: lower case, a user without domain. `group_key` of its incidents. */
  name: string;
}

/** Customer settings about actors. */
export interface ActorRules {
  /** Accounts that many people or every machine have: their host is the actor. In any spelling. */
  sharedAccounts: readonly string[];
  /** Hosts by their first label: `ws-101.corp.example` and `WS-101` are one. */
  hostShortNames: boolean;
}

/** Placeholders that logs write instead of a name. */
const missing = new Set([
  ...["-", "--", "?", "n/a", "null", "(null)", "none", "unknown", "<unknown>", "\\", "-\\-"],
  ...["null sid", "s-1-0-0", "(unknown)", "(unknown user)", "<unknown user>", "undefined", "(none)"],
]);

/** Accounts that exist on every machine, and their well-known SIDs. */
const systemAccounts = new Set([
  ...["system", "local system", "localsystem", "local service", "localservice", "network service", "networkservice"],
  ...["anonymous logon", "iusr", "s-1-5-7", "s-1-5-17", "s-1-5-18", "s-1-5-19", "s-1-5-20"],
]);
const numberedSystemAccount = /^(?:dwm|umfd)-\d+$/;
/** Domains of virtual accounts, which are local to each machine. */
const virtualDomain = /^(?:nt service|iis apppool|nt virtual machine|window manager|font driver host)\\/;

/** A user as it was given, and what it means. */
export interface GivenUser {
  account: AccountName;
  /** An account that a person or a service has for itself. */
  isPersonal: boolean;
  /** Of the actor; of others their own name, "" for none. */
  name: string;
  /** The actor is a person or a service: a SID or an alias may stand for the account of a machine or of many. */
  isActor: boolean;
  /** Of the names by which the two before were found. */
  version: number;
  met: Met;
}

export interface GivenHost {
  /** "" = none. */
  plain: string;
  /** The name of its actor. */
  machine: string;
  version: number;
  met: Met;
}

/** What `core/identities/learn-names.ts` remembers of a spelling: when it was last met, and how often its log may be looked at. */
export interface Met {
  /** Epoch milliseconds / 86,400,000; -1 = never. */
  day: number;
  looks: number;
}

interface Named {
  user: string | null;
  host: string | null;
  srcIp: string | null;
}

/** Spellings of one entity as they come. */
interface Spellings {
  entity: string;
  users: Map<string, GivenUser>;
  hosts: Map<string, GivenHost>;
}

/** The most spellings that are remembered, and the longest. */
const mostSpellings = 30_000;
const longestSpelling = 256;

/** Decides who the actor is; one decider for one set of rules, because most names come again and again. */
export class ActorFinder {
  readonly #shared: ReadonlySet<string>;
  readonly #shortNames: boolean;
  readonly #names: NameBook;
  readonly #spellings = new Map<string, Spellings>();
  #remembered = 0;
  #generation = 0;
  /** Records of one entity mostly come one after the other. */
  #last: Spellings | null = null;

  /** `names`: who is who, by what was learnt and aliases. */
  constructor(rules: ActorRules, names: NameBook = new NameBook()) {
    this.#shared = new Set(rules.sharedAccounts.map((account) => normaliseUser(account)));
    this.#shortNames = rules.hostShortNames;
    this.#names = names;
  }

  /**
   * The user, unless it is missing or the account of a machine, of a service or of many; else the host, else the IP address, else the
   * machine that a machine account is named after. Null where there is none of them.
   */
  find({ user: account, host: given, srcIp, entity = "" }: Named & { entity?: string }): Actor | null {
    const user = account === null ? null : this.user(entity, account);
    if (user?.isActor === true) return { type: "user", name: user.name };
    const host = this.#short(this.machineOf(entity, given));
    if (host !== "") return { type: "host", name: host };
    const ip = present(canonicalIp(srcIp));
    if (ip !== "") return { type: "ip", name: ip };
    const name = user?.name ?? "";
    return name.length > 1 && name.endsWith("$")
      ? { type: "host", name: this.#short(this.#names.hostOf(entity, name.slice(0, -1))) }
      : null;
  }

  /** The host by the name of its actor, with its domain also where hosts go by their first label; "" for none. */
  machineOf(entity: string, host: string | null): string {
    return host === null ? "" : this.host(entity, host).machine;
  }

  user(entity: string, given: string): GivenUser {
    const { users } = this.#of(entity);
    let user = users.get(given);
    if (user === undefined) {
      const own = detached(given);
      const full = normaliseName(own);
      const account = this.#names.accountIn(entity, own);
      const isPersonal = !isMissing(full) && this.isPersonal(account.bare, full);
      const name = isMissing(full) ? "" : present(account.bare);
      user = { account, isPersonal, name, isActor: isPersonal, version: -1, met: neverMet() };
      if (this.#mayRemember(own)) users.set(own, user);
    }
    if (user.version === this.#names.version) return user;
    user.version = this.#names.version;
    if (!user.isPersonal) return user;
    user.name = this.#names.userOf(entity, user.account);
    user.isActor = user.name === user.account.bare || this.isPersonal(normaliseUser(user.name), user.name);
    if (!user.isActor) user.name = normaliseUser(user.name);
    return user;
  }

  host(entity: string, given: string): GivenHost {
    const { hosts } = this.#of(entity);
    let host = hosts.get(given);
    if (host === undefined) {
      const own = detached(given);
      const plain = present(plainHost(own));
      host = { plain, machine: plain, version: -1, met: neverMet() };
      if (this.#mayRemember(own)) hosts.set(own, host);
    }
    if (host.version === this.#names.version) return host;
    host.version = this.#names.version;
    if (host.plain !== "") host.machine = this.#names.hostOf(entity, host.plain);
    return host;
  }

  /** Whether an account of this name is a person's or a service's own. `full`: with its domain, lower case. */
  isPersonal(bare: string, full: string): boolean {
    return !(
      present(bare) === "" ||
      bare.endsWith("$") ||
      systemAccounts.has(bare) ||
      numberedSystemAccount.test(bare) ||
      virtualDomain.test(full) ||
      isTranslatedSystemAccount(full) ||
      this.#shared.has(bare)
    );
  }

  #short(host: string): string {
    return this.#shortNames ? shortHost(host) : host;
  }

  #of(entity: string): Spellings {
    if (this.#remembered > mostSpellings || this.#generation !== this.#names.generation) {
      this.#spellings.clear();
      this.#remembered = 0;
      this.#last = null;
      this.#generation = this.#names.generation;
    }
    if (this.#last?.entity === entity) return this.#last;
    let spellings = this.#spellings.get(entity);
    if (spellings === undefined) {
      spellings = { entity: detached(entity), users: new Map(), hosts: new Map() };
      this.#remembered++;
      this.#spellings.set(spellings.entity, spellings);
    }
    this.#last = spellings;
    return spellings;
  }

  #mayRemember(given: string): boolean {
    if (given.length > longestSpelling) return false;
    this.#remembered++;
    return true;
  }
}

function neverMet(): Met {
  return { day: -1, looks: 0 };
}

function present(name: string): string {
  return isMissing(name) ? "" : name;
}

/** Whether a log writes this, in lower case, where it has no name. */
function isMissing(name: string): boolean {
  return name === "" || missing.has(name);
}

export { canonicalIp, shortHost } from "../identities/host-name.ts";
