/**
 * Sample data to try the console with, before the first real detection: in a database of its own, in a folder of its own, with Workers of its
 * own while it is there. Nothing that leads outside knows it: feeds, tickets, the API, streams, metrics and backups have the appliance's database.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Caller } from "../../core/access/caller.ts";
import { EdgeError, messageOf } from "../../core/errors.ts";
import { Intake } from "../../core/intake/intake.ts";
import type { Clock } from "../../core/ports.ts";
import type { CorrelationSettings } from "../../core/settings.ts";
import { dayMs, hourMs } from "../../core/time.ts";
import { openStore, type Store } from "../../store/open-store.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import { Turns } from "../access/turns.ts";
import type { Log } from "../runtime/log.ts";
import { datedSample } from "../sample/dated.ts";
import { CampaignWatch } from "../upkeep/campaign-watch.ts";
import { OutbreakWatch } from "../upkeep/outbreak-watch.ts";
import { SearchUpkeep } from "../upkeep/search-upkeep.ts";
import type { RunningParts } from "./overview.ts";
import { type SampleViews, sampleViews } from "./sample-views.ts";

/** The entity of all sample data. */
const sampleEntity = "Sample";
/** The last so long before the button was pressed is filled. */
const spanMs = 8 * hourMs;

export interface SampleParts {
  dataDir: string;
  clock: Clock;
  log: Log;
  /** The appliance's own, in which there is nothing yet. */
  events: Pick<Store["events"], "end" | "onAppend">;
  audit: AuditLog;
  running: RunningParts;
  correlation: CorrelationSettings;
}

/** Sample data that is shown at the moment. */
interface Shown {
  store: Store;
  views: SampleViews;
  /** Epoch milliseconds. */
  since: number;
}

export class SampleData {
  readonly #parts: SampleParts;
  readonly #folder: string;
  readonly #turns = new Turns();
  #shown: Shown | null = null;
  #isClosed = false;

  private constructor(parts: SampleParts) {
    this.#parts = parts;
    this.#folder = join(parts.dataDir, "sample");
  }

  /** Shows what was there before a restart, unless something real has come. It ends by itself with the first thing that does. */
  static async open(parts: SampleParts): Promise<SampleData> {
    const data = new SampleData(parts);
    parts.events.onAppend(() => {
      if (data.#shown !== null) void data.#inTurn(() => data.#end("something real has come"));
    });
    await data.#inTurn(() => data.#resume());
    return data;
  }

  /** Null while there is no sample data. */
  get views(): SampleViews | null {
    return this.#shown?.views ?? null;
  }

  /** @throws EdgeError sample_refused once something real has come */
  start(caller: Caller): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#shown !== null || this.#isClosed) return;
      await this.#refuseBesideReal();
      await this.#clear();
      await this.#fill();
      // Something real may have come meanwhile.
      await this.#refuseBesideReal().catch(async (error: unknown) => {
        await this.#end("something real has come");
        throw error;
      });
      await this.#parts.audit.note(auditAuthor(caller), "sample.start", sampleEntity);
    });
  }

  remove(caller: Caller): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#shown === null) return;
      await this.#end("removed by a person");
      await this.#parts.audit.note(auditAuthor(caller), "sample.remove", sampleEntity);
    });
  }

  /** Removes what is older than everything else may become. */
  async retire(now: number): Promise<void> {
    const { running } = this.#parts;
    const until = (shown: Shown) => shown.since + running.retentionDays() * dayMs;
    if (this.#shown === null || now < until(this.#shown)) return;
    await this.#inTurn(() => this.#end("retention"));
  }

  /** Keeps it for the next start. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#isClosed = true;
      const shown = this.#shown;
      this.#shown = null;
      await shown?.store.close();
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    return this.#turns.run("sample", work);
  }

  async #refuseBesideReal(): Promise<void> {
    if ((await this.#parts.events.end()) > 0)
      throw new EdgeError(
        "sample_refused",
        "real detections have come in: sample data is only for the time before them",
      );
  }

  async #resume(): Promise<void> {
    const { events, log } = this.#parts;
    // Written last, so that what an interrupted start has left is not taken for the whole.
    const since = Number(await readFile(this.#sinceFile, "utf8").catch(() => Number.NaN));
    if (Number.isNaN(since) || (await events.end()) > 0) return this.#clear();
    try {
      await this.#show(since);
    } catch (error) {
      log.warn("sample data cannot be read and is removed", { error: messageOf(error) });
      await this.#clear();
    }
  }

  async #fill(): Promise<void> {
    const { clock } = this.#parts;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const since = clock.now();
    const { sample } = await import("../sample/sample-text.ts");
    try {
      const { store } = await this.#show(since);
      const intake = new Intake({ store, clock, defaultEntity: () => sampleEntity });
      await intake.ingest({
        kind: "detections",
        body: new TextEncoder().encode(datedSample(sample, since, spanMs)),
        format: "rhythmx",
        owner: "sample",
        entities: null,
        idempotency: null,
      });
      await this.#settle(store, since);
      await writeFile(this.#sinceFile, String(since), { mode: 0o600 });
    } catch (error) {
      await this.#end("it could not be made");
      await this.#clear().catch(() => {});
      throw error;
    }
  }

  /** What loops do to real data: outbreaks, campaigns, the search. */
  async #settle(store: Store, now: number): Promise<void> {
    const { log } = this.#parts;
    const stopping = new AbortController().signal;
    await new OutbreakWatch({ store, stopping }).tick(now);
    await new CampaignWatch({ store, log, stopping }).tick(now);
    await store.admin.indexSome();
  }

  async #show(since: number): Promise<Shown> {
    const { clock, running, correlation, dataDir } = this.#parts;
    const path = join(this.#folder, "sample.db");
    const store = await openStore({ path, clock, onBroken: () => void this.#inTurn(() => this.#end("it is broken")) });
    try {
      await store.incidents.configureCorrelation(correlation);
    } catch (error) {
      await store.close();
      throw error;
    }
    const search = new SearchUpkeep({ store, clock });
    store.events.onAppend((_, counts) => search.wake(counts));
    const shown = { store, since, views: sampleViews({ store, clock, search, running, dataDir }) };
    this.#shown = shown;
    return shown;
  }

  async #end(reason: string): Promise<void> {
    const shown = this.#shown;
    if (shown === null) return;
    this.#shown = null;
    await shown.store.close().catch(() => {});
    await this.#clear();
    this.#parts.log.info("sample data is gone", { reason });
  }

  #clear(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  get #sinceFile(): string {
    return join(this.#folder, "since");
  }
}
