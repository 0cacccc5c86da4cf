/**
 * Which names of domains of one entity are one domain's: `CORP` and `corp.example`, because the first label is equal and no other DNS domain has
 * it, or because logs show accounts of both with SIDs of one domain.
 */
import { domainSid, isPublicMail } from "./account-name.ts";
import type { KnownName, NameChanges } from "./known-name.ts";

/** Each makes all accounts of the entity be gone through. */
const mostMerges = 100;

export class DomainNames {
  /** By name, and by the part of SIDs that is theirs. */
  readonly #names = new Map<string, KnownName>();
  /** What the DNS domains with this first label are known as. */
  readonly #labels = new Map<string, Set<string>>();
  #merges = 0;
  /** What the first domain of the entity is known as, whose accounts have plain names unless another's was there before. */
  #usual: string | null = null;

  /** Takes in a name as it was stored; returns whether it is new. */
  load(known: KnownName): boolean {
    const isNew = !this.#names.has(known.name);
    this.#set(known);
    return isNew;
  }

  get usual(): string | null {
    return this.#usual;
  }

  has(domain: string): boolean {
    return this.#names.has(domain);
  }

  /** The one name by which a domain is known. */
  knownAs(domain: string): string {
    return this.#names.get(domain)?.knownAs ?? this.#fitting(domain) ?? domain;
  }

  /** All names of a domain that is known as this, without SIDs. */
  namesOf(knownAs: string): string[] {
    const others = [...this.#names.values()].filter((one) => one.knownAs === knownAs && !isSid(one.name));
    return [...new Set([knownAs, ...others.map(({ name }) => name)])];
  }

  /** A domain has turned up on this day; returns what it is known as. */
  meet(domain: string, day: number, changes: NameChanges): string {
    const known = this.#names.get(domain);
    if (known !== undefined) {
      if (known.day < day) {
        known.day = day;
        changes.seen(known);
      }
      return known.knownAs;
    }
    const fitting = this.#fitting(domain);
    const knownAs = fitting ?? domain;
    if (changes.mayKeep(domain)) {
      const isUsual = this.#usual === null && !isPublicMail(domain) && !isSid(domain);
      const why = isUsual ? "usual domain" : fitting === null ? "found" : "fits";
      const one: KnownName = { kind: "domain", name: domain, knownAs, why, day, row: null };
      this.#set(one);
      changes.changed(one);
    }
    return knownAs;
  }

  /**
   * A log names an account of this domain with this SID. If another domain has such SIDs, the two are one from now on: returns what they were and are
   * known as; null where nothing changes.
   */
  meetSid(sid: string, domain: string, day: number, changes: NameChanges): { from: string; into: string } | null {
    const part = domainSid(sid);
    const into = this.meet(part, day, changes);
    const from = this.meet(domain, day, changes);
    const known = this.#names.get(part);
    if (known === undefined || from === into) return null;
    if (into === part) {
      // The first domain that it is seen with.
      become(known, from, changes);
      return null;
    }
    if (isPublicMail(from) || isPublicMail(into) || this.#merges >= mostMerges) return null;
    this.#merges++;
    for (const one of this.#names.values()) if (one.knownAs === from) become(one, into, changes);
    if (this.#usual === from) this.#usual = into;
    for (const label of this.#labels.values()) if (label.delete(from)) label.add(into);
    return { from, into };
  }

  #set(known: KnownName): void {
    this.#names.set(known.name, known);
    if (known.why === "usual domain") this.#usual = known.knownAs;
    const label = labelOf(known.name);
    if (label === known.name || isSid(known.name) || isPublicMail(known.name)) return;
    const all = this.#labels.get(label) ?? new Set();
    this.#labels.set(label, all.add(known.knownAs));
  }

  /** What another spelling of this domain is known as; null where none fits. */
  #fitting(domain: string): string | null {
    if (isPublicMail(domain) || isSid(domain)) return null;
    const label = labelOf(domain);
    const full = this.#labels.get(label);
    if (label !== domain) return full === undefined ? (this.#names.get(label)?.knownAs ?? null) : null;
    const [only] = full ?? [];
    return full?.size === 1 && only !== undefined ? only : null;
  }
}

function become(known: KnownName, knownAs: string, changes: NameChanges): void {
  Object.assign(known, { knownAs, why: known.why === "usual domain" ? known.why : "log" });
  changes.changed(known);
}

function labelOf(domain: string): string {
  return domain.split(".", 1)[0] || domain;
}

function isSid(name: string): boolean {
  return name.startsWith("s-1-5-21-");
}
