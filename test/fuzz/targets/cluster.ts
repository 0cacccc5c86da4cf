/** What the nodes of a cluster read: answers of etcd, records of the log, and the copy of a database that a peer sends. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { zstdCompressSync } from "node:zlib";
import { askerOf, askingToken, seal, unseal } from "../../../appliance/cluster/sealed-stream.ts";
import { EtcdClient, EtcdRefusal } from "../../../store/replica/etcd/client.ts";
import { Directory } from "../../../store/replica/etcd/directory.ts";
import { EtcdLog } from "../../../store/replica/etcd/log.ts";
import { LogGap, LogUnavailable } from "../../../store/replica/log.ts";
import { decodeRecord, encodeRecord, RecordTooNew } from "../../../store/replica/record.ts";
import { assertPlain, assertWords, errorOf, holds, type Target, textOf } from "../target.ts";

/** Answers every request with the present input; its first byte chooses the status. */
let answer = { status: 200, body: new Uint8Array() };
const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => response.writeHead(answer.status).end(answer.body));
});
server.unref();
const listening = new Promise<string>((resolve) => {
  server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
});

/** Asks once: what an endpoint says does not change by waiting. */
class OnceClient extends EtcdClient {
  override async ask<Answer>(path: string, body: object): Promise<Answer> {
    try {
      return await this.askOf<Answer>(this.endpoints[0] ?? "", path, body, 5_000);
    } catch (error) {
      if (error instanceof EtcdRefusal) throw error;
      throw new LogUnavailable(`etcd does not answer: ${(error as Error).message}`, { cause: error });
    }
  }
}

let client: OnceClient | null = null;

function assertTold(error: unknown): void {
  const kinds = [LogUnavailable, LogGap, EtcdRefusal];
  if (error === null) return;
  if (!kinds.some((kind) => error instanceof kind)) throw error;
  assertWords((error as Error).message);
}

async function attemptEtcd(input: Uint8Array): Promise<void> {
  client ??= new OnceClient({ endpoints: [await listening], tls: null, prefix: "rx/main/" });
  const statuses = [200, 200, 200, 400, 503];
  answer = { status: statuses[(input[0] ?? 0) % statuses.length] ?? 200, body: Uint8Array.from(input.subarray(1)) };
  const directory = new Directory(client);
  const error = await errorOf(async () => {
    const content = await directory.read(1_000);
    assertPlain(content);
    holds(
      [content.id, content.secret, content.promote].every((one) => one === null || typeof one === "string"),
      "no text",
    );
    const { leader } = content;
    if (leader !== null) {
      holds(Number.isInteger(leader.row.epoch) && typeof leader.revision === "string", "a leader that is none");
      holds(leader.row.node === null || typeof leader.row.node === "string", "a leader without a name");
    }
    for (const [, { row }] of content.live)
      holds(Number.isInteger(row.applied) && typeof row.address === "string", "a node that is none");
  });
  assertTold(error);
  const log = new EtcdLog(client, 1_000);
  assertTold(
    await errorOf(async () => {
      const read = await log.read(4, 10);
      if (read === null) return;
      holds(Number.isSafeInteger(read.head.seq) && read.head.seq >= 0, "a head that is none");
      for (const [at, record] of read.records.entries()) holds(record.seq === 5 + at, "a record is missing");
    }),
  );
  assertTold(
    await errorOf(async () => {
      const last = await log.last();
      holds(last === null || Number.isSafeInteger(last.seq), "a head that is none");
      const { oldest, bytes } = await log.size();
      holds(typeof oldest === "number" && typeof bytes === "number", "a size that is none");
    }),
  );
  assertTold(
    await errorOf(async () => {
      const head = { seq: 4, chain: "c4" };
      const said = await log.append(head, { seq: 5, chain: "c5" }, new Uint8Array([1]), "id-1");
      holds(["appended", "refused", "unknown"].includes(said), "neither appended nor not");
      // "id-1" has to stand in the answer, or that it has succeeded.
      const text = textOf(answer.body);
      if (said === "appended") holds(/succeeded/.test(text) || /aWQtM/.test(text), "appended, which nobody has said");
    }),
  );
}

const record = encodeRecord({
  seq: 5,
  epoch: 2,
  node: "edge1",
  before: "0".repeat(32),
  batch: { statements: [{ sql: "select ?", args: [1, "a", null] }] } as never,
  counts: [1],
});

const isOfZstd = (error: unknown) =>
  /^(?:ERR_ZSTD|ZSTD_)|zstd|Z_BUF/i.test(`${(error as { code?: unknown }).code} ${String(error)}`);

