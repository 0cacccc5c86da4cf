/**
 * Periods of recently active actors, decoded, as the one writer has left them in the file: a batch that concerns them again need neither
 * read nor parse their rows. They cannot be out of date, because nobody else writes: whoever changes a period in another way has it
 * forgotten (`savePeriods`, retention), and a call that fails forgets all that was handed out, because it may have changed them in memory.
 */
import type { Database } from "../database/database.ts";
import { type ActorPeriod, currentPeriods } from "./actor-periods.ts";

/** What decoded periods may take together. */
const mostBytes = 16 * 1024 * 1024;
/** Measured: a decoded state takes some four bytes of memory for each character of its JSON text, and a period so many besides. */
const bytesPerCharacter = 4;
const bytesPerPeriod = 500;

interface Kept {
  period: ActorPeriod;
  bytes: number;
}

export class PeriodCache {
  readonly #mostBytes: number;
  /** Current periods by actor key, the one that was used longest ago first. */
  readonly #kept = new Map<string, Kept>();
  /** Keys of periods handed out or kept since the last `settle`. */
  readonly #touched = new Set<string>();
  #bytes = 0;

  /** `bytes`: 0 keeps none. */
  constructor(bytes = mostBytes) {
    this.#mostBytes = bytes;
  }

  /** How much the periods that are kept take, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Current periods by actor key. The caller may change them, and either has them kept or fails. */
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

  /** Keeps a current period that the commit under way writes; `characters`: the length of its encoded state. */
  keep(period: ActorPeriod, characters: number): void {
    const { key } = period;
    this.forget(key);
    this.#touched.add(key);
    const bytes = bytesPerPeriod + bytesPerCharacter * characters;
    if (bytes > this.#mostBytes) return;
    this.#kept.set(key, { period, bytes });
    this.#bytes += bytes;
    if (this.#bytes > this.#mostBytes) this.#makeRoom();
  }

  #makeRoom(): void {
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#mostBytes) return;
      this.forget(oldest);
    }
  }

  /** The period of this actor is changed or removed by other means. */
  forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#bytes -= kept.bytes;
  }

  /** The same for periods that are known by their ids. */
  forgetIds(ids: readonly number[]): void {
    const gone = new Set(ids);
    for (const [key, { period }] of this.#kept) if (gone.has(period.id)) this.forget(key);
  }

  /** What was handed out is in the file as it is here. */
  settle(): void {
    this.#touched.clear();
  }

  /** It may not be. */
  forgetTouched(): void {
    for (const key of this.#touched) this.forget(key);
    this.#touched.clear();
  }
}
