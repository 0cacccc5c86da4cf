/**
 * Watches the number of open files and connections of the process. Near the limit the clients' connections are closed, so that
 * a flood of idle clients cannot stop the database, the destinations and health.
 */
import { readdir, readFile } from "node:fs/promises";
import type { Faults } from "../../core/faults.ts";

/** Descriptors to keep free for the database, destinations and health. */
const reserve = 16;
/** The number of good checks in a row after which the fault is cleared. */
const calmTicksWanted = 10;

/** The limit of descriptors, and the number in use. */
interface Count {
  limit(): Promise<number>;
  open(limit: number): Promise<number>;
}

export class DescriptorWatch {
  readonly #faults: Faults;
  readonly #closeClients: () => Promise<void>;
  readonly #count: Count;
  #limit: number | null = null;
  #calmTicks = 0;

  /** `closeClients` closes the connections of clients and listens again. */
  constructor(
    faults: Faults,
    closeClients: () => Promise<void>,
    count: Count = { limit: openFilesLimit, open: openFiles },
  ) {
    this.#faults = faults;
    this.#closeClients = closeClients;
    this.#count = count;
  }

  /** Milliseconds until the next check: a flood may come back at once. */
  get everyMs(): number {
    return this.#faults.has("descriptors") ? 500 : 5_000;
  }

  async tick(): Promise<void> {
    this.#limit ??= await this.#count.limit();
    const free = this.#limit - (await this.#count.open(this.#limit));
    if (free >= Math.min(reserve, this.#limit / 4)) {
      if (++this.#calmTicks >= calmTicksWanted) this.#faults.clear("descriptors");
      return;
    }
    this.#calmTicks = 0;
    this.#faults.set(
      "descriptors",
      `nearly all of the ${this.#limit} files and connections that the process may have open were in use, so those of clients were closed: have clients close theirs, or raise the limit (LimitNOFILE)`,
    );
    await this.#closeClients();
  }
}

/** The soft limit; Infinity if the system does not tell it. */
export async function openFilesLimit(): Promise<number> {
  try {
    const limits = await readFile("/proc/self/limits", "latin1");
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The number in use; `limit` if there is no descriptor left to count them with. */
export async function openFiles(limit: number): Promise<number> {
  try {
    return (await readdir("/proc/self/fd")).length;
  } catch (error) {
    return (error as { code?: unknown }).code === "EMFILE" ? limit : 0;
  }
}
