/**
 * Which names of hosts of one entity are one machine's: a short name and a full one with that first label, as long as no second full name has it.
 * The name that was there first stays the actor's.
 */
import { isAddress, shortHost } from "./host-name.ts";
import type { KnownName, NameChanges } from "./known-name.ts";

export class HostNames {
  readonly #names = new Map<string, KnownName>();
  /** Full names by first label: how many there are, and two of them. */
  readonly #labels = new Map<string, { count: number; first: string; second: string | null }>();

  /** Takes in a name as it was stored; returns whether it is new. */
  load(known: KnownName): boolean {
    const isNew = !this.#names.has(known.name);
    if (isNew && isFull(known.name)) this.#count(known.name);
    this.#names.set(known.name, known);
    return isNew;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** The actor's name. `name` as `plainHost` gives it. */
  actorOf(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known.knownAs;
    // A short name that no log has as a host's, such as that of a machine's account.
    const full = isFull(name) ? undefined : this.#labels.get(name);
    return full?.count === 1 ? (this.#names.get(full.first)?.knownAs ?? name) : name;
  }

  /** The other names that stand for the actor of this name. */
  othersOf(actor: string): string[] {
    const label = shortHost(actor);
    const { first, second } = this.#labels.get(label) ?? { first: label, second: null };
    return [label, first, second ?? first].filter(
      (name, at, all) => name !== actor && all.indexOf(name) === at && this.#names.get(name)?.knownAs === actor,
    );
  }

  /** A name has turned up on this day. */
  meet(name: string, day: number, changes: NameChanges): void {
    if (name === "" || isAddress(name)) return;
    const known = this.#names.get(name);
    if (known === undefined) this.#add(name, day, changes);
    else if (known.day < day) {
      known.day = day;
      changes.seen(known);
    }
    this.#joinLabel(shortHost(name), changes);
  }

  #add(name: string, day: number, changes: NameChanges): void {
    if (!changes.mayKeep(name)) return;
    const known: KnownName = { kind: "host", name, knownAs: name, why: "found", day, row: null };
    const label = shortHost(name);
    const full = this.#labels.get(label);
    if (label !== name) {
      const short = this.#names.get(label);
      if (full === undefined && short !== undefined) Object.assign(known, { knownAs: short.knownAs, why: "full name" });
      this.#count(name, label);
    } else if (full?.count === 1) {
      const one = this.#names.get(full.first);
      if (one !== undefined) Object.assign(known, { knownAs: one.knownAs, why: "short name" });
    }
    this.#names.set(name, known);
    changes.changed(known);
  }

  #count(name: string, label = shortHost(name)): void {
    const full = this.#labels.get(label);
    if (full === undefined) this.#labels.set(label, { count: 1, first: name, second: null });
    else {
      full.count++;
      full.second ??= name;
    }
  }

  /** From the second full name on each stands for itself; where only one is left, or two were there before names were joined, they are one. */
  #joinLabel(label: string, changes: NameChanges): void {
    const full = this.#labels.get(label);
    if (full === undefined) return;
    const short = this.#names.get(label);
    if (short === undefined && full.count === 1) return;
    const one = this.#names.get(full.first);
    if (full.count > 1) {
      const second = full.second === null ? undefined : this.#names.get(full.second);
      for (const known of [short, one, second])
        if (known !== undefined && known.knownAs !== known.name) become(known, known.name, "second full name", changes);
    } else if (short !== undefined && one !== undefined && short.knownAs === short.name && one.knownAs === one.name)
      become(short, one.name, "short name", changes);
  }
}

function become(known: KnownName, knownAs: string, why: KnownName["why"], changes: NameChanges): void {
  Object.assign(known, { knownAs, why });
  changes.changed(known);
}

function isFull(name: string): boolean {
  return shortHost(name) !== name;
}
