/**
 * The limit of intake: the rows that a load leaves behind, into the same tables of a fresh database, by libsql alone with the
 * store's own PRAGMAs and a commit per batch. Nothing is received, parsed, looked up or decided. Answers with a `LimitResult`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InStatement } from "@libsql/client";
import { Database } from "../../store/database/database.ts";
import { migrate } from "../../store/database/migrate.ts";
import { answer, childOptions } from "./child.ts";

export interface LimitOptions {
  alerts: number;
  repeats: number;
  batch: number;
}

/** Rows per second. */
export interface LimitResult {
  fresh: number;
  repeated: number;
}

const { alerts, repeats, batch } = childOptions<LimitOptions>();
const at = "2026-03-13T04:29:55.000Z";
const body = `{"EventID":4624,"Keywords":9223372036854775807,"n":"N00000000-R00000000","pad":"${"x".repeat(900)}"}`;
const hash = (id: number) => Math.imul(id, 2_654_435_761).toString(16).padStart(9, "0") + String(id).padStart(7, "0");
const data = (id: number) =>
  `[1,"${hash(id)}",1,75,-1,1773376195000,1773376195000,null,null,"id-${id % 500}","Rule ${id % 500}","Jane","high",["attack.t1059","attack.execution"],"Primary Site","CORP\\\\N00000000","WS-${id % 500}",""]`;

const alertColumns = `id, hash, entity_name, rule_id, rule_title, rule_author, level, tags, user_name, host, src_ip, risk, ml_cluster,
  count, sent_count, first_seen, last_seen, recorded_at, updated_at, last_message_at, first_seq`;
const fields = (count: number) => Array.from({ length: count }, (_, field) => `value->>${field}`).join(", ");
const insertAlerts = `insert into sigma_alerts (${alertColumns}) select ${fields(21)} from json_each(?)`;
const updateAlerts = `update sigma_alerts set count = count + 1, last_seen = '${at}', updated_at = '${at}'
  where id in (select value from json_each(?))`;
/** Long texts are bound as they are, 50 rows a statement; short columns come as one JSON argument: the faster way for each. */
function bound(into: string, rows: (string | number)[][], tail = ""): InStatement[] {
  return Array.from({ length: Math.ceil(rows.length / 50) }, (_, part) => {
    const some = rows.slice(part * 50, part * 50 + 50);
    const values = some.map((row) => `(${row.map(() => "?").join(", ")})`).join(", ");
    return { sql: `insert into ${into} values ${values} ${tail}`, args: some.flat() };
  });
}

function freshRows(ids: readonly number[]): InStatement[] {
  const rows = ids.map((id) => [
    ...[id, hash(id), "Primary Site", `id-${id % 500}`, `Rule ${id % 500}`, "Jane", "high"],
    ...[
      '["attack.t1059","attack.execution"]',
      "CORP\\N00000000",
      `WS-${id % 500}`,
      "",
      75,
      -1,
      1,
      1,
      at,
      at,
      at,
      at,
      at,
      id,
    ],
  ]);
  const events = ids.map((id) => [id, 1_773_376_195_000, "alert_first", hash(id), "Primary Site", data(id), body]);
  return [
    { sql: insertAlerts, args: [JSON.stringify(rows)] },
    ...bound("event_log (seq, at, kind, subject, entity_name, data, body)", events),
  ];
}

function repeatedRows(ids: readonly number[]): InStatement[] {
  const logs = ids.map((id) => [id, body]);
  return [
    { sql: updateAlerts, args: [JSON.stringify(ids)] },
    ...bound("alert_logs (alert_id, body)", logs, "on conflict (alert_id) do update set body = excluded.body"),
  ];
}

async function perSecond(count: number, statements: (ids: readonly number[]) => InStatement[]): Promise<number> {
  let spent = 0;
  for (let sent = 0; sent < count; sent += batch) {
    const ready = statements(Array.from({ length: batch }, (_, index) => ((sent + index) % alerts) + 1));
    const before = performance.now();
    await database.write(ready);
    spent += performance.now() - before;
    // libsql frees its statements in a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return (count / spent) * 1000;
}

const folder = mkdtempSync(join(tmpdir(), "rhythmx-bench-"));
const database = await Database.open(join(folder, "rhythmx.db"));
await migrate(database, at);
const fresh = await perSecond(alerts, freshRows);
const repeated = await perSecond(repeats, repeatedRows);
database.close();
rmSync(folder, { recursive: true });
answer({ fresh, repeated } satisfies LimitResult);
