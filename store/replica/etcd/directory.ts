/** What the nodes of a cluster know of each other, in etcd under `c/`: who leads, who belongs to it, and how each is doing. */
import { LogUnavailable } from "../log.ts";
import { base64, type EtcdClient, fromBase64, type Patience } from "./client.ts";

/** The row of the leader. It is never removed, so that epochs only grow. */
export interface LeaderRow {
  /** Null: the last one has stepped down in order. */
  node: string | null;
  epoch: number;
  /** Where clients reach it, such as `https://edge1.example.org:8443`. */
  address: string;
  /** Names the process that holds it: a renewal of unknown outcome is recognised by it. */
  holder: string;
}

/** Written by `rhythmx cluster add`. */
export interface MemberRow {
  /** It may begin an empty log with the content of its file. */
  founder: boolean;
  /** A number that grows with each `reseed`: its file is replaced by a copy of another node's. */
  reseed: number;
  addedAt: string;
}

/** Written by each node all the time. */
export interface LiveRow {
  role: "leader" | "follower";
  address: string;
  /** The last record in its file. */
  applied: number;
  version: string;
  /** What is wrong with it; null = nothing. */
  fault: string | null;
  /** By its own clock, epoch milliseconds. */
  at: number;
}

export interface Seen<Row> {
  row: Row;
  /** Changes with each write. */
  revision: string;
}

export interface DirectoryContent {
  /** Null: nobody has made a cluster of this name. */
  id: string | null;
  /** By which nodes prove to each other that they belong to it. */
  secret: string | null;
  leader: Seen<LeaderRow> | null;
  members: ReadonlyMap<string, Seen<MemberRow>>;
  live: ReadonlyMap<string, Seen<LiveRow>>;
  /** The node that somebody wants to lead. */
  promote: string | null;
}

interface KeyValue {
  key: string;
  value?: string;
  mod_revision: string;
}
interface TxnAnswer {
  header: { revision: string };
  succeeded?: boolean;
  responses?: { response_range?: { kvs?: KeyValue[] }; response_put?: object }[];
}

/**
 * Who leads has to be known soon, whichever machine of etcd is cut off. etcd leaves a read without an answer that came while it had no leader,
 * also once it has one.
 */
const soon = { attempt: 1_000, another: 400 };

export class Directory {
  readonly #client: EtcdClient;

  constructor(client: EtcdClient) {
    this.#client = client;
  }