function attemptRecord(input: Uint8Array): void {
  // As it is, and as what was compressed: few changes of compressed bytes are anything.
  for (const bytes of [input, Buffer.concat([Buffer.of(1), zstdCompressSync(input)])]) {
    let read: unknown = null;
    let error: unknown = null;
    try {
      read = decodeRecord(bytes);
    } catch (thrown) {
      error = thrown;
    }
    if (error === null) assertPlain(read);
    else
      holds(
        error instanceof RecordTooNew || error instanceof SyntaxError || isOfZstd(error),
        `another error: ${String(error)}`,
      );
  }
}

const secret = "cluster-secret";
const at = Date.UTC(2026, 10, 1);
const tokens = ["edge1", "edge-2"].map((node) => askingToken(secret, node, at));
const original = Buffer.from("SQLite format 3\0".repeat(40));

async function* once(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

const sealed: Uint8Array[] = [];
for await (const part of seal(once(original, 200), secret)) sealed.push(part);
const stream = Uint8Array.from(Buffer.concat(sealed));

async function attemptStream(input: Uint8Array): Promise<void> {
  const text = textOf(input);
  const asker = askerOf(text, secret, at);
  holds((asker !== null) === tokens.includes(text), "a node that does not know the secret, or one of ours refused");
  holds(asker === null || asker.aheadMs === 0, "a time that nobody has signed");
  for (const size of [7, Math.max(1, input.length)]) {
    const parts: Uint8Array[] = [];
    const error = await errorOf(async () => {
      for await (const part of unseal(once(input, size), secret)) parts.push(part);
    });
    const content = Buffer.concat(parts);
    holds(original.subarray(0, content.length).equals(content), "bytes that nobody has sealed");
    if (error === null) holds(content.length === original.length, "a copy that ended before its end");
    else assertWords((error as Error).message);
  }
}

const base64 = (value: string | Uint8Array) => Buffer.from(value).toString("base64");
const row = (name: string, value: unknown) => ({
  key: base64(`rx/main/${name}`),
  value: base64(typeof value === "string" ? value : JSON.stringify(value)),
  mod_revision: "7",
});
const stored = (seq: number) => ({
  ...row(`b/${String(seq).padStart(12, "0")}`, ""),
  value: base64(Buffer.concat([Buffer.from("id-1".padEnd(24)), Buffer.of(0), record])),
});
const header = { revision: "9" };
const directoryAnswer = {
  header,
  succeeded: true,
  responses: [
    {
      response_range: {
        kvs: [
          row("c/id", '"abc"'),
          row("c/secret", '"s"'),
          row("c/leader", { node: "edge1", epoch: 3, address: "https://edge1.example:8443", holder: "h" }),
          row("c/nodes/edge1", { founder: true, reseed: 0, addedAt: "2026-11-01T00:00:00Z" }),
          row("c/live/edge1", { role: "leader", address: "a", applied: 5, version: "0.1.0", fault: null, at: 1 }),
        ],
      },
    },
  ],
};
const logAnswer = {
  header,
  kvs: [row("head", "6:c6")],
  dbSizeInUse: "4096",
  responses: [
    { response_range: { header, kvs: [row("head", "6:c6")] } },
    { response_range: { header, kvs: [stored(5), stored(6)] } },
  ],
};
const parts = {
  ...row("b/000000000005", ""),
  value: base64(Buffer.concat([Buffer.from("id-1".padEnd(24)), Buffer.of(1), Buffer.from("2")])),
};
const partsAnswer = {
  header,
  kvs: [row("p/000000000005/id-1/000000000000", "part")],
  responses: [{ response_range: { kvs: [row("head", "5:c5")] } }, { response_range: { kvs: [parts] } }],
};
const said = (status: number, body: unknown) => String.fromCharCode(status) + JSON.stringify(body);

export const clusterTargets: readonly Target[] = [
  {
    name: "etcd-answers",
    samples: [
      said(0, directoryAnswer),
      said(0, logAnswer),
      said(0, partsAnswer),
      said(0, { header, succeeded: false, responses: [{ response_range: { kvs: [stored(5)] } }] }),
      said(3, { error: "etcdserver: mvcc: required revision has been compacted", code: 11, message: "m" }),
      said(4, { error: "no leader", code: 14, message: "etcdserver: no leader" }),
    ],
    words: [
      '"kvs"',
      '"responses"',
      '"value"',
      '"succeeded"',
      '"mod_revision"',
      '"header"',
      '"code":14',
      base64("null"),
      base64("1e400:x"),
    ],
    attempt: attemptEtcd,
  },
  {
    name: "replica-records",
    samples: [record, '{"seq":5,"epoch":2,"node":"edge1","before":"","counts":[1],"statements":[]}'],
    words: ['"statements"', "\u0001", "(\xb5/\xfd"],
    attempt: attemptRecord,
  },
  {
    name: "cluster-streams",
    samples: [stream, stream.subarray(0, 200), ...tokens],
    words: [".", "edge1", "\0\0\0\0", "\0\u0010\0\0"],
    attempt: attemptStream,
  },
];
