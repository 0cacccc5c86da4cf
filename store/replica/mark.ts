/** The mark in the file of what was applied to it: one row, written in the commit of the record that it names. */
import type { Database } from "../database/database.ts";
import { integer, text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";
import type { Head } from "./log.ts";

export interface Mark extends Head {
  /** Id of the cluster whose log it is. */
  readonly cluster: string;
  readonly epoch: number;
}

/** Null: the file belongs to no cluster. */
export async function readMark(database: Database): Promise<Mark | null> {
  const { rows: tables } = await database.read("select count(*) as n from sqlite_master where name = 'applied'");
  if (tables[0] === undefined || integer(tables[0], "n") === 0) return null;
  const [row] = (await database.read("select cluster, seq, epoch, chain from applied where id = 1")).rows;
  if (row === undefined) return null;
  return {
    cluster: text(row, "cluster"),
    seq: integer(row, "seq"),
    epoch: integer(row, "epoch"),
    chain: text(row, "chain"),
  };
}

/** Makes the file one of this cluster, at the beginning of its log. */
export function firstMark(cluster: string): Statement {
  return {
    sql: "insert into applied (id, cluster, seq, epoch, chain) values (1, ?1, 0, 0, '') on conflict (id) do update set cluster = ?1, seq = 0, epoch = 0, chain = ''",
    args: [cluster],
  };
}

export function moveMark({ seq, epoch, chain }: Omit<Mark, "cluster">): Statement {
  return { sql: "update applied set seq = ?, epoch = ?, chain = ? where id = 1", args: [seq, epoch, chain] };
}
