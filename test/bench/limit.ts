/**
 * The limit of intake: the rows that a load leaves behind, into the same tables of a fresh database, by libsql alone with the
 * store's own PRAGMAs and a commit per batch. Nothing is received, parsed, looked up or decided. Answers with a `LimitResult`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "../../store/database/database.ts";
import { migrate } from "../../store/database/migrate.ts";
import type { Statement } from "../../store/database/statement.ts";
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
const placeholders = (columns: string) => columns.replace(/\w+/g, "?");
const insertAlerts = `insert into sigma_alerts (${alertColumns}) values (${placeholders(alertColumns)})`;
const eventColumns = "seq, at, kind, subject, entity_name, data, body";
const insertEvents = `insert into event_log (${eventColumns}) values (${placeholders(eventColumns)})`;
const updateAlerts = `update sigma_alerts set count = count + 1, last_seen = '${at}', updated_at = '${at}' where id = ?`;
const newestLogs =
  "insert into alert_logs (alert_id, body) values (?, ?) on conflict (alert_id) do update set body = excluded.body";

function freshRows(ids: readonly number[]): Statement[] {
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
    { sql: insertAlerts, rows },
    { sql: insertEvents, rows: events },
  ];
}

function repeatedRows(ids: readonly number[]): Statement[] {
  return [
    { sql: updateAlerts, rows: ids.map((id) => [id]) },
    { sql: newestLogs, rows: ids.map((id) => [id, body]) },
  ];
}

async function perSecond(count: number, statements: (ids: readonly number[]) => Statement[]): Promise<number> {
  let spent = 0;
  for (let sent = 0; sent < count; sent += batch) {
    const ready = statements(Array.from({ length: batch }, (_, index) => ((sent + index) % alerts) + 1));
    const before = performance.now();
    await database.write(ready);
    spent += performance.now() - before;
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
