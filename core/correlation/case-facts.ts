/** What the case of a pattern holds. */
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
  /** Rules that take part, most serious first, then most detections. */
  ruleKeys: string[];
  first: number;
  last: number;
}

/** Null where the evidence holds nothing of the pattern that counts. */
export function caseFacts(evidence: Evidence, pattern: PreparedPattern): CaseFacts | null {
  const rules = new Map<string, { level: number; count: number }>();
  const hosts = new Set<string>();
  let alerts = 0;
  let risk = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const hour of evidence.hours) {
    if (!hour.matched.includes(pattern.type)) continue;
    for (const item of hour.items) {
      const rule = evidence.rules[item.rule];
      if (rule === undefined || !belongs(pattern, rule)) continue;
      const known = rules.get(rule.key) ?? { level: 0, count: 0 };
      rules.set(rule.key, { level: Math.max(known.level, rule.level), count: known.count + item.count });
      const host = evidence.hosts[item.host];
      if (host !== undefined) hosts.add(host);
      alerts += item.count;
      risk = Math.max(risk, item.risk);
      first = Math.min(first, item.first);
      last = Math.max(last, item.last);
    }
  }
  if (alerts === 0) return null;
  const ruleKeys = [...rules]
    .sort(([keyA, a], [keyB, b]) => b.level - a.level || b.count - a.count || (keyA < keyB ? -1 : 1))
    .map(([key]) => key);
  const severity = severityOf(riskLevel(risk));
  return { alerts, rules: rules.size, risk, severity, hosts: [...hosts].sort(), ruleKeys, first, last };
}
