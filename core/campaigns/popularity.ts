/**
 * Who shares what: on how many actors of an entity a host or an address is seen, and an account on how many hosts. What many share joins
 * nothing. Senders may invent as many names as they like, so all of it is bounded.
 */
import { hourMs } from "../time.ts";

/** Beyond so many a name is shared in an entity of any size. */
const always = 65;
/** … and up to so many it never is. */
const never = 5;
const share = 0.05;
/** More actors than this make no difference. */
const mostActors = Math.ceil(always / share);

/** Some 100 bytes each; the least recently seen go first. */
const mostNames = 60_000;
const mostEntities = 1_000;

export type SharedKind = "host" | "account" | "address";

/** Short hashes of who shares a name, each followed by the hour in which that began; null: so many that it is shared in any case. */
type Sharers = number[] | null;

export class Popularity {
  /** By kind, entity and name. */
  readonly #sharers = new Map<string, Sharers>();
  readonly #actors = new Map<string, { known: Set<number>; sinceHour: number }>();

  /** One detection. Names as `hostValue` and `accountValue` give them; "" = none. `actor`: its key. `at`: epoch milliseconds. */
  add(entity: string, seen: { actor: string; host: string; account: string; address: string; at: number }): void {
    const actor = shortHash(seen.actor);
    const hour = Math.floor(seen.at / hourMs);
    this.#note(entity, actor, hour);
    if (seen.host !== "") this.#share(keyOf("host", entity, seen.host), actor, hour);
    if (seen.address !== "") this.#share(keyOf("address", entity, seen.address), actor, hour);
    if (seen.account !== "" && seen.host !== "")
      this.#share(keyOf("account", entity, seen.account), shortHash(seen.host), hour);
  }

  /**
   * How many actors are known to share a host or an address, or on how many hosts an account is; at most 65. `before`: only those known
   * before this time of the detections, epoch milliseconds.
   */
  sharersOf(entity: string, kind: SharedKind, name: string, before = Number.POSITIVE_INFINITY): number {
    const sharers = this.#sharers.get(keyOf(kind, entity, name));
    if (sharers === null) return always;
    const hour = before / hourMs;
    let count = 0;
    for (let at = 1; at < (sharers?.length ?? 0); at += 2) if ((sharers?.[at] ?? 0) < hour) count++;
    return count;
  }

  /** How many actors the entity is known to have, at most 1,300, and since when: epoch milliseconds, Infinity = never. */
  known(entity: string): { actors: number; since: number } {
    const { known, sinceHour } = this.#actors.get(entity) ?? {};
    return { actors: known?.size ?? 0, since: (sinceHour ?? Number.POSITIVE_INFINITY) * hourMs };
  }

  /** Whether more than 5 % of the entity's actors share it, and more than five. */
  isShared(entity: string, kind: SharedKind, name: string, before?: number): boolean {
    const count = this.sharersOf(entity, kind, name, before);
    return count >= always || count > Math.max(never, share * (this.#actors.get(entity)?.known.size ?? 0));
  }

  #note(entity: string, actor: number, hour: number): void {
    let actors = this.#actors.get(entity);
    if (actors === undefined) {
      const oldest = this.#actors.size >= mostEntities ? this.#actors.keys().next().value : undefined;
      if (oldest !== undefined) this.#actors.delete(oldest);
      actors = { known: new Set(), sinceHour: hour };
      this.#actors.set(entity, actors);
    }
    actors.sinceHour = Math.min(actors.sinceHour, hour);
    if (actors.known.size < mostActors) actors.known.add(actor);
  }

  #share(key: string, by: number, hour: number): void {
    const sharers = this.#sharers.get(key);
    if (sharers === undefined) {
      const oldest = this.#sharers.size >= mostNames ? this.#sharers.keys().next().value : undefined;
      if (oldest !== undefined) this.#sharers.delete(oldest);
      this.#sharers.set(key, [by, hour]);
      return;
    }
    // The newest stand last.
    this.#sharers.delete(key);
    this.#sharers.set(key, sharers === null ? null : withOne(sharers, by, hour));
  }
}

function withOne(sharers: number[], by: number, hour: number): Sharers {
  for (let at = 0; at < sharers.length; at += 2)
    if (sharers[at] === by) {
      sharers[at + 1] = Math.min(sharers[at + 1] ?? hour, hour);
      return sharers;
    }
  return sharers.length / 2 + 1 >= always ? null : [...sharers, by, hour];
}

function keyOf(kind: SharedKind, entity: string, name: string): string {
  return `${kind}\n${entity}\n${name}`;
}

/** FNV-1a: two of 65 names are the same by chance once in two million. */
function shortHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