  /** Everything, as of one moment; before that, writes a node's own row if one is given. @throws LogUnavailable */
  async read(deadlineMs: number, own?: { node: string; row: LiveRow }): Promise<DirectoryContent> {
    const put = own === undefined ? [] : [this.#put(`c/live/${own.node}`, own.row)];
    const all = { request_range: { key: this.#client.key("c/"), range_end: this.#client.endOf("c/") } };
    const answer = await this.#transact({ success: [...put, all] }, { deadline: deadlineMs, ...soon });
    return this.#contentOf(answer.responses?.at(-1)?.response_range?.kvs ?? []);
  }

  /**
   * Writes the leader's row if it still has the revision that was seen (null = there was none). `revision` is the new one, or null, with
   * the row as it is, where somebody else was first. @throws LogUnavailable: it may have been written
   */
  async lead(
    seen: string | null,
    row: LeaderRow,
    deadlineMs: number,
    own?: { node: string; row: LiveRow },
  ): Promise<{ revision: string } | { revision: null; found: Seen<LeaderRow> | null }> {
    const key = this.#client.key("c/leader");
    const compare =
      seen === null
        ? { key, target: "CREATE", result: "EQUAL", create_revision: "0" }
        : { key, target: "MOD", result: "EQUAL", mod_revision: seen };
    const put = own === undefined ? [] : [this.#put(`c/live/${own.node}`, own.row)];
    const answer = await this.#transact(
      {
        compare: [compare],
        success: [this.#put("c/leader", row), ...put],
        failure: [{ request_range: { key } }],
      },
      { ...soon, deadline: deadlineMs, attempt: 2_000 },
    );
    if (answer.succeeded === true) return { revision: answer.header.revision };
    const [found] = answer.responses?.[0]?.response_range?.kvs ?? [];
    return { revision: null, found: found === undefined ? null : seenOf(found, isLeader) };
  }

  /** Gives a new cluster its id and secret; what is there already stays. @throws LogUnavailable */
  async begin(id: string, secret: string, deadlineMs: number): Promise<void> {
    const key = this.#client.key("c/id");
    await this.#transact(
      {
        compare: [{ key, target: "CREATE", result: "EQUAL", create_revision: "0" }],
        success: [this.#put("c/id", id), this.#put("c/secret", secret)],
      },
      { deadline: deadlineMs },
    );
  }

  /** @throws LogUnavailable */
  async putMember(node: string, row: MemberRow, deadlineMs: number): Promise<void> {
    await this.#transact({ success: [this.#put(`c/nodes/${node}`, row)] }, { deadline: deadlineMs });
  }

  /** @throws LogUnavailable */
  async removeMember(node: string, deadlineMs: number): Promise<void> {
    const remove = (name: string) => ({ request_delete_range: { key: this.#client.key(name) } });
    await this.#transact({ success: [remove(`c/nodes/${node}`), remove(`c/live/${node}`)] }, { deadline: deadlineMs });
  }

  /** Says which node should lead; null: none any more. @throws LogUnavailable */
  async setPromoted(node: string | null, deadlineMs: number): Promise<void> {
    const change =
      node === null ? { request_delete_range: { key: this.#client.key("c/promote") } } : this.#put("c/promote", node);
    await this.#transact({ success: [change] }, { deadline: deadlineMs });
  }

  close(): void {
    this.#client.close();
  }

  #put(name: string, value: unknown): object {
    return { request_put: { key: this.#client.key(name), value: base64(JSON.stringify(value)) } };
  }

  #transact(txn: object, patience: Patience): Promise<TxnAnswer> {
    return this.#client.ask<TxnAnswer>("/v3/kv/txn", txn, patience);
  }

  #contentOf(rows: readonly KeyValue[]): DirectoryContent {
    const byName = new Map(
      rows.map((row) => [
        fromBase64(row.key)
          .toString()
          .slice(this.#client.prefix.length + "c/".length),
        row,
      ]),
    );
    const one = <Row>(name: string, is: Form<Row>): Seen<Row> | null => {
      const row = byName.get(name);
      return row === undefined ? null : seenOf(row, is);
    };
    const below = <Row>(folder: string, is: Form<Row>): Map<string, Seen<Row>> =>
      new Map(
        [...byName]
          .filter(([name]) => name.startsWith(folder))
          .map(([name, row]) => [name.slice(folder.length), seenOf(row, is)]),
      );
    return {
      id: one("id", isText)?.row ?? null,
      secret: one("secret", isText)?.row ?? null,
      leader: one("leader", isLeader),
      members: below("nodes/", isMember),
      live: below("live/", isLive),
      promote: one("promote", isText)?.row ?? null,
    };
  }
}

type Form<Row> = (row: unknown) => row is Row;
type Members = Readonly<Record<string, unknown>>;

const isText = (row: unknown): row is string => typeof row === "string";
const isObject = (row: unknown): row is Members => typeof row === "object" && row !== null;
const isLeader = (row: unknown): row is LeaderRow =>
  isObject(row) && (row.node === null || isText(row.node)) && Number.isInteger(row.epoch) && isText(row.address);
const isMember = (row: unknown): row is MemberRow => isObject(row) && Number.isInteger(row.reseed);
const isLive = (row: unknown): row is LiveRow =>
  isObject(row) && isText(row.role) && isText(row.address) && Number.isInteger(row.applied);

/** @throws LogUnavailable */
function seenOf<Row>({ key, value, mod_revision }: KeyValue, is: Form<Row>): Seen<Row> {
  const row = parsed(fromBase64(value).toString("utf8"));
  if (is(row)) return { row, revision: mod_revision };
  const name = fromBase64(key).toString().slice(0, 200);
  throw new LogUnavailable(
    `what stands under ${name.replace(/[^ -~]/g, "?")} in etcd is no row of RhythmX Edge: \`etcdctl get\` shows it; another program may write there`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
