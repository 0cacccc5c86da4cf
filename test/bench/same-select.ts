/** The limit of a page: the same SELECT and the same JSON in one process, nothing sent, checked or counted. Answers with pages per second. */
import { createClient } from "@libsql/client";
import { fileUrl } from "../../store/database/instance-lock.ts";
import { listedTables } from "../../store/lists/listed-tables.ts";
import { answer, childOptions } from "./child.ts";

const { path, seconds, last } = childOptions<{ path: string; seconds: number; last: number }>();
const client = createClient({ url: fileUrl(path), concurrency: 1 });
const table = listedTables.incidents;
const sql = `select ${table.select}, created_seq as seq from incidents where created_seq > ? order by created_seq asc limit 101 offset 0`;
const start = performance.now();
let pages = 0;
let bytes = 0;
while (performance.now() - start < seconds * 1000) {
  const { rows } = await client.execute({ sql, args: [Math.floor(Math.random() * last)] });
  const json = `{"data":[${rows.map((row) => String(row.row)).join(",")}],"total":0,"has_more":true}`;
  bytes += Buffer.byteLength(json);
  pages++;
}
answer({ rate: pages / ((performance.now() - start) / 1000), bytes });
