/** Writes detections as core plans it, in one commit: alerts, counts per hour, newest logs, remembered ids, FIRST events, the batch's step. */

import type { Detection } from "../../core/detection.ts";
import { encodeSnapshot } from "../../core/feeds/snapshot.ts";
import { noTally } from "../../core/intake/answer.ts";
import { idKeyOf } from "../../core/intake/hash.ts";
import { type AlertChange, type KnownAlert, type Plan, planAlerts } from "../../core/intake/plan.ts";
import type { DetectionWrite, IntakeTally } from "../../core/ports.ts";
import { dayMs, hourMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import type { Value } from "../database/statement.ts";
import type { Correlator } from "../incidents/correlator.ts";
import type { UnitOfWork } from "../incidents/unit-of-work.ts";
import { recordStep } from "./batches.ts";

interface StoredAlert extends KnownAlert {
  id: number;
  /** The period of its newest evidence; null if it was no evidence. */
  periodId: number | null;
}

/** `[id, hash, …, ml_cluster, count, first_seen, last_seen, now, first_seq, period_id]` */
const insertAlertSql = `insert into sigma_alerts (id, hash, entity_name, rule_id, rule_title, rule_author, level, tags, user_name,
    host, src_ip, risk, ml_cluster, count, sent_count, first_seen, last_seen, recorded_at, updated_at, last_message_at, first_seq,
    last_seq, period_id)
  values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15, ?16, ?17, ?17, ?17, ?18, ?18, ?19)`;

/** `[id, added, first_seen, last_seen, ml_cluster or null, period or null, 1 where the cluster is newer than what is known, now]` */
const updateAlertSql = `update sigma_alerts set count = count + ?2, first_seen = ?3, last_seen = ?4,
    ml_cluster = case when ?7 or ml_cluster = -1 then coalesce(?5, ml_cluster) else ml_cluster end, updated_at = ?8,
    period_id = coalesce(?6, period_id)
  where id = ?1`;

/** `[id, risk]`: apart, because whoever sets a column writes the rows of its index anew, also where it stays the same. */
const updateRiskSql = "update sigma_alerts set risk = ?2 where id = ?1";

const newestLogSql = insertSql(
  "alert_logs",
  "alert_id, body",
  "on conflict (alert_id) do update set body = excluded.body",
);

/** An alert whose evidence now counts for another period stays listed under the earlier one too. */
const formerPeriodSql = insertSql("period_alerts", "period_id, alert_id", "on conflict do nothing");

const rememberIdSql = insertSql("detection_ids", "key, day");

/** Adds new alerts, given by their entities, to the number of each. */
const countSql = `insert into row_counts select 'alerts', min(value), '', count(*) from json_each(?) where true group by value collate nocase
  order by min(value)
  on conflict do update set n = n + excluded.n`;

/** `[hour, entity, level, detections, new alerts]` */
const hourSql = insertSql(
  "detection_hours",
  "hour, entity_name, level, detections, alerts",
  "on conflict do update set detections = detections + excluded.detections, alerts = alerts + excluded.alerts",
);

export interface Written {
  tally: IntakeTally;
  /** The periods whose evidence the write added to. */
  periodIds: number[];
}

/**
 * Writes alerts and, with a correlator, their actors, cases and incidents. The caller makes one write at a time, so what is read here is
 * still true when it is written.
 */
export async function writeDetections(
  unit: UnitOfWork,
  write: DetectionWrite,
  correlator: Correlator | null,
): Promise<Written> {
  const idKeys = write.detections.map(idKeyOf);
  const seen = await seenIds(unit.database, idKeys);
  const known = await knownAlerts(unit.database, write.detections);
  const plan = planAlerts(write.detections, idKeys, seen, known);
  const tally = tallyOf(plan, write);
  const firsts = announce(unit, plan);
  const periodIds = (await correlator?.detections(unit, plan.counted, write.more === null)) ?? [];
  const periods = periodsByHash(plan.counted, periodIds);
  addAlerts(unit, plan, known, firsts, periods);
  unit.add(...forRows(hourSql, hourRows(plan, unit.now)));
  if (write.step !== null) unit.add(recordStep("detections", write.step, tally, unit.now));
  return { tally, periodIds: [...new Set(periods.values())] };
}

/** Adds FIRST events for new alerts; returns their sequence numbers by hash. */
function announce(unit: UnitOfWork, plan: Plan): Map<string, number> {
  const seqs = new Map<string, number>();
  for (const { hash, first } of plan.changes) {
    if (first === null) continue;
    const { snapshot, detection } = first;
    const data = encodeSnapshot(snapshot);
    seqs.set(hash, unit.addEvent("alert_first", hash, detection.entity, data, detection.body));
  }
  return seqs;
}

async function seenIds(database: Database, keys: readonly (string | null)[]): Promise<Set<string>> {
  const given = keys.filter((key) => key !== null);
  if (given.length === 0) return new Set();
  const sql = "select key from detection_ids where key in (select value from json_each(?))";
  const { rows } = await database.read(sql, [JSON.stringify(given)]);
  return new Set(rows.map((row) => text(row, "key")));
}

async function knownAlerts(database: Database, detections: readonly Detection[]): Promise<Map<string, StoredAlert>> {
  const hashes = [...new Set(detections.map(({ hash }) => hash))];
  const { rows } = await database.read(
    `select id, hash, risk, first_seen, last_seen, period_id from sigma_alerts where hash in (select value from json_each(?))`,
    [JSON.stringify(hashes)],
  );
  return new Map(
    rows.map((row) => [
      text(row, "hash"),
      {
        id: integer(row, "id"),
        risk: integer(row, "risk"),
        firstSeen: fromIso(text(row, "first_seen")),
        lastSeen: fromIso(text(row, "last_seen")),
        periodId: row.period_id === null ? null : integer(row, "period_id"),
      },
    ]),
  );
}

/** Of alerts of level medium or more; whoever looks at them sees the level. */
const notedRisk = 50;

function addAlerts(
  unit: UnitOfWork,
  plan: Plan,
  known: ReadonlyMap<string, StoredAlert>,
  firsts: ReadonlyMap<string, number>,
  periods: ReadonlyMap<string, number>,
): void {
  const alerts: Value[][] = [];
  const updates: Value[][] = [];
  const risks: Value[][] = [];
  const formerPeriods: Value[][] = [];
  const logs: [number, string][] = [];
  const newIn: string[] = [];
  const at = toIso(unit.now);
  for (const change of plan.changes) {
    const stored = known.get(change.hash);
    const id = stored?.id ?? unit.takeAlertId();
    const period = periods.get(change.hash) ?? null;
    if (change.first !== null) {
      const { detection } = change.first;
      alerts.push(alertRow(id, firsts.get(change.hash) ?? 0, detection, change, period, at));
      newIn.push(detection.entity);
      // Otherwise the newest log is that of the FIRST event.
      if (change.newest !== null && change.newest !== detection) logs.push([id, change.newest.body]);
    } else {
      const { added, firstSeen, lastSeen, risk, newest } = change;
      const { value = null, isCurrent = false } = change.cluster ?? {};
      updates.push([id, added, toIso(firstSeen), toIso(lastSeen), value, period, isCurrent ? 1 : 0, at]);
      if (risk !== stored?.risk) risks.push([id, risk]);
      if (newest !== null) logs.push([id, newest.body]);
      const former = stored?.periodId ?? null;
      const hasNews = firstSeen !== stored?.firstSeen || lastSeen !== stored.lastSeen || period !== former;
      if (period !== null && risk >= notedRisk && hasNews) unit.repeatedAlerts.note(id);
      if (period !== null && former !== null && former !== period) formerPeriods.push([former, id]);
    }
  }
  const day = Math.floor(unit.now / dayMs);
  unit.add(
    ...forRows(insertAlertSql, alerts),
    ...(newIn.length === 0 ? [] : [{ sql: countSql, args: [JSON.stringify(newIn)] }]),
    ...forRows(updateAlertSql, updates),
    ...forRows(updateRiskSql, risks),
    ...forRows(formerPeriodSql, formerPeriods),
    ...forRows(
      rememberIdSql,
      plan.idKeys.map((key) => [key, day]),
    ),
    ...forRows(newestLogSql, logs),
  );
}

/** What this write adds to the hour's counts, by entity and level. */
function hourRows({ counted, changes }: Plan, now: number): Value[][] {
  const hour = Math.floor(now / hourMs);
  const rows = new Map<string, Value[]>();
  const add = ({ entity, level }: Detection, detections: number, alerts: number) => {
    const key = `${level} ${entity}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, [hour, entity, level, detections, alerts]);
    else {
      row[3] = Number(row[3]) + detections;
      row[4] = Number(row[4]) + alerts;
    }
  };
  for (const detection of counted) add(detection, 1, 0);
  for (const { first } of changes) if (first !== null) add(first.detection, 0, 1);
  return [...rows.values()];
}

/** The period of each alert's newest evidence. */
function periodsByHash(counted: readonly Detection[], periodIds: readonly (number | null)[]): Map<string, number> {
  const periods = new Map<string, number>();
  for (const [index, { hash }] of counted.entries()) {
    const period = periodIds[index] ?? null;
    if (period !== null) periods.set(hash, period);
  }
  return periods;
}

function alertRow(
  id: number,
  firstSeq: number,
  detection: Detection,
  change: AlertChange,
  period: number | null,
  at: string,
): Value[] {
  const { ruleId, ruleTitle, ruleAuthor, level, tags, entity, user, host, srcIp } = detection;
  return [
    id,
    change.hash,
    entity,
    ruleId ?? "",
    ruleTitle,
    ruleAuthor ?? "",
    level,
    JSON.stringify(tags),
    user ?? "",
    host ?? "",
    srcIp ?? "",
    change.risk,
    change.cluster?.value ?? detection.mlCluster,
    change.added,
    toIso(change.firstSeen),
    toIso(change.lastSeen),
    at,
    firstSeq,
    period,
  ];
}

function tallyOf(plan: Plan, write: DetectionWrite): IntakeTally {
  const counted = new Set(write.counted);
  const changes = plan.changes.filter(({ hash }) => !counted.has(hash));
  const alertsNew = changes.filter(({ first }) => first !== null).length;
  return {
    ...noTally,
    accepted: write.detections.length - plan.duplicates,
    duplicates: plan.duplicates,
    alertsNew,
    alertsUpdated: changes.length - alertsNew,
  };
}
