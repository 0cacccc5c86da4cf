/**
 * Who shares what, in the memory of the reading Worker: built from the alerts when it is first needed, kept up by their ids, dropped when
 * nothing was looked at for a while. No index of the alerts by host or user pays for it.
 */
import type { Roles } from "../../core/assets/roles.ts";
import type { Sharing, Standing } from "../../core/campaigns/links.ts";
import { Popularity } from "../../core/campaigns/popularity.ts";
import { accountValue, hostValue } from "../../core/campaigns/traces.ts";
import { ActorFinder, type ActorRules, canonicalIp } from "../../core/correlation/actor.ts";
import { establishedActors } from "../../core/correlation/rarity/rarity.ts";
import type { NameBook } from "../../core/identities/name-book.ts";
import type { ActorType } from "../../core/incident.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { dayMs, hourMs, minuteMs } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";

/** Rows of alerts read in one call: whoever opens a page meanwhile waits for it. */
const perCall = 500;
/** So many of the newest alerts say who shares what; older ones tell of a company that has changed since. */
const mostAlerts = 300_000;
const idleMs = 30 * minuteMs;
/** At most so many actors use a workstation. */
const personal = 3;
/** … and an account is seen on so many hosts where it has no task on many. */
const home = 5;
/** An account that has come to many hosts within this time is no administrator, where a day before is known: that is how an attack spreads. */
const spreadMs = 6 * hourMs;
/** So many may be of one attack, in an entity of which nothing else is known. */
const fewActors = 100;

/** What these are for makes them join by sessions, processes and movement alone. */
const sharedHosts = new Set(["domain_controller", "jump_host", "scanner", "backup", "deployment"]);
const sharedAccounts = new Set(["administrator", "service", "deployment", "backup", "scanner"]);

export class KnownSharing {
  #popularity = new Popularity();
  #finder: ActorFinder;
  /** The newest alert that is counted; null = none yet. */
  #lastId: number | null = null;
  #usedAt = 0;

  constructor(actors: ActorRules, names: NameBook) {
    this.#finder = new ActorFinder(actors, names);
  }

  /** Counts further alerts; returns whether more are left. `now`: epoch milliseconds. */
  async catchUp(database: Database, now: number): Promise<boolean> {
    this.#usedAt = now;
    if (this.#lastId === null) {
      const { rows } = await database.read("select coalesce(max(id), 0) as id from sigma_alerts");
      this.#lastId = Math.max(0, (rows[0] === undefined ? 0 : integer(rows[0], "id")) - mostAlerts);
    }
    const { rows } = await database.read(
      "select id, entity_name, user_name, host, src_ip, first_seen from sigma_alerts where id > ? order by id limit ?",
      [this.#lastId, perCall],
    );
    for (const row of rows) {
      this.#lastId = integer(row, "id");
      const [user, host, srcIp] = [text(row, "user_name"), text(row, "host"), text(row, "src_ip")];
      const entity = text(row, "entity_name");
      const actor = this.#finder.find({ entity, user, host, srcIp });
      if (actor === null) continue;
      this.#popularity.add(normaliseName(entity), {
        actor: `${actor.type} ${actor.name}`,
        host: hostValue(host),
        account: actor.type === "user" ? actor.name : "",
        address: canonicalIp(srcIp),
        at: fromIso(text(row, "first_seen")),
      });
    }
    return rows.length === perCall;
  }

  /** Frees the memory where nothing was looked at for half an hour. */
  dropIfIdle(now: number): void {
    if (this.#lastId === null || now - this.#usedAt < idleMs) return;
    this.#popularity = new Popularity();
    this.#lastId = null;
  }

  /** What is shared among the actors of one entity. */
  of(entity: string, roles: Roles): EntitySharing {
    return new EntitySharing(normaliseName(entity), entity, this.#popularity, roles);
  }
}

export class EntitySharing implements Sharing {
  readonly #key: string;
  readonly #entity: string;
  readonly #popularity: Popularity;
  readonly #roles: Roles;

  constructor(key: string, entity: string, popularity: Popularity, roles: Roles) {
    this.#key = key;
    this.#entity = entity;
    this.#popularity = popularity;
    this.#roles = roles;
  }

  ofHost(value: string): Standing {
    if (this.#popularity.isShared(this.#key, "host", value)) return "many";
    return this.#hasSharedRole(value) ? "role" : "own";
  }

  ofAddress(value: string): Standing {
    if (this.#popularity.isShared(this.#key, "address", value)) return "many";
    return this.#hasSharedRole(value) ? "role" : "own";
  }

  /** Whether it has so many actors that what nobody knows yet is more likely usual. */
  get isLarge(): boolean {
    return this.#popularity.known(this.#key).actors >= establishedActors;
  }

  isPersonal(host: string): boolean {
    return this.#popularity.sharersOf(this.#key, "host", host) <= personal;
  }

  isAtHome(account: string, at: number): boolean {
    return this.#popularity.sharersOf(this.#key, "account", accountValue(account), this.#settledBefore(at)) <= home;
  }

  /** Whether an actor is one whom many share at `at` (epoch ms), or who has to do with many by what it is for. */
  isShared(type: ActorType, actor: string, at: number): boolean {
    if (type === "host") return this.ofHost(hostValue(actor)) !== "own";
    if (type === "ip") return this.ofAddress(actor) !== "own";
    const role = this.#roles.ofAccount(this.#entity, actor)?.role ?? null;
    return (
      (role !== null && sharedAccounts.has(role)) ||
      this.#popularity.isShared(this.#key, "account", accountValue(actor), this.#settledBefore(at))
    );
  }

  /** Where much happens and nothing is known of the days before, an administrator's first hours look like an attack. */
  #settledBefore(at: number): number {
    const { actors, since } = this.#popularity.known(this.#key);
    return actors > fewActors && since > at - dayMs ? Number.POSITIVE_INFINITY : at - spreadMs;
  }

  #hasSharedRole(host: string): boolean {
    const role = this.#roles.ofHost(this.#entity, host)?.role ?? null;
    return role !== null && sharedHosts.has(role);
  }
}
