/**
 * The log in etcd. `head` holds number and chain of the newest record, `b/<12 digits>` a record, `p/<12 digits>/<id>/<n>` the parts of a
 * record that is larger than etcd takes in one request. An append is one transaction: if head is as expected, put the record and the new
 * head. So two writers can never both append behind the same record, whatever a lease says.
 */
import { type Appended, type Head, LogGap, LogUnavailable, type ReplicaLog, type StoredRecord } from "../log.ts";
import { base64, type EtcdClient, EtcdRefusal, fromBase64, type Patience } from "./client.ts";

/** etcd takes 1.5 MiB in one request unless it is told otherwise. */
const partBytes = 1024 * 1024;
const idLength = 24;
const inParts = 1;
const whole = 0;
const reading: Patience = { deadline: 5_000, another: 500 };

interface KeyValue {
  key: string;
  value?: string;
  mod_revision?: string;
}

interface RangeAnswer {
  header: { revision: string };
  kvs?: KeyValue[];
  count?: string;
}

interface TxnAnswer {
  header: { revision: string };
  succeeded?: boolean;
  responses?: { response_range?: RangeAnswer }[];
}

export class EtcdLog implements ReplicaLog {
  readonly #client: EtcdClient;

  readonly #appending: Patience;

  /** `appendMs`: how long an append is repeated before its outcome is unknown; more than an election takes. */
  constructor(client: EtcdClient, appendMs = 4_000) {
    this.#client = client;
    this.#appending = { deadline: appendMs, another: 1_000 };
  }

  async append(expected: Head, next: Head, bytes: Uint8Array, id: string): Promise<Appended> {
    const client = this.#client;
    try {
      const value = bytes.length <= partBytes ? bytes : await this.#putParts(next.seq, bytes, id);
      const form = bytes.length <= partBytes ? whole : inParts;
      const stored = Buffer.concat([Buffer.from(id.padEnd(idLength).slice(0, idLength)), Buffer.of(form), value]);
      const head = client.key("head");
      const record = client.key(recordKey(next.seq));
      const answer = await client.ask<TxnAnswer>(
        "/v3/kv/txn",
        {
          compare: [{ key: head, target: "VALUE", result: "EQUAL", value: base64(headText(expected)) }],
          success: [
            { request_put: { key: record, value: base64(stored) } },
            { request_put: { key: head, value: base64(headText(next)) } },
          ],
          failure: [{ request_range: { key: record } }],
        },
        this.#appending,
      );
      if (answer.succeeded === true) return "appended";
      // An earlier attempt of the same may have arrived although it was not answered.
      const [found] = answer.responses?.[0]?.response_range?.kvs ?? [];
      return found !== undefined && idOf(fromBase64(found.value)) === id ? "appended" : "refused";
    } catch (error) {
      if (error instanceof LogUnavailable) return "unknown";
      throw error;
    }
  }

  async read(after: number, most: number): Promise<{ records: readonly StoredRecord[]; head: Head } | null> {
    const client = this.#client;
    const answer = await client.ask<TxnAnswer>(
      "/v3/kv/txn",
      {
        success: [
          { request_range: { key: client.key("head") } },
          {
            request_range: { key: client.key(recordKey(after + 1)), range_end: client.endOf("b/"), limit: most },
          },
        ],
      },
      reading,
    );
    const [headRow] = answer.responses?.[0]?.response_range?.kvs ?? [];
    if (headRow === undefined) return null;
    const head = headOf(fromBase64(headRow.value).toString());
    const records: StoredRecord[] = [];
    for (const row of answer.responses?.[1]?.response_range?.kvs ?? []) {
      const seq = Number(fromBase64(row.key).toString().slice(-12));
      if (seq !== after + records.length + 1) throw new LogGap(seq);
      const stored = fromBase64(row.value);
      const id = idOf(stored);
      const content = stored.subarray(idLength + 1);
      const bytes = stored[idLength] === inParts ? await this.#getParts(seq, id, Number(content.toString())) : content;
      records.push({ seq, id, bytes });
    }
    if (records.length === 0 && head.seq > after) throw new LogGap(head.seq + 1);
    return { records, head };
  }

