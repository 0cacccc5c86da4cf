/** A cluster's files by way of a real etcd: what one node commits is in the others' files, and two can never both write. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import { Etcd, etcdInstalled } from "../../test/harness/etcd.ts";
import { Database } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { EtcdClient } from "./etcd/client.ts";
import { EtcdLog } from "./etcd/log.ts";
import type { ReplicaLog } from "./log.ts";
import { openReplica, type Replica, type ReplicaOrder } from "./open-replica.ts";

const at = "2026-03-13T04:30:00.000Z";
let etcd: Etcd;
let folder: string;
let clusters = 0;

const installed = etcdInstalled();

/** A cluster of its own in the one etcd, whose nodes are files. */
class Cluster {
  readonly id = `cluster-${++clusters}`;
  readonly etcd = { endpoints: etcd.endpoints, tls: null, prefix: `rx/${this.id}/` };
  readonly #open: { database: Database; replica: Replica }[] = [];

  path(node: string): string {
    return join(folder, `${this.id}-${node}.db`);
  }

  async join(node: string, more: Partial<ReplicaOrder>): Promise<{ database: Database; replica: Replica }> {
    const database = await Database.open(this.path(node));
    const order = {
      role: "follower",
      etcd: this.etcd,
      node,
      cluster: this.id,
      epoch: 0,
      founder: false,
      ...more,
    } as const;
    try {
      const joined = { database, replica: await openReplica(database, order, () => migrate(database, at)) };
      this.#open.push(joined);
      return joined;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  lead(node: string, epoch: number, founder = false) {
    return this.join(node, { role: "leader", epoch, founder });
  }

  /** A file with the content of another, as a copy of it makes one. */
  copy(from: string, to: string): void {
    for (const suffix of ["", "-wal"]) cpSync(`${this.path(from)}${suffix}`, `${this.path(to)}${suffix}`);
  }

  log(): ReplicaLog {
    return new EtcdLog(new EtcdClient(this.etcd));
  }

  close(): void {
    for (const { database, replica } of this.#open.splice(0)) {
      replica.log.close();
      database.close();
    }
  }
}

const put = (key: string, value: string) => ({
  sql: "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = ?2",
  args: [key, value],
});

/** Everything that is in a file, as text. */
function contentOf(path: string): string {
  const sqlite = new DatabaseFile(path, { readonly: true });
  try {
    const tables = sqlite.query("select name from sqlite_master where type = 'table' order by name").all() as {
      name: string;
    }[];
    return JSON.stringify(tables.map(({ name }) => [name, sqlite.query(`select * from "${name}"`).all()]));
  } finally {
    sqlite.close();
  }
}

describe.skipIf(!installed)("with etcd", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rhythmx-replica-"));
    etcd = await Etcd.start();
  });

