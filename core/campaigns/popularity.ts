/**
 * Who shares what: on how many actors of an entity a host or an address is seen, and an account on how many hosts. What many share joins
 * nothing. Senders may invent as many names as they like, so all of it is bounded.
 */

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

/** Short hashes of who shares a name; null: so many that it is shared in any case. */
type Sharers = number[] | null;

export class Popularity {
  /** By kind, entity and name. */
  readonly #sharers = new Map<string, Sharers>();
  readonly #actors = new Map<string, Set<number>>();

  /** One detection. Names as `hostValue` and `accountValue` give them; "" = none. `actor`: its key. */
  add(entity: string, seen: { actor: string; host: string; account: string; address: string }): void {
    const actor = shortHash(seen.actor);
    this.#note(entity, actor);
    if (seen.host !== "") this.#share(keyOf("host", entity, seen.host), actor);
    if (seen.address !== "") this.#share(keyOf("address", entity, seen.address), actor);
    if (seen.account !== "" && seen.host !== "")
      this.#share(keyOf("account", entity, seen.account), shortHash(seen.host));
  }

  /** How many actors are known to share a host or an address, or on how many hosts an account is; at most 65. */
  sharersOf(entity: string, kind: SharedKind, name: string): number {
    const sharers = this.#sharers.get(keyOf(kind, entity, name));
    return sharers === null ? always : (sharers?.length ?? 0);
  }

  /** Whether more than 5 % of the entity's actors share it, and more than five. */
  isShared(entity: string, kind: SharedKind, name: string): boolean {
    const count = this.sharersOf(entity, kind, name);
    return count >= always || count > Math.max(never, share * (this.#actors.get(entity)?.size ?? 0));
  }

  #note(entity: string, actor: number): void {
    let actors = this.#actors.get(entity);
    if (actors === undefined) {
      const oldest = this.#actors.size >= mostEntities ? this.#actors.keys().next().value : undefined;
      if (oldest !== undefined) this.#actors.delete(oldest);
      actors = new Set();
      this.#actors.set(entity, actors);
    }
    if (actors.size < mostActors) actors.add(actor);
  }

  #share(key: string, by: number): void {
    const sharers = this.#sharers.get(key);
    if (sharers === undefined) {
      const oldest = this.#sharers.size >= mostNames ? this.#sharers.keys().next().value : undefined;
      if (oldest !== undefined) this.#sharers.delete(oldest);
      this.#sharers.set(key, [by]);
      return;
    }
    // The newest stand last.
    this.#sharers.delete(key);
    if (sharers === null || sharers.includes(by)) this.#sharers.set(key, sharers);
    else this.#sharers.set(key, sharers.length + 1 >= always ? null : [...sharers, by]);
  }
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
