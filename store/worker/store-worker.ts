/** The store's Worker. Runs calls in order, several in one commit where that saves disk syncs, and keeps the file open. */
import { preparePatterns } from "../../core/correlation/patterns.ts";
import { StoreError } from "../../core/errors.ts";
import type { AppendedCounts } from "../../core/event.ts";
import { KnownAssets } from "../assets/known-assets.ts";
import { copyWhole, type LiveCopy } from "../backup/live-copy.ts";
import { type BackupOrder, makeBackup } from "../backup/make-backup.ts";
import { completeSwitch, expectNoSwitch } from "../backup/switch.ts";
import { CrowdedRules } from "../campaigns/crowded-rules.ts";
import { newMemory } from "../campaigns/step.ts";
import { Database } from "../database/database.ts";
import { rememberEntities } from "../database/entity-spellings.ts";
import { InstanceLock } from "../database/instance-lock.ts";
import { lacksSteps, schemaOf } from "../database/migrate.ts";
import type { Batch } from "../database/replication.ts";
import { RepeatedAlerts } from "../events/repeated-alerts.ts";
import { Sequences } from "../events/sequences.ts";
import { Assessments } from "../incidents/assessments.ts";
import { PeriodCache } from "../incidents/period-cache.ts";
import { RuleActors } from "../incidents/rule-actors.ts";
import type { OpenReading } from "../lists/operations.ts";
import { noTicketRules } from "../outbox/ticket-updates.ts";
import { LeaseAgent, type LeaseOrder, type LeaseReport } from "../replica/lease-agent.ts";
import { expectAlone, openReplica, type Replica, type ReplicaOrder } from "../replica/open-replica.ts";
import { trimLog } from "../replica/trim.ts";
import type { BackupStep, Followed, Opened, OpenMode, StoreCall, StoreMethod, StoreReply } from "./calls.ts";
import type { Open } from "./open-file.ts";
import { catalogueOf, type Groups, operationIn, type ReadingSettings, reading, writing } from "./operations.ts";
import { bringUpToDate, checkFile, failure, perform, unknownSchemaOf, yieldToOthers } from "./perform.ts";

const callsPerCommit = 32;
const recordsPerCommit = 1000;

/** A Worker with a closed file, or with one open file. */
export class StoreWorker {
  readonly #writing: Groups<Open>;
  #open: Open | null = null;
  /** Set instead of `#open` in the reading Worker. */
  #reading: OpenReading | null = null;
  /** After a failed call, the ids and actors in memory may differ from those in the file. */
  #doubtful = false;
  /** Announcements of appended events that are not sent yet; of those that are in the file whatever becomes of the present commit. */
  #appended: StoreReply[] = [];
  readonly #late: StoreReply[] = [];
  /** Announcements of commits that are not sent yet; always empty if nobody listens. */
  readonly #committed: StoreReply[] = [];

  /** In a node of a cluster. */
  #replica: Replica | null = null;
  /** See `Followed`; undefined: it was not looked at yet. */
  #unknownSchema: string | null | undefined;
  /** See `Store.isBehind`; as the file was when it was opened. */
  #isBehind = false;
  /** The last call that was answered out of order. */
  #aside: Promise<unknown> = Promise.resolve();
  /** In a Worker that does nothing else. */
  #lease: LeaseAgent | null = null;
  /** In a Worker that does nothing else. */
  #backup: ReturnType<typeof makeBackup> | null = null;
  readonly #periodBytes: number | undefined;

  /** `table`: its operations in a writing mode; `periodBytes`: the most memory that actors' periods may take. */
  constructor(table: Groups<Open> = writing, periodBytes?: number) {
    this.#writing = table;
    this.#periodBytes = periodBytes;
  }

  /** Several small reads in one turn save time. Writes get a turn each, so that calls which arrive meanwhile share the next commit. */
  get callsPerTurn(): number {
    return this.#reading === null ? 1 : 8;
  }

