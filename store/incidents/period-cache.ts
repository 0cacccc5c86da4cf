/**
 * The decoded periods of recently active actors, as the writer last stored them, so that a batch about them need not read and parse their
 * rows again. They cannot be out of date, because nothing else writes: whatever changes or removes a period in another way drops it here
 * (`savePeriods`, retention), and a failed call drops all that it was given, because it may have changed them in memory.
 */
import type { Database } from "../database/database.ts";
import { type ActorPeriod, currentPeriods } from "./actor-periods.ts";

/** The most memory that decoded periods may take. */
const mostBytes = 8 * 1024 * 1024;
/** Measured: a decoded state takes up to four bytes of memory per character of its JSON text, and each period so many in addition. */
const bytesPerCharacter = 4;
const bytesPerPeriod = 500;

/** A period is kept when its actor comes back before so many others: one that does not would only displace those that do. */
const mostSeen = 4_096;

interface Kept {
  period: ActorPeriod;
  bytes: number;
}

export class PeriodCache {
  readonly #mostBytes: number;
  /** Current periods by actor key, the least recently used first. */
  readonly #kept = new Map<string, Kept>();
  /** The keys asked for or kept since the last `settle`. */
  readonly #touched = new Set<string>();
  /** The ids of periods that came once and are not kept. */
  readonly #seen = new Set<number>();
  /** The same in the order in which they came, as a ring: a set is slow to give its oldest. */
  readonly #ring = new Array<number>(mostSeen).fill(0);
  #next = 0;
  #bytes = 0;

  /** `bytes`: the limit; 0 keeps no period. */
  constructor(bytes = mostBytes) {
    this.#mostBytes = bytes;
  }

  /** The estimated memory of the kept periods. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Current periods by actor key. A caller that changes them must keep or forget each, or fail. */
  async current(database: Database, keys: readonly string[]): Promise<Map<string, ActorPeriod>> {
    const found = new Map<string, ActorPeriod>();
    const missing: string[] = [];
    for (const key of keys) {
      this.#touched.add(key);
      const kept = this.#kept.get(key);
      if (kept === undefined) missing.push(key);
      else found.set(key, kept.period);
    }
    for (const [key, period] of await currentPeriods(database, missing)) found.set(key, period);
    return found;
  }

  /** Keeps a current period that this commit writes, if its actor has come before. */
  keep(period: ActorPeriod): void {
    const { id, key, characters } = period;
    const isKnown = this.#kept.has(key) || this.#seen.delete(id);
    this.forget(key);
    if (!isKnown) {
      this.#see(id);
      return;
    }
    this.#touched.add(key);
    const bytes = bytesPerPeriod + bytesPerCharacter * characters;
    if (bytes > this.#mostBytes) return;
    this.#kept.set(key, { period, bytes });
    this.#bytes += bytes;
    if (this.#bytes > this.#mostBytes) this.#makeRoom();
  }

  #see(id: number): void {
    this.#seen.delete(this.#ring[this.#next] ?? 0);
    this.#seen.add(id);
    this.#ring[this.#next] = id;
    this.#next = (this.#next + 1) % mostSeen;
  }

  #makeRoom(): void {
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#mostBytes) return;
      this.forget(oldest);
    }
  }

  /** Drops the period of this actor. */
  forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#bytes -= kept.bytes;
  }

  /** Drops the periods with these ids. */
  forgetIds(ids: readonly number[]): void {
    const gone = new Set(ids);
    for (const [key, { period }] of this.#kept) if (gone.has(period.id)) this.forget(key);
  }

  /** Called after a commit: what was asked for is now in the file as it is here. */
  settle(): void {
    this.#touched.clear();
  }

  /** Called after a failure: drops all that was asked for. */
  forgetTouched(): void {
    for (const key of this.#touched) this.forget(key);
    this.#touched.clear();
  }
}
