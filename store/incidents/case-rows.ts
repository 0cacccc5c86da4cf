/** Rows of threat cases. */

import type { CaseFacts } from "../../core/correlation/case-facts.ts";
import type { CaseSeverity, CaseStatus, ThreatCase } from "../../core/threat-case.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Row, Statement } from "../database/statement.ts";

/** A case with the columns that only the store needs. */
export interface CaseRow extends ThreatCase {
  ruleCount: number;
  /** The newest part of the evidence when somebody closed the case; null while it is active. */
  closedPart: number | null;
  closedWithIncident: boolean;
  createdSeq: number;
  updatedSeq: number;
}

const caseColumns = `case_id, period_id, entity_name, case_type, status, severity, primary_user, assigned_analyst,
  investigation_notes, alert_count, rule_count, max_risk_score, affected_hosts, first_alert, last_alert, created_at, updated_at,
  closed_part, closed_with_incident, created_seq, updated_seq`;

export async function findCase(database: Database, caseId: string): Promise<CaseRow | null> {
  const { rows } = await database.read(`select ${caseColumns} from threat_cases where case_id = ?`, [caseId]);
  return rows[0] === undefined ? null : caseFromRow(rows[0]);
}

/** All cases of these periods, including closed ones. */
export async function casesOfPeriods(database: Database, periodIds: readonly number[]): Promise<CaseRow[]> {
  if (periodIds.length === 0) return [];
  const { rows } = await database.read(
    `select ${caseColumns} from threat_cases where period_id in (select value from json_each(?)) order by id`,
    [JSON.stringify(periodIds)],
  );
  return rows.map(caseFromRow);
}

const savedAnew = [
  ...["status", "severity", "assigned_analyst", "investigation_notes", "alert_count", "rule_count", "max_risk_score"],
  ...[
    "affected_hosts",
    "first_alert",
    "last_alert",
    "updated_at",
    "closed_part",
    "closed_with_incident",
    "updated_seq",
  ],
]
  .map((column) => `${column} = excluded.${column}`)
  .join(", ");

const saveSql = insertSql("threat_cases", caseColumns, `on conflict (case_id) do update set ${savedAnew}`);

/** Statements that insert or update cases. */
export function saveCases(cases: readonly CaseRow[]): Statement[] {
  const rows = cases.map((c) => [
    ...[c.caseId, c.periodId, c.entity, c.type, c.status, c.severity, c.primaryUser, c.assignedAnalyst],
    ...[c.investigationNotes, c.alerts, c.ruleCount, c.risk, JSON.stringify(c.hosts)],
    ...[toIso(c.firstAlert), toIso(c.lastAlert), toIso(c.createdAt), toIso(c.updatedAt)],
    ...[c.closedPart, c.closedWithIncident ? 1 : 0, c.createdSeq, c.updatedSeq],
  ]);
  return forRows(saveSql, rows);
}

/** `[case id, alerts, rules, risk, severity, hosts or null, first, last]` */
const growSql = `update threat_cases set alert_count = ?2, rule_count = ?3, max_risk_score = ?4, severity = ?5,
    affected_hosts = coalesce(?6, affected_hosts), first_alert = ?7, last_alert = ?8
  where case_id = ?1`;

/**
 * The statement that updates these active cases. Hosts that are no longer tracked one by one keep their names (`compact`). A row is
 * written when the case changes, not for every further detection: readers add the present `caseFacts` to it.
 */
export function growCases(grown: readonly { id: string; knownHosts: number; facts: CaseFacts }[]): Statement[] {
  const rows = grown.map(({ id, knownHosts, facts }) => [
    ...[id, facts.alerts, facts.rules, facts.risk, facts.severity],
    facts.hosts.length < knownHosts ? null : JSON.stringify(facts.hosts),
    ...[toIso(facts.first), toIso(facts.last)],
  ]);
  return forRows(growSql, rows);
}

export function caseFromRow(row: Row): CaseRow {
  return {
    caseId: text(row, "case_id"),
    periodId: integer(row, "period_id"),
    entity: text(row, "entity_name"),
    type: text(row, "case_type"),
    status: text(row, "status") as CaseStatus,
    severity: text(row, "severity") as CaseSeverity,
    primaryUser: text(row, "primary_user"),
    assignedAnalyst: textOrNull(row, "assigned_analyst"),
    investigationNotes: textOrNull(row, "investigation_notes"),
    alerts: integer(row, "alert_count"),
    ruleCount: integer(row, "rule_count"),
    risk: integer(row, "max_risk_score"),
    hosts: JSON.parse(text(row, "affected_hosts")) as string[],
    firstAlert: fromIso(text(row, "first_alert")),
    lastAlert: fromIso(text(row, "last_alert")),
    createdAt: fromIso(text(row, "created_at")),
    updatedAt: fromIso(text(row, "updated_at")),
    closedPart: row.closed_part === null ? null : integer(row, "closed_part"),
    closedWithIncident: integer(row, "closed_with_incident") === 1,
    createdSeq: integer(row, "created_seq"),
    updatedSeq: integer(row, "updated_seq"),
  };
}