  async last(): Promise<Head | null> {
    const answer = await this.#client.ask<RangeAnswer>("/v3/kv/range", { key: this.#client.key("head") }, reading);
    const [row] = answer.kvs ?? [];
    return row === undefined ? null : headOf(fromBase64(row.value).toString());
  }

  async found(): Promise<boolean> {
    const key = this.#client.key("head");
    const answer = await this.#client.ask<TxnAnswer>(
      "/v3/kv/txn",
      {
        compare: [{ key, target: "CREATE", result: "EQUAL", create_revision: "0" }],
        success: [{ request_put: { key, value: base64(headText({ seq: 0, chain: "" })) } }],
      },
      reading,
    );
    return answer.succeeded === true;
  }

  async trim(seq: number): Promise<void> {
    const client = this.#client;
    const remove = (kind: string) =>
      client.ask<{ header: { revision: string } }>(
        "/v3/kv/deleterange",
        { key: client.key(`${kind}/`), range_end: client.key(`${kind}/${digits(seq + 1)}`) },
        reading,
      );
    await remove("p");
    const { header } = await remove("b");
    // etcd keeps what was deleted until its history is compacted.
    await client.ask("/v3/kv/compaction", { revision: header.revision }, reading).catch((error: unknown) => {
      // Somebody else, such as its own setting, has done so.
      if (!(error instanceof EtcdRefusal)) throw error;
    });
  }

  async size(): Promise<{ oldest: number; bytes: number }> {
    const client = this.#client;
    const answer = await client.ask<RangeAnswer>(
      "/v3/kv/range",
      { key: client.key("b/"), range_end: client.endOf("b/"), limit: 1, keys_only: true },
      reading,
    );
    const [row] = answer.kvs ?? [];
    const { dbSizeInUse = "0" } = await client.ask<{ dbSizeInUse?: string }>("/v3/maintenance/status", {}, reading);
    const oldest = row === undefined ? 0 : Number(fromBase64(row.key).toString().slice(-12));
    return { oldest, bytes: Number(dbSizeInUse) };
  }

  close(): void {
    this.#client.close();
  }

  /** Returns what stands in their place: their number. */
  async #putParts(seq: number, bytes: Uint8Array, id: string): Promise<Uint8Array> {
    const count = Math.ceil(bytes.length / partBytes);
    for (let n = 0; n < count; n++) {
      const value = base64(bytes.subarray(n * partBytes, (n + 1) * partBytes));
      await this.#client.ask("/v3/kv/put", { key: this.#client.key(partKey(seq, id, n)), value }, this.#appending);
    }
    return Buffer.from(String(count));
  }

  async #getParts(seq: number, id: string, count: number): Promise<Uint8Array> {
    const parts: Buffer[] = [];
    for (let n = 0; n < count; n++) {
      const key = this.#client.key(partKey(seq, id, n));
      const [row] = (await this.#client.ask<RangeAnswer>("/v3/kv/range", { key }, reading)).kvs ?? [];
      if (row === undefined) throw new LogGap(seq + 1);
      parts.push(fromBase64(row.value));
    }
    return Buffer.concat(parts);
  }
}

function recordKey(seq: number): string {
  return `b/${digits(seq)}`;
}

function partKey(seq: number, id: string, n: number): string {
  return `p/${digits(seq)}/${id}/${digits(n)}`;
}

function digits(number: number): string {
  return String(number).padStart(12, "0");
}

function headText({ seq, chain }: Head): string {
  return `${seq}:${chain}`;
}

/** @throws LogUnavailable */
function headOf(text: string): Head {
  const [, seq = "", chain = ""] = /^(\d{1,15}):(\w*)$/.exec(text) ?? [];
  if (seq === "")
    throw new LogUnavailable(
      "what stands under `head` in etcd is no end of a log: is RHYTHMX_CLUSTER_PREFIX the one of this cluster?",
    );
  return { seq: Number(seq), chain };
}

function idOf(stored: Buffer): string {
  return stored.subarray(0, idLength).toString().trim();
}
