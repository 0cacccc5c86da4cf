import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { Database } from "../../store/database/database.ts";
import { fileUrl } from "../../store/database/instance-lock.ts";
import { migrate } from "../../store/database/migrate.ts";
import { detection, TestAppliance } from "./appliance.ts";
import { CommitRecorder } from "./replay.ts";

let folder: string;
let path: string;
let database: Database;
let recorder: CommitRecorder;

async function open(): Promise<void> {
  recorder = new CommitRecorder(path);
  database = await Database.open(path, "write", recorder.onCommit);
}

/** What the comparison says of what was written since the file was opened. */
async function compared(): Promise<string> {
  database.close();
  return recorder.verify().then(
    () => "the same",
    (error: Error) => error.message,
  );
}

/** Changes the file beside the connection that records, once that one is not writing. */
async function changeUnseen(file: string, sql: string): Promise<void> {
  const client = createClient({ url: fileUrl(file), concurrency: 1, timeout: 30_000 });
  await client.execute(sql);
  client.close();
}

const insert = (value: string) => ({ sql: "insert into meta values (?, ?)", args: [value, "1"] });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-replay-test-"));
  path = join(folder, "rhythmx.db");
  await open();
  await migrate(database, "2026-03-13T04:30:00.000Z");
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("the same content is made again", () => {
  test("by scripts, by writes of one statement and of several", async () => {
    await database.write([insert("a")]);
    await database.write([insert("b"), { sql: "update meta set value = '2' where key = 'a'", args: [] }]);
    expect(await compared()).toBe("the same");
  });

  test("by a transaction of several writes; one that fails leaves nothing", async () => {
    await database.transaction(async () => {
      await database.write([insert("a")]);
      await database.write([insert("b")]);
    });
    const failing = database.transaction(async () => {
      await database.write([insert("c")]);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await expect(database.write([insert("d"), insert("d")])).rejects.toThrow();
    await database.write([insert("e")]);
    expect(await compared()).toBe("the same");
  });

  test("from what the file held before", async () => {
    await database.write([insert("a")]);
    database.close();
    await open();
    await database.write([{ sql: "update meta set value = value || '!' where key = 'a'", args: [] }]);
    expect(await compared()).toBe("the same");
  });
});

describe("a difference is found", () => {
  const audit = "insert into audit_log (at, who, action, target, detail, address, source)";
  const planted: [string, string, string][] = [
    ["a random value", "insert into meta values ('a', hex(randomblob(8)))", "meta, row"],
    ["a random number", "insert into meta values ('a', random())", "meta, row"],
    ["the clock", "insert into meta values ('a', strftime('%f', 'now') || julianday('now'))", "meta, row"],
    [
      "an order by chance",
      `${audit} select '', value, '', '', '{}', '', '' from json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]') order by random()`,
      "audit_log, row",
    ],
  ];
  for (const [what, sql, where] of planted)
    test(what, async () => {
      await database.write([{ sql, args: [] }]);
      await Bun.sleep(5);
      expect(await compared()).toContain(where);
    });

  test("a random value in a transaction, and in a script", async () => {
    await database.transaction(async () => {
      await database.write([{ sql: "insert into meta values ('a', hex(randomblob(8)))", args: [] }]);
    });
    expect(await compared()).toContain("meta, row");
    await open();
    await database.script("BEGIN IMMEDIATE; insert into meta values ('b', hex(randomblob(8))); COMMIT;");
    expect(await compared()).toContain("meta, row");
  });

  for (const [sql, where] of [
    ["delete from meta", "meta, row 1"],
    ["update sqlite_sequence set seq = seq + 1 where name = 'audit_log'", "sqlite_sequence, row"],
    ["create table more (x)", "tables"],
  ] as const)
    test(`what no batch says: ${sql}`, async () => {
      await database.write([insert("a"), { sql: `${audit} values ('', '', '', '', '{}', '', '')`, args: [] }]);
      await changeUnseen(path, sql);
      expect(await compared()).toContain(where);
    });
});

test("a whole appliance whose file differs from what it has committed does not stop in silence", async () => {
  const appliance = await TestAppliance.start();
  await appliance.ingest([detection()]);
  await changeUnseen(join(appliance.dataDir, "rhythmx.db"), "update sigma_alerts set count = count + 1");
  await expect(appliance.dispose()).rejects.toThrow("do not make the same content again: sigma_alerts, row 1");
});

test("a whole appliance is compared over restarts too", async () => {
  const first = await TestAppliance.start();
  await first.ingest([detection()]);
  const second = await first.restarted();
  await second.ingest([detection()]);
  await second.dispose();
});
