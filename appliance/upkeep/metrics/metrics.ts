/**
 * `GET /metrics`. What others own is read from them at each request; what the service counts itself is in `counts.ts`. Nothing of it may fail or
 * wait for long: metrics are wanted most while something is wrong, so what cannot be had is left out or is as it was last known.
 */
import { stat } from "node:fs/promises";
import type { Monitored } from "../../../store/lists/monitoring.ts";
import { watchEventLoop } from "../../runtime/process-figures.ts";
import { openFiles, openFilesLimit } from "../descriptor-watch.ts";
import { CertificateExpiry } from "./certificates.ts";
import { clusterFamilies } from "./cluster-families.ts";
import type { Counts } from "./counts.ts";
import { deliveryFamilies } from "./delivery-families.ts";
import { type Exposition, write } from "./family.ts";
import { processFamilies } from "./process-families.ts";
import type { Gathered, MetricSources } from "./sources.ts";
import { storageFamilies } from "./storage-families.ts";
import { Distribution } from "./tally.ts";
import { ticketFamilies } from "./ticket-families.ts";

/** For figures of the database, which a long read or a lock may hold up. Milliseconds. */
const longestWaitMs = 2_000;
/** Figures that took long are kept for so many times as long: counting what stands still takes a while where there is very much of it. */
const restFactor = 10;
const lagBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export class Metrics {
  readonly #sources: MetricSources;
  readonly #counts: Counts;
  readonly #certificates = new CertificateExpiry();
  readonly #lag = new Distribution(lagBounds, [{}]);
  readonly #endWatch: () => void;
  #database: Monitored | null = null;
  /** Until then the figures of the database are as they were read; by `performance.now()`. */
  #freshUntil = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  constructor(sources: MetricSources, counts: Counts) {
    this.#sources = sources;
    this.#counts = counts;
    this.#endWatch = watchEventLoop((milliseconds) => this.#lag.took(milliseconds));
  }

  /** All metrics as one text. */
  async text(form: Exposition): Promise<string> {
    const gathered = await this.#gather();
    return write(
      [
        ...processFamilies(this.#sources, gathered, this.#lag),
        ...this.#counts.families(),
        ...deliveryFamilies(this.#sources),
        ...ticketFamilies(this.#sources.tickets, gathered),
        ...storageFamilies(this.#sources, gathered),
        ...clusterFamilies(this.#sources.cluster()),
      ],
      form,
    );
  }

  /** Ends the watch on the event loop. */
  stop(): void {
    this.#endWatch();
  }

  async #gather(): Promise<Gathered> {
    const { databaseFile, certificates } = this.#sources;
    const limit = await openFilesLimit();
    const [, databaseBytes, walBytes, open, expiring] = await Promise.all([
      this.#askDatabase(),
      sizeOf(databaseFile),
      sizeOf(`${databaseFile}-wal`),
      openFiles(limit),
      this.#certificates.read(certificates()),
    ]);
    return {
      database: this.#database,
      databaseBytes,
      walBytes,
      openFiles: open,
      openFilesLimit: limit,
      certificates: expiring,
    };
  }

  /** Waits for the database no longer than it may take; a later answer is there for the next scrape. */
  async #askDatabase(): Promise<void> {
    const begun = performance.now();
    if (begun < this.#freshUntil) return;
    this.#reading ??= this.#sources
      .database()
      .then(
        (figures) => {
          this.#database = figures;
          const now = performance.now();
          this.#freshUntil = now + restFactor * (now - begun);
        },
        // Health names it; what was known last is true of then.
        () => {},
      )
      .finally(() => {
        this.#reading = null;
      });
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, longestWaitMs);
    });
    await Promise.race([this.#reading, enough]);
    clearTimeout(timer);
  }
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch {
    return null;
  }
}
