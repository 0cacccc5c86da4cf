/** Joins the file of a node to its cluster's log, as the leader or as a follower. */
import { StoreError } from "../../core/errors.ts";
import type { Database } from "../database/database.ts";
import { EtcdClient, type EtcdOptions } from "./etcd/client.ts";
import { EtcdLog } from "./etcd/log.ts";
import { asStoreErrors, Following, refusing } from "./following.ts";
import { Leading } from "./leading.ts";
import type { ReplicaLog } from "./log.ts";
import { firstMark, type Mark, readMark } from "./mark.ts";

export interface ReplicaOrder {
  role: "leader" | "follower";
  etcd: EtcdOptions;
  node: string;
  /** Id of the cluster, which the file must be of; null: it is not known while etcd does not answer, and the file is only read. */
  cluster: string | null;
  /** Of this leadership; 0 for a follower. */
  epoch: number;
  /** It may begin an empty log with what is in its file. */
  founder: boolean;
}

export interface Replica {
  log: ReplicaLog;
  leading: Leading | null;
  following: Following | null;
}

/**
 * `makeSchema`: brings a file that is in no cluster yet to the newest schema; `expectKnown`: throws if its schema is newer than this version's.
 * @throws StoreError store_not_leader, store_no_quorum, store_behind, store_diverged (named by `data.why`: not_member, other_cluster)
 */
export async function openReplica(
  database: Database,
  order: ReplicaOrder,
  makeSchema: () => Promise<unknown>,
  expectKnown: () => Promise<unknown> = async () => {},
): Promise<Replica> {
  const log = new EtcdLog(new EtcdClient(order.etcd));
  try {
    const mark = await ownMark(database, log, order, makeSchema);
    if (order.role === "follower") {
      database.replicateBy(refusing);
      return { log, leading: null, following: new Following(database, log, mark) };
    }
    const leadership = { node: order.node, epoch: order.epoch };
    const leading = await Leading.begin(database, log, leadership, mark, expectKnown);
    database.replicateBy(leading);
    return { log, leading, following: null };
  } catch (error) {
    log.close();
    throw error;
  }
}

/** For whoever writes by itself. @throws StoreError store_not_leader: the file belongs to a cluster */
export async function expectAlone(database: Database): Promise<void> {
  if ((await readMark(database)) === null) return;
  throw new StoreError(
    "store_not_leader",
    "this database belongs to a cluster, where only the node that leads writes: start the service with RHYTHMX_CLUSTER, and send changes to the leader; `rhythmx cluster remove NODE --here` makes it one that runs alone",
  );
}

async function ownMark(
  database: Database,
  log: ReplicaLog,
  { role, cluster, founder }: ReplicaOrder,
  makeSchema: () => Promise<unknown>,
): Promise<Mark> {
  const mark = await readMark(database);
  if (mark !== null && (mark.cluster === cluster || (cluster === null && role === "follower"))) {
    if (role === "leader" && founder && mark.seq === 0) await asStoreErrors(() => log.found());
    return mark;
  }
  if (role === "leader" && founder && cluster !== null && (await asStoreErrors(() => log.last())) === null) {
    await makeSchema();
    await database.write([firstMark(cluster)]);
    // Another founder cannot be: the lease is ours, and a file that has joined is at a record of the log.
    await asStoreErrors(() => log.found());
    return { cluster, seq: 0, epoch: 0, chain: "" };
  }
  const what = mark === null ? "belongs to no cluster" : "belongs to another cluster";
  throw new StoreError(
    "store_diverged",
    `the database of this node ${what}: give it a copy of another node's (rhythmx cluster reseed), which keeps the present one beside it`,
    { data: { why: mark === null ? "not_member" : "other_cluster" } },
  );
}
