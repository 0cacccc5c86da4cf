/**
 * Learns who is who from what comes in, before it is folded: names that are new, and SIDs beside the names of their accounts. A log is read only for an
 * account whose SID, or a SID whose account, is not known yet, and only a few times.
 */
import type { ActorFinder, GivenUser } from "../correlation/actor.ts";
import { sidsInLog } from "../logs/log-facts.ts";
import { windowsAccounts } from "../logs/windows-accounts.ts";
import { dayMs } from "../time.ts";
import { isAccountSid } from "./account-name.ts";
import { longestName } from "./known-name.ts";
import type { Changes, EntityName, NameBook } from "./name-book.ts";

/** A detection or an alarm, which has no log. */
export interface NamingRecord {
  entity: string;
  user: string | null;
  host: string | null;
  /** When it happened, epoch milliseconds. */
  timestamp: number;
  body?: string;
}

/** What has to be stored; of a name that has changed twice, how it is now. */
export interface Learnt {
  changed: readonly EntityName[];
  /** Only the day on which they were last seen is another. */
  seen: readonly EntityName[];
}

const looksPerDay = 8;
/** Logs read whole in one batch, for SIDs that stand in the place of a user; others are looked through. */
const mostRead = 100;
const mostLookedThrough = 100;
const longestLog = 65_536;

/** Asks which account's the evidence of a user is. */
export interface Owner {
  entity: string;
  /** Without domain. */
  user: string;
  /** An account of that user with its domain, as it was given; null = none is known. */
  account: string | null;
}

/** Names to be learnt. */
export interface Lesson {
  day: number;
  /** In the order in which they happened. */
  fresh: readonly NamingRecord[];
  /** Records whose logs may name a SID. */
  telling: readonly NamingRecord[];
  /** To be answered before. */
  owners: readonly Owner[];
}

export class NameLearner {
  readonly #names: NameBook;
  readonly #finder: ActorFinder;

  constructor(names: NameBook, finder: ActorFinder) {
    this.#names = names;
    this.#finder = finder;
  }

  /** What these have to teach, to be learnt before they are folded; null = nothing. `now`: epoch milliseconds. */
  lesson(records: readonly NamingRecord[], now: number): Lesson | null {
    const day = Math.floor(now / dayMs);
    let fresh: NamingRecord[] | null = null;
    let telling: NamingRecord[] | null = null;
    for (const record of records) {
      const { entity, user, host, body } = record;
      const account = user === null ? null : this.#finder.user(entity, user);
      if ((account !== null && account.met.day !== day) || (host !== null && !this.#hasMet(entity, host, day))) {
        fresh ??= [];
        fresh.push(record);
      } else if (account !== null && account.met.looks > 0 && body !== undefined) {
        telling ??= [];
        telling.push(record);
      }
    }
    if (fresh === null && telling === null) return null;
    const first = fresh === null ? [] : fresh.sort(byTime);
    return { day, fresh: first, telling: telling ?? [], owners: this.#askedOwners(first) };
  }

  /** The users of whom it has to be known which domain's account they are, unless it is that of these records. */
  #askedOwners(fresh: readonly NamingRecord[]): Owner[] {
    const asked: Owner[] = [];
    for (const { entity, user } of fresh) {
      if (user === null) continue;
      const { account, isPersonal } = this.#finder.user(entity, user);
      if (isPersonal && this.#names.asksForOwner(entity, account))
        asked.push({ entity, user: account.bare, account: null });
    }
    return asked;
  }

  /** In a batch the order of its records does not count, only their time. */
  learn({ day, fresh, telling, owners }: Lesson): Learnt {
    const owner = new Map<string, string>();
    for (const { entity, user, account } of owners)
      if (account !== null) owner.set(`${entity}\n${user}`, this.#names.accountIn(entity, account).domain);
    const changed = new Map<EntityName["known"], EntityName>();
    const seen = new Map<EntityName["known"], EntityName>();
    const changes = {
      changed: (one: EntityName) => void changed.set(one.known, one),
      seen: (one: EntityName) => void seen.set(one.known, one),
    };
    for (const record of fresh) this.#meet(record, day, changes, owner);
    this.#readLogs(telling.length === 0 ? fresh : [...fresh, ...telling], day, changes);
    if (seen.size > 0) for (const known of changed.keys()) seen.delete(known);
    return { changed: [...changed.values()], seen: [...seen.values()] };
  }

  #hasMet(entity: string, host: string, day: number): boolean {
    return this.#finder.host(entity, host).met.day === day;
  }

  #meet({ entity, user, host }: NamingRecord, day: number, changes: Changes, owner: Map<string, string>): void {
    if (host !== null) {
      const { plain, met } = this.#finder.host(entity, host);
      if (met.day !== day && plain !== "") this.#names.meetHost(entity, plain, day, changes);
      met.day = day;
    }
    if (user === null) return;
    const { account, isPersonal, met } = this.#finder.user(entity, user);
    if (met.day === day) return;
    met.day = day;
    if (!isPersonal || account.bare.length > longestName) return;
    const key = `${entity}\n${account.bare}`;
    this.#names.meetAccount(entity, account, day, changes, owner.get(key));
    if (this.#names.isUsual(entity, account) && !owner.has(key)) owner.set(key, account.domain);
    if (!this.#names.hasSid(entity, this.#names.userOf(entity, account))) met.looks = looksPerDay;
  }

  #readLogs(records: readonly NamingRecord[], day: number, changes: Changes): void {
    let [read, lookedThrough] = [0, 0];
    for (const { entity, user, body } of records) {
      if (user === null || body === undefined) continue;
      const given = this.#finder.user(entity, user);
      if (given.met.looks === 0) continue;
      const isWhole = isAccountSid(given.account.bare) || this.#names.hasOpenSids(entity);
      if (isWhole ? read === mostRead : lookedThrough === mostLookedThrough) continue;
      given.met.looks--;
      if (body.length > longestLog || !body.includes("S-1-5-21-")) continue;
      if (isWhole) read++;
      else lookedThrough++;
      this.#learnSids(entity, given, isWhole ? sidsInLog(body) : windowsAccounts(body), day, changes);
    }
  }

  #learnSids(
    entity: string,
    { account: own, met }: GivenUser,
    named: readonly (readonly [sid: string, account: string])[],
    day: number,
    changes: Changes,
  ): void {
    for (const [sid, text] of named) {
      // The name in a distinguished name is the one for people.
      if (!isAccountSid(sid) || text.length > longestName || /^cn=|,/i.test(text)) continue;
      const account = this.#names.accountIn(entity, text);
      const isPersonal = this.#finder.isPersonal(account.bare, text.toLowerCase());
      if (sid !== own.bare && !isPersonal) continue;
      if (isPersonal && account.bare === own.bare) this.#names.meetAccount(entity, account, day, changes);
      this.#names.meetSid(entity, sid, account, day, changes);
      if (sid === own.bare || account.bare === own.bare) met.looks = 0;
    }
  }
}

/** In the order in which they happened; of equal times, so that any order gives the same. */
function byTime(a: NamingRecord, b: NamingRecord): number {
  return a.timestamp - b.timestamp || compare(a.host ?? "", b.host ?? "") || compare(a.user ?? "", b.user ?? "");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
