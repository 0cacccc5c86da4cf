/** Who a detection or alarm is about (CONTRACT 5 and 10): the user, else the host, else the address. */

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
const missing = new Set(["-", "--", "?", "n/a", "null", "(null)", "none", "unknown", "<unknown>", "\\", "-\\-"]);

/** Accounts that exist on every machine, and their well-known SIDs. */
const systemAccounts = new Set([
  ...["system", "local system", "localsystem", "local service", "localservice", "network service", "networkservice"],
  ...["anonymous logon", "iusr", "s-1-5-7", "s-1-5-17", "s-1-5-18", "s-1-5-19", "s-1-5-20"],
]);
const numberedSystemAccount = /^(?:dwm|umfd)-\d+$/;
/** Domains of virtual accounts, which are local to each machine. */
const virtualDomain = /^(?:nt service|iis apppool|nt virtual machine|window manager|font driver host)\\/;

interface User {
  /** As an actor; "" where there is none. */
  name: string;
  isPersonal: boolean;
}

interface Named {
  user: string | null;
  host: string | null;
  srcIp: string | null;
}

/** Spellings of one entity as they come, with what they mean. */
interface Spellings {
  entity: string;
  users: Map<string, User>;
  hosts: Map<string, string>;
  machines: Map<string, string>;
}

/** The most spellings that are remembered with their meaning, and the longest. */
const mostSpellings = 20_000;
const longestSpelling = 256;

/** Decides who the actor is; one decider for one set of rules, because most names come again and again. */
export class ActorFinder {
  readonly #shared: ReadonlySet<string>;
  readonly #shortNames: boolean;
  readonly #names: NameBook;
  readonly #spellings = new Map<string, Spellings>();
  #remembered = 0;
  /** Of the names by which the spellings were read. */
  #version = 0;
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
  find({ user: account, host: machine, srcIp, entity = "" }: Named & { entity?: string }): Actor | null {
    const spellings = this.#of(entity);
    const user = account === null ? nobody : this.#user(spellings, account);
    if (user.isPersonal) return { type: "user", name: user.name };
    const host = machine === null ? "" : this.#host(spellings, machine);
    if (host !== "") return { type: "host", name: host };
    const ip = present(canonicalIp(srcIp));
    if (ip !== "") return { type: "ip", name: ip };
    const { name } = user;
    return name.length > 1 && name.endsWith("$")
      ? { type: "host", name: this.#hostOf(entity, name.slice(0, -1)) }
      : null;
  }

  /** The host by the name of its actor, with its domain also where hosts go by their first label; "" for none. */
  machineOf(entity: string, host: string | null): string {
    if (host === null) return "";
    const { machines } = this.#of(entity);
    const known = machines.get(host);
    if (known !== undefined) return known;
    const name = present(plainHost(host));
    const machine = name === "" ? "" : this.#names.hostOf(entity, name);
    if (this.#mayRemember(host)) machines.set(detached(host), detached(machine));
    return machine;
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

  #user({ entity, users }: Spellings, given: string): User {
    const known = users.get(given);
    if (known !== undefined) return known;
    const full = normaliseName(given);
    const account = this.#names.accountIn(entity, given);
    let user = isMissing(full) ? nobody : this.#userOf(account.bare, full);
    if (user.isPersonal) {
      const name = this.#names.userOf(entity, account);
      // A SID or an alias may stand for the account of a machine or of many.
      if (name !== account.bare) user = this.#userOf(normaliseUser(name), name, name);
    }
    if (this.#mayRemember(given)) users.set(detached(given), { ...user, name: detached(user.name) });
    return user;
  }

  #userOf(bare: string, full: string, name = bare): User {
    const isPersonal = this.isPersonal(bare, full);
    return { name: isPersonal ? name : present(bare), isPersonal };
  }

  #host({ entity, hosts }: Spellings, given: string): string {
    const known = hosts.get(given);
    if (known !== undefined) return known;
    const name = present(plainHost(given));
    const host = name === "" ? "" : this.#hostOf(entity, name);
    if (this.#mayRemember(given)) hosts.set(detached(given), detached(host));
    return host;
  }

  #hostOf(entity: string, name: string): string {
    const host = this.#names.hostOf(entity, name);
    return this.#shortNames ? shortHost(host) : host;
  }

  #of(entity: string): Spellings {
    if (this.#version !== this.#names.version || this.#remembered > mostSpellings) {
      this.#spellings.clear();
      this.#remembered = 0;
      this.#last = null;
      this.#version = this.#names.version;
    }
    if (this.#last?.entity === entity) return this.#last;
    let spellings = this.#spellings.get(entity);
    if (spellings === undefined) {
      spellings = { entity, users: new Map(), hosts: new Map(), machines: new Map() };
      this.#remembered++;
      this.#spellings.set(entity, spellings);
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

const nobody: User = { name: "", isPersonal: false };

function present(name: string): string {
  return isMissing(name) ? "" : name;
}

/** Whether a log writes this, in lower case, where it has no name. */
export function isMissing(name: string): boolean {
  return name === "" || missing.has(name);
}

export { canonicalIp, shortHost } from "../identities/host-name.ts";