  /** Takes the next call, or several that share a commit, from the front of `waiting`, runs them and returns the replies. */
  async work(waiting: StoreCall[]): Promise<StoreReply[]> {
    const calls = waiting.splice(0, this.#sharingCount(waiting));
    const replies = (calls.length > 1 ? await this.#together(calls) : null) ?? (await this.#eachAlone(calls));
    if (!this.#doubtful) {
      this.#open?.periods.settle();
      this.#open?.assets.settle();
    }
    return [...this.#committed.splice(0), ...this.#late.splice(0), ...this.#appended.splice(0), ...replies];
  }

  /** Answers a call beside those in order. */
  aside(call: StoreCall): Promise<StoreReply> {
    const reply = this.#answer(call).catch((error: unknown) => failure(call.id, error));
    this.#aside = reply;
    return reply;
  }

  /** The number of calls at the front that share a commit. */
  #sharingCount(waiting: readonly StoreCall[]): number {
    let writes = 0;
    let records = 0;
    let count = 0;
    for (const { method, args } of waiting) {
      const operation = operationIn(this.#writing, method);
      if (operation?.shares !== true || count === callsPerCommit) break;
      records += operation.records?.(...(args as never[])) ?? 0;
      if (records > recordsPerCommit) break;
      if (operation.kind === "write") writes++;
      count++;
    }
    return writes > 1 ? count : 1;
  }

  /**
   * Returns null if a call was at fault: then nothing was written, and each call is run by itself. If the storage was at fault, all fail: the
   * commit may still have reached the file, so nothing is run a second time here.
   */
  async #together(calls: readonly StoreCall[]): Promise<StoreReply[] | null> {
    try {
      return (
        (await this.#open?.database.transaction(async () => {
          const replies: StoreReply[] = [];
          for (const call of calls) replies.push(await this.#answer(call));
          return replies;
        })) ?? null
      );
    } catch (error) {
      this.#appended = [];
      this.#doubtful = true;
      if (!(error instanceof StoreError) || error.code === "store_failed") return null;
      return calls.map(({ id }) => failure(id, error));
    }
  }

  async #eachAlone(calls: readonly StoreCall[]): Promise<StoreReply[]> {
    const replies: StoreReply[] = [];
    for (const call of calls) replies.push(await this.#answer(call).catch((error: unknown) => failure(call.id, error)));
    return replies;
  }

  async #answer({ id, method, args }: StoreCall): Promise<StoreReply> {
    const before = this.#commits;
    const value = await this.#run(method, args);
    return { id, value, wrote: this.#commits > before };
  }

  async #run(method: StoreMethod, args: unknown[]): Promise<unknown> {
    if (method === "open") return this.#openFile(...(args as [string, number, OpenMode, boolean, ReplicaOrder | null]));
    if (method === "follow") return this.#follow();
    if (method === "logPosition") return (this.#replica?.leading ?? this.#replica?.following)?.mark.seq ?? 0;
    if (method === "trimLog") return this.#replica && trimLog(this.#replica.log, ...(args as [number, number]));
    if (method === "copy") return this.#copy(...(args as [LiveCopy]));
    if (method === "integrityCheck") return checkFile(...(args as [string]));
    if (method === "beginLease") return this.#beginLease(...(args as [LeaseOrder, number]));
    if (method === "lease") return this.#lease?.state(...(args as [LeaseReport]));
    if (method === "endLease") return this.#lease?.end(...(args as [boolean]));
    if (method === "openReader") return this.#openReader(...(args as [string, ReadingSettings]));
    if (method === "close") return this.#close();
    if (method === "backup") return this.#backUp(...(args as [BackupOrder | null]));
    if (method === "endBackup") return void this.#backup?.return(undefined as never);
    if (this.#reading !== null) return perform(this.#reading, operationIn(reading, method), method, args);
    if (this.#open === null) throw new Error(`the store is not open for ${method}`);
    if (this.#isBehind) throw new StoreError("store_older", "the database has an older schema than this program");
    const { database, sequences, periods, assets, ruleActors } = this.#open;
    try {
      if (this.#doubtful) {
        await this.#replica?.leading?.ready();
        periods.forgetTouched();
        ruleActors.clear();
        await assets.forgetUnstored(database);
        // Whoever repeats it adds nothing that would be announced.
        const late = await sequences.reload(database);
        if (late !== null) this.#late.push({ appended: late });
      }
      this.#doubtful = false;
      return await perform(this.#open, operationIn(this.#writing, method), method, args);
    } catch (error) {
      this.#doubtful = true;
      throw error;
    }
  }

  get #commits(): number {
    return this.#open?.database.commits ?? 0;
  }

  /** Takes the folder's lock, opens the file and upgrades its schema, as far as `mode` allows. */
  async #openFile(
    path: string,
    now: number,
    mode: OpenMode,
    tellCommits = false,
    order: ReplicaOrder | null = null,
  ): Promise<Opened> {
    const lock = mode === "look" ? null : await InstanceLock.take(`${path}.lock`, { writes: order === null });
    let database: Database | null = null;
    try {
      if (lock === null) expectNoSwitch(path);
      else completeSwitch(path);
      const onCommit = (batch: Batch) => void this.#committed.push({ committed: batch });
      database = await Database.open(path, mode === "look" ? "read" : "write", tellCommits ? onCommit : null);
      if (order === null && mode !== "look") await expectAlone(database);
      if (order !== null)
        this.#replica = await openReplica(
          database,
          order,
          () => bringUpToDate(database as Database, path, now, mode),
          () => schemaOf(database as Database),
        );
      const migrated = order?.role === "follower" ? [] : await bringUpToDate(database, path, now, mode);
      this.#isBehind = order?.role === "follower" && (await lacksSteps(database));
      const sequences = this.#isBehind ? Sequences.unread() : await Sequences.load(database);
      const assessments = new Assessments();
      const assets = new KnownAssets();
      if (!this.#isBehind) await assets.load(database);
      const ticketRules = { ...noTicketRules };
      const appended = (counts: AppendedCounts) => {
        if (Object.keys(counts).length > 0) this.#appended.push({ appended: { end: sequences.lastSeq, counts } });
      };
      const periods = new PeriodCache(this.#periodBytes);
      const memory = {
        assessments,
        assets,
        periods,
        ruleActors: new RuleActors(),
        repeatedAlerts: new RepeatedAlerts(),
        crowdedRules: new CrowdedRules(),
      };
      this.#open = { database, lock, sequences, appended, correlator: null, ticketRules, ...memory };
      const isBehind = this.#isBehind;
      return { migrated, writing: catalogueOf(this.#writing), reading: catalogueOf(reading), isBehind };
    } catch (error) {
      this.#closeReplica();
      database?.close();
      await lock?.release();
      throw error;
    }
  }

  /** Applies the next records of the log, and announces the events in them. */
  async #follow(): Promise<Followed> {
    if (this.#open === null || this.#replica?.following == null) throw new Error("this store follows no log");
    const { database, sequences, appended } = this.#open;
    const { following } = this.#replica;
    const { applied, head, touched } = await following.step();
    if (this.#unknownSchema === undefined || touched.has("schema"))
      this.#unknownSchema = await unknownSchemaOf(database);
    if (applied > 0 && !this.#isBehind) appended((await sequences.reload(database))?.counts ?? {});
    const isBehind = this.#isBehind && (!touched.has("schema") || (await lacksSteps(database)));
    const unknownSchema = this.#unknownSchema;
    return { applied: following.mark.seq, head: head.seq, touched: [...touched], unknownSchema, isBehind };
  }

  #beginLease(order: LeaseOrder, mainNow: number): void {
    this.#lease = LeaseAgent.begin(order, mainNow);
  }

  #closeReplica(): void {
    this.#open?.database.replicateBy(null);
    this.#replica?.log.close();
    this.#replica = null;
  }

  async #openReader(path: string, { patterns, assets: file, floors, actors }: ReadingSettings): Promise<void> {
    const database = await Database.open(path, "read");
    rememberEntities(database);
    const assets = new KnownAssets();
    await assets.setFile(database, file);
    const campaigns = newMemory(floors, actors, assets);
    this.#reading = { database, patterns: preparePatterns(patterns), assets, campaigns };
  }

  /** Copies a file in use, in a Worker that does nothing else. */
  #copy(order: LiveCopy): void {
    yieldToOthers();
    copyWhole(order);
  }

  /** Begins a backup or, with null, takes its next step. */
  #backUp(order: BackupOrder | null): BackupStep {
    if (order !== null) {
      yieldToOthers();
      this.#backup = makeBackup(order);
    }
    const step = this.#backup?.next();
    if (step === undefined) throw new Error("no backup was begun");
    return step.done ? { made: step.value } : { progress: step.value };
  }

  /** Moves the WAL into the file first, which libsql does not do on closing. */
  async #close(): Promise<void> {
    if (this.#open?.lock) await this.#open.database.read("PRAGMA wal_checkpoint(TRUNCATE)").catch(() => {});
    this.#closeReplica();
    await this.#aside;
    this.#open?.database.close();
    await this.#open?.lock?.release();
    this.#reading?.database.close();
    this.#open = null;
    this.#reading = null;
    this.#doubtful = false;
    this.#unknownSchema = undefined;
  }
}
