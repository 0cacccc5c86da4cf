import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection } from "../database/connection.ts";
import { expectWhole, makeOneFile, one, withFile } from "./examine.ts";
import { copyLive } from "./live-copy.ts";

const accounts = 400;
const total = accounts * 1000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-live-copy-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Accounts, a page each, whose sum no transfer changes, and a row for each transfer. */
function opened(path: string, mode = "WAL"): Connection {
  const connection = new Connection(path, 1);
  connection.run({ sql: `PRAGMA journal_mode = ${mode}` });
  // It is not the power that fails here.
  connection.run({ sql: "PRAGMA synchronous = OFF" });
  connection.run({ sql: "PRAGMA wal_autocheckpoint = 0" });
  connection.script(`create table accounts (id integer primary key, money integer not null, rest text not null);
    create table transfers (id integer primary key);`);
  connection.run({
    sql: "insert into accounts values (?, 1000, ?)",
    rows: Array.from({ length: accounts }, (_, id) => [id, "x".repeat(3000)]),
  });
  return connection;
}

function transfer(connection: Connection, from: number, to: number): void {
  connection.run({ sql: "BEGIN IMMEDIATE" });
  connection.run({ sql: "update accounts set money = money - 7 where id = ?", args: [from] });
  connection.run({ sql: "update accounts set money = money + 7 where id = ?", args: [to] });
  connection.run({ sql: "insert into transfers default values" });
  connection.run({ sql: "COMMIT" });
}

const transfers = (connection: Connection) => one(connection, "select count(*) as n from transfers");

/** Copies in small steps, with `between` called after each. */
function copied(between: (step: number) => void): { sum: number; transfers: number } {
  const to = join(folder, "copy.db");
  let step = 0;
  for (const _ of copyLive({ from: join(folder, "a.db"), to, file: null, stepBytes: 50_000 })) between(step++);
  expect(step).toBeGreaterThan(10);
  makeOneFile(to);
  expectWhole(to);
  return withFile(to, (file) => ({
    sum: one(file, "select sum(money) as n from accounts"),
    transfers: transfers(file),
  }));
}

test("what is committed and moved into the file meanwhile: the copy is of one moment, between begin and end", () => {
  const writer = opened(join(folder, "a.db"));
  for (let n = 0; n < 50; n++) transfer(writer, n, 399 - n);
  // Some of it is in the file, some in the WAL.
  writer.all("PRAGMA wal_checkpoint(PASSIVE)");
  transfer(writer, 1, 2);
  const before = transfers(writer);
  const copy = copied((step) => {
    for (let n = 0; n < 20; n++) transfer(writer, (step * 37 + n) % accounts, (step * 91 + 200 + n) % accounts);
    writer.all(`PRAGMA wal_checkpoint(${step % 2 === 0 ? "PASSIVE" : "RESTART"})`);
  });
  const after = transfers(writer);
  writer.close();
  expect(copy.sum).toBe(total);
  expect(copy.transfers).toBeGreaterThanOrEqual(before);
  expect(copy.transfers).toBeLessThanOrEqual(after);
});

test("a WAL that was moved into the file wholly begins anew meanwhile: the copy is of the beginning", () => {
  const writer = opened(join(folder, "a.db"));
  for (let n = 0; n < 50; n++) transfer(writer, n, 399 - n);
  writer.all("PRAGMA wal_checkpoint(PASSIVE)");
  const before = transfers(writer);
  const copy = copied(() => {
    for (let n = 0; n < 20; n++) transfer(writer, n, 200 + n);
    writer.all("PRAGMA wal_checkpoint(PASSIVE)");
  });
  expect(transfers(writer)).toBeGreaterThan(before);
  writer.close();
  expect(copy).toEqual({ sum: total, transfers: before });
});

test("an empty WAL", () => {
  const writer = opened(join(folder, "a.db"));
  transfer(writer, 1, 2);
  writer.all("PRAGMA wal_checkpoint(TRUNCATE)");
  const copy = copied((step) => transfer(writer, step, step + 100));
  writer.close();
  expect(copy).toEqual({ sum: total, transfers: 1 });
});

test("a file that is in no use, as the copy before an upgrade", () => {
  const writer = opened(join(folder, "a.db"), "DELETE");
  transfer(writer, 1, 2);
  writer.close();
  expect(copied(() => {})).toEqual({ sum: total, transfers: 1 });
});
