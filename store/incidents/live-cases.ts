/** Brings cases up to date from their evidence: rows are not written for every further detection. */
import type { ActorState } from "../../core/correlation/actor-state.ts";
import { type CaseFacts, caseFacts } from "../../core/correlation/case-facts.ts";
import type { PreparedPattern } from "../../core/correlation/patterns.ts";
import type { CaseRow } from "./case-rows.ts";

/** The cases of one period, the active ones with their present evidence. A case whose pattern no longer exists is left as stored. */
export function liveCases(
  rows: readonly CaseRow[],
  state: ActorState,
  patterns: readonly PreparedPattern[],
): CaseRow[] {
  return rows.map((row) => {
    if (row.status === "CLOSED") return row;
    const pattern = patterns.find(({ type }) => type === row.type);
    return withFacts(row, pattern === undefined ? null : caseFacts(state.evidence, pattern));
  });
}

export function activeOf(rows: readonly CaseRow[]): CaseRow[] {
  return rows.filter(({ status }) => status !== "CLOSED");
}

function withFacts(row: CaseRow, facts: CaseFacts | null): CaseRow {
  if (facts === null) return row;
  const { alerts, rules, risk, severity, first, last } = facts;
  // Hosts that are no longer tracked one by one keep their names (`compact`).
  const hosts = facts.hosts.length < row.hosts.length ? row.hosts : facts.hosts;
  return { ...row, alerts, ruleCount: rules, risk, severity, hosts, firstAlert: first, lastAlert: last };
}
