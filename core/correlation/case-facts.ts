/** The content of a pattern's case. */
import { riskLevel } from "../risk.ts";
import { type CaseSeverity, severityOf } from "../threat-case.ts";
import type { Evidence } from "./evidence.ts";
import { belongs, type PreparedPattern } from "./patterns.ts";

/** All of the pattern in the hours that took part. Times are epoch milliseconds. */
export interface CaseFacts {
  alerts: number;
  rules: number;
  risk: number;
  severity: CaseSeverity;
  hosts: string[];
  first: number;
  last: number;
}

/** Null if no evidence counts for the pattern. */
export function caseFacts(evidence: Evidence, pattern: PreparedPattern): CaseFacts | null {
  const takes = evidence.rules.map((rule) => belongs(pattern, rule));
  const rules = new Set<string>();
  const hosts = new Set<number>();
  const facts = { alerts: 0, risk: 0, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
  for (const hour of evidence.hours) {
    if (!hour.matched.includes(pattern.type)) continue;
    for (const { rule, host, count, first, last, risk } of hour.items) {
      if (!takes[rule]) continue;
      rules.add(evidence.rules[rule]?.key ?? "");
      hosts.add(host);
      facts.alerts += count;
      if (risk > facts.risk) facts.risk = risk;
      if (first < facts.first) facts.first = first;
      if (last > facts.last) facts.last = last;
    }
  }
  if (facts.alerts === 0) return null;
  hosts.delete(-1);
  const names = [...hosts].map((host) => evidence.hosts[host] ?? "").sort();
  return { ...facts, rules: rules.size, severity: severityOf(riskLevel(facts.risk)), hosts: names };
}