  afterAll(async () => {
    await etcd.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("what the leader commits is in a follower's file, byte for byte of its content; the next leader goes on", async () => {
    const cluster = new Cluster();
    const one = await cluster.lead("one", 1, true);
    cluster.copy("one", "two");
    await one.database.write([put("a", "1")]);
    const odd = "\u0000 \ud800 ü 9007199254740993";
    await one.database.transaction(async () => {
      await one.database.write([put("b", odd)]);
      await one.database.write([
        {
          sql: put("", "").sql,
          rows: [
            ["c", "3"],
            ["d", "4"],
          ],
        },
      ]);
    });
    await one.database.script("BEGIN IMMEDIATE;\ncreate table later (x);\ninsert into later values (1);\nCOMMIT;");
    // More than etcd takes in one request, and nothing that compresses.
    const large = Buffer.from(crypto.getRandomValues(new Uint8Array(65_536)))
      .toString("base64")
      .repeat(1);
    const parts = Array.from({ length: 24 }, (_, n) =>
      put(
        `large ${n}`,
        Buffer.from(large)
          .map((byte, i) => 33 + ((byte * (n + 7) + i * 31 * (n + 1)) % 90))
          .toString(),
      ),
    );
    await one.database.write(parts);
    const two = await cluster.join("two", {});
    await two.replica.following?.catchUp();
    expect(contentOf(cluster.path("two"))).toBe(contentOf(cluster.path("one")));
    // What follows is refused where it did not come by the log.
    const next = await cluster.lead("two", 2);
    await next.database.write([put("a", "2")]);
    await expect(one.database.write([put("a", "of the old leader")])).rejects.toMatchObject({
      code: "store_not_leader",
    });
    await expect(one.database.write([put("a", "again")])).rejects.toMatchObject({ code: "store_not_leader" });
    expect((await one.database.read("select value from meta where key = 'a'")).rows).toEqual([{ value: "1" }]);
    const back = await cluster.join("one", {});
    await back.replica.following?.catchUp();
    expect(contentOf(cluster.path("one"))).toBe(contentOf(cluster.path("two")));
    await expect(cluster.lead("one", 2)).rejects.toMatchObject({ code: "store_not_leader" });
    cluster.close();
  });

  test("a commit that failed after the log had it is made before the next one", async () => {
    const cluster = new Cluster();
    const { database } = await cluster.lead("one", 1, true);
    await database.write([put("a", "1")]);
    const fails = Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR" });
    const { entry } = (await import("./leading.ts")).Leading.prototype;
    const leading = (await import("./leading.ts")).Leading.prototype;
    leading.entry = function (...args) {
      const made = entry.apply(this, args);
      return {
        ...made,
        append: async () => {
          await made.append();
          throw fails;
        },
      };
    };
    await expect(database.write([put("a", "2")])).rejects.toMatchObject({ code: "store_io" });
    leading.entry = entry;
    expect((await database.read("select value from meta where key = 'a'")).rows).toEqual([{ value: "1" }]);
    await database.write([put("b", "3")]);
    expect((await database.read("select key, value from meta where key in ('a', 'b') order by key")).rows).toEqual([
      { key: "a", value: "2" },
      { key: "b", value: "3" },
    ]);
    cluster.close();
  });

  test("files that are not what the log made of them are refused by name", async () => {
    const cluster = new Cluster();
    const one = await cluster.lead("one", 1, true);
    await one.database.write([put("a", "1")]);
    cluster.copy("one", "changed");
    cluster.copy("one", "older");
    cluster.copy("one", "other");
    await one.database.write([{ sql: "delete from meta where key = 'a'" }]);
    cluster.copy("one", "ahead");
    const change = async (node: string, sql: string) => {
      const database = await Database.open(cluster.path(node));
      await database.write([{ sql }]);
      database.close();
    };
    // The row that the next record removes is not there.
    await change("changed", "delete from meta where key = 'a'");
    const changed = await cluster.join("changed", {});
    await expect(changed.replica.following?.catchUp()).rejects.toMatchObject({
      code: "store_diverged",
      message: expect.stringContaining("affected 0 rows here and 1 at the leader"),
    });
    await change("other", "update applied set chain = 'x'");
    const other = await cluster.join("other", {});
    await expect(other.replica.following?.catchUp()).rejects.toMatchObject({ code: "store_diverged" });
    await change("ahead", "update applied set seq = seq + 5");
    await expect(cluster.lead("ahead", 9)).rejects.toMatchObject({
      message: expect.stringContaining("the log ends at 3"),
    });
    // A file of earlier follows, as long as the log has what it lacks.
    const older = await cluster.join("older", {});
    await older.replica.following?.catchUp();
    expect(contentOf(cluster.path("older"))).toBe(contentOf(cluster.path("one")));
    const late = await cluster.join("other", { cluster: "cluster of another name" }).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: "store_diverged", data: { why: "other_cluster" } });
    await one.replica.log.trim(3);
    await one.database.write([put("z", "1")]);
    await change("other", "update applied set seq = 1");
    const behind = await cluster.join("other", {});
    await expect(behind.replica.following?.catchUp()).rejects.toMatchObject({ code: "store_behind" });
    cluster.close();
  });

  test("a repeated append is taken once, and one that comes second is refused", async () => {
    const cluster = new Cluster();
    const log = cluster.log();
    expect(await log.last()).toBeNull();
    expect([await log.found(), await log.found()]).toEqual([true, false]);
    const [from, to] = [
      { seq: 0, chain: "" },
      { seq: 1, chain: "c1" },
    ];
    expect(await log.append(from, to, Buffer.from("first"), "id-1")).toBe("appended");
    expect(await log.append(from, to, Buffer.from("first"), "id-1")).toBe("appended");
    expect(await log.append(from, to, Buffer.from("other"), "id-2")).toBe("refused");
    expect(await log.read(0, 10)).toEqual({ head: to, records: [{ seq: 1, id: "id-1", bytes: Buffer.from("first") }] });
    log.close();
    const nowhere = new EtcdLog(new EtcdClient({ ...cluster.etcd, endpoints: ["http://127.0.0.1:9"] }), 200);
    expect(await nowhere.append(to, { seq: 2, chain: "c2" }, Buffer.from("x"), "id-3")).toBe("unknown");
    nowhere.close();
    // One endpoint that works is enough.
    const some = new EtcdLog(new EtcdClient({ ...cluster.etcd, endpoints: ["http://127.0.0.1:9", ...etcd.endpoints] }));
    expect(await some.append(to, { seq: 2, chain: "c2" }, Buffer.from("x"), "id-3")).toBe("appended");
    some.close();
  });
});
