/** Carries the commits of the node that leads to the log. */
import { randomBytes } from "node:crypto";
import { StoreError } from "../../core/errors.ts";
import type { Database } from "../database/database.ts";
import type { Batch, Replication } from "../database/replication.ts";
import { asStoreErrors, Following } from "./following.ts";
import type { ReplicaLog } from "./log.ts";
import { type Mark, moveMark } from "./mark.ts";
import { chainAfter, decodeRecord, encodeRecord } from "./record.ts";

export interface Leadership {
  /** This node's name. */
  node: string;
  /** Of this leadership; higher than any before. */
  epoch: number;
}

export class Leading implements Replication {
  readonly #database: Database;
  readonly #log: ReplicaLog;
  readonly #leadership: Leadership;
  /** The last record that is in the file. */
  #mark: Mark;
  /** After this the log may have more than the file: a commit failed, or an answer was missing. */
  #isDoubtful = false;
  /** The mark of the commit that is being made. */
  #next: Mark | null = null;
  /** Set once another node has written to the log. */
  #ended: StoreError | null = null;

  private constructor(database: Database, log: ReplicaLog, leadership: Leadership, mark: Mark) {
    this.#database = database;
    this.#log = log;
    this.#leadership = leadership;
    this.#mark = mark;
  }

  /**
   * Brings the file to the end of the log and writes the first record of this leadership, after which no other node's is taken. `expectFit`:
   * called before that with what is in the file then, so that who cannot lead leaves the log as it is.
   * @throws StoreError store_not_leader (a higher epoch is there), as `Following.step` and `expectFit`, and errors of the disk
   */
  static async begin(
    database: Database,
    log: ReplicaLog,
    leadership: Leadership,
    mark: Mark,
    expectFit: () => Promise<unknown> = async () => {},
  ): Promise<Leading> {
    const following = new Following(database, log, mark);
    for (;;) {
      await following.catchUp();
      await expectFit();
      await following.expectWritable();
      if (following.mark.epoch >= leadership.epoch) throw notLeader();
      const leading = new Leading(database, log, leadership, following.mark);
      const { mark, append } = leading.entry({ statements: [] }, []);
      try {
        await append();
        await database.apply([], mark);
        leading.#passed();
        return leading;
      } catch (error) {
        // A record of the one before us was first: it is ours to apply, and ours comes behind it.
        if (!(error instanceof StoreError) || error.code !== "store_not_leader") throw error;
      }
    }
  }

  get mark(): Mark {
    return this.#mark;
  }

  async ready(): Promise<void> {
    if (this.#ended !== null) throw this.#ended;
    if (!this.#isDoubtful) return;
    const following = new Following(this.#database, this.#log, this.#mark);
    await following.catchUp();
    if (following.mark.epoch > this.#leadership.epoch) throw this.#end();
    this.#mark = following.mark;
    this.#isDoubtful = false;
  }

  entry(batch: Batch, counts: readonly number[]): ReturnType<Replication["entry"]> {
    const { epoch, node } = this.#leadership;
    const before = this.#mark;
    const seq = before.seq + 1;
    const bytes = encodeRecord({ seq, epoch, node, before: before.chain, batch, counts });
    const next: Mark = { cluster: before.cluster, seq, epoch, chain: chainAfter(before.chain, bytes) };
    this.#next = next;
    return {
      mark: moveMark(next),
      append: () => this.#append(before, next, bytes),
      committed: () => this.#passed(),
    };
  }

  #passed(): void {
    if (this.#next !== null) this.#mark = this.#next;
    this.#isDoubtful = false;
  }

  async #append(before: Mark, next: Mark, bytes: Uint8Array): Promise<void> {
    // Until the commit is made the log has more than the file.
    this.#isDoubtful = true;
    const outcome = await asStoreErrors(() => this.#log.append(before, next, bytes, randomBytes(12).toString("hex")));
    if (outcome === "appended") return;
    if (outcome === "unknown")
      throw new StoreError(
        "store_no_quorum",
        "no quorum of the cluster's log has answered in time: check etcd on the nodes (rhythmx cluster status)",
      );
    const found = await asStoreErrors(() => this.#log.read(before.seq, 1));
    const [first] = found?.records ?? [];
    if (first !== undefined && decodeRecord(first.bytes).epoch === this.#leadership.epoch)
      throw new StoreError(
        "store_no_quorum",
        "a write that the cluster's log had not answered has arrived late, and comes first",
      );
    throw this.#end();
  }

  #end(): StoreError {
    this.#ended = notLeader();
    return this.#ended;
  }
}

function notLeader(): StoreError {
  return new StoreError("store_not_leader", "another node leads the cluster: send what is written there");
}
