/**
 * Learns who is who from what comes in, before it is folded: names that are new, and SIDs beside the names of their accounts. A log is read only for an
 * account whose SID, or a SID whose account, is not known yet, and only a few times.
 */
import { type ActorFinder, isMissing } from "../correlation/actor.ts";
import { sidsInLog } from "../logs/log-facts.ts";
import { detached } from "../text/detached.ts";
import { dayMs } from "../time.ts";
import { type AccountName, isAccountSid } from "./account-name.ts";
import { plainHost } from "./host-name.ts";
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

/** What was met of one entity, by spelling as it came. */
interface Met {
  entity: string;
  hosts: Map<string, { day: number }>;
  users: Map<string, MetUser>;
}

interface MetUser {
  day: number;
  account: AccountName;
  isPersonal: boolean;
  /** In so many more logs its SID, or the account that it is the SID of, may be looked for today. */
  looks: number;
}

const looksPerDay = 8;
/** Logs read in one batch: for SIDs that stand in the place of a user, and for names. */
const mostReadForSids = 200;
const mostReadForNames = 32;
const longestLog = 65_536;
/** Spellings remembered. */
const mostMet = 20_000;

const nothing: Learnt = { changed: [], seen: [] };

export class NameLearner {
  readonly #names: NameBook;
  readonly #finder: ActorFinder;
  readonly #met = new Map<string, Met>();
  #size = 0;
  #last: Met | null = null;

  constructor(names: NameBook, finder: ActorFinder) {
    this.#names = names;
    this.#finder = finder;
  }

  /** Call before these are folded. In a batch the order of its records does not count, only their time. `now`: epoch milliseconds. */
  learn(records: readonly NamingRecord[], now: number): Learnt {
    const day = Math.floor(now / dayMs);
    let fresh: NamingRecord[] | null = null;
    let telling: NamingRecord[] | null = null;
    for (const record of records) {
      const { entity, user, host, body } = record;
      const met = this.#last?.entity === entity ? this.#last : this.#of(entity);
      const known = user === null ? undefined : met.users.get(user);
      if ((user !== null && known?.day !== day) || (host !== null && met.hosts.get(host)?.day !== day)) {
        fresh ??= [];
        fresh.push(record);
      } else if (known !== undefined && known.looks > 0 && body !== undefined) {
        telling ??= [];
        telling.push(record);
      }
    }
    if (fresh === null && telling === null) return nothing;
    const changed = new Map<EntityName["known"], EntityName>();
    const seen = new Map<EntityName["known"], EntityName>();
    const changes = {
      changed: (one: EntityName) => void changed.set(one.known, one),
      seen: (one: EntityName) => void seen.set(one.known, one),
    };
    const first = (fresh ?? []).toSorted(byTime);
    for (const record of first) this.#meet(record, day, changes);
    this.#readLogs([...first, ...(telling ?? [])], day, changes);
    for (const known of changed.keys()) seen.delete(known);
    return { changed: [...changed.values()], seen: [...seen.values()] };
  }

  /** Call when the names have been read again. */
  forget(): void {
    this.#met.clear();
    this.#size = 0;
    this.#last = null;
  }

  #meet(record: NamingRecord, day: number, changes: Changes): void {
    const { entity } = record;
    const met = this.#of(entity);
    if (record.host !== null && met.hosts.get(record.host)?.day !== day) {
      const host = detached(record.host);
      const name = plainHost(host);
      if (!isMissing(name)) this.#names.meetHost(entity, name, day, changes);
      this.#remember(met.hosts, host, { day });
    }
    if (record.user === null || met.users.get(record.user)?.day === day) return;
    const user = detached(record.user);
    const account = this.#names.accountIn(entity, user);
    const isPersonal = account.bare.length <= longestName && this.#finder.isPersonal(account.bare, user.toLowerCase());
    if (isPersonal) this.#names.meetAccount(entity, account, day, changes);
    const looks = isPersonal && !this.#names.hasSid(entity, this.#names.userOf(entity, account)) ? looksPerDay : 0;
    this.#remember(met.users, user, { day, account, isPersonal, looks });
  }

  #readLogs(records: readonly NamingRecord[], day: number, changes: Changes): void {
    let [forSids, forNames] = [mostReadForSids, mostReadForNames];
    for (const { entity, user, body } of records) {
      const met = user === null ? undefined : this.#of(entity).users.get(user);
      if (met === undefined || met.looks === 0 || body === undefined) continue;
      const isSid = isAccountSid(met.account.bare);
      if (isSid ? forSids === 0 : forNames === 0) continue;
      met.looks--;
      if (body.length > longestLog || !body.includes("S-1-5-21-")) continue;
      if (isSid) forSids--;
      else forNames--;
      this.#read(entity, met, body, day, changes);
    }
  }

  #read(entity: string, met: MetUser, body: string, day: number, changes: Changes): void {
    for (const [sid, text] of sidsInLog(body)) {
      // The name in a distinguished name is the one for people.
      if (!isAccountSid(sid) || text.length > longestName || /^cn=|,/i.test(text)) continue;
      const account = this.#names.accountIn(entity, text);
      const isPersonal = this.#finder.isPersonal(account.bare, text.toLowerCase());
      if (sid !== met.account.bare && !isPersonal) continue;
      if (isPersonal && account.bare === met.account.bare) this.#names.meetAccount(entity, account, day, changes);
      this.#names.meetSid(entity, sid, account, day, changes);
      if (sid === met.account.bare || account.bare === met.account.bare) met.looks = 0;
    }
  }

  #of(entity: string): Met {
    if (this.#size > mostMet) this.forget();
    let met = this.#met.get(entity);
    if (met === undefined) {
      met = { entity, hosts: new Map(), users: new Map() };
      this.#met.set(entity, met);
      this.#size++;
    }
    this.#last = met;
    return met;
  }

  #remember<T>(known: Map<string, T>, given: string, one: T): void {
    if (given.length > longestName + 1) return;
    if (!known.has(given)) this.#size++;
    known.set(given, one);
  }
}

/** In the order in which they happened; of equal times, so that any order gives the same. */
function byTime(a: NamingRecord, b: NamingRecord): number {
  return a.timestamp - b.timestamp || compare(a.host ?? "", b.host ?? "") || compare(a.user ?? "", b.user ?? "");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
