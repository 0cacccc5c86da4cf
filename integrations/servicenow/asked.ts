/** Compares what a create requested with what the instance kept: it computes the priority itself (protocols 4). */
import type { RiskLevel } from "../../core/risk.ts";
import { rawOf, type StateRow } from "./record-state.ts";

/** With the base system's Priority Lookup Rules these result in priorities 1 to 4. */
export const matrix: Readonly<Record<RiskLevel, { impact: string; urgency: string; priority: string }>> = {
  critical: { impact: "1", urgency: "1", priority: "1" },
  high: { impact: "2", urgency: "1", priority: "2" },
  medium: { impact: "2", urgency: "2", priority: "3" },
  low: { impact: "3", urgency: "2", priority: "4" },
};

export const priorityNames: Readonly<Record<string, string>> = {
  "1": "1 - Critical",
  "2": "2 - High",
  "3": "3 - Moderate",
  "4": "4 - Low",
};

/** The requested fields that the instance may change. */
export interface Asked {
  impact?: string;
  urgency?: string;
  correlation_id?: string;
  assignment_group?: string;
  work_notes?: string;
}

/** The priority by the base system's Priority Lookup Rules; null for an unknown pair. */
export function priorityMade({ impact, urgency }: Asked): string | null {
  return Object.values(matrix).find((one) => one.impact === impact && one.urgency === urgency)?.priority ?? null;
}

/** Describes what the instance changed; null = nothing, or it does not show it. */
export function warningOf(asked: Asked, row: StateRow): string | null {
  if (Object.keys(row).length === 0)
    return "the account may not read its own tickets: nothing of it could be checked, and what happens to it is not seen; let it read the table";
  const lost =
    rawOf(row.correlation_id) === asked.correlation_id
      ? []
      : [
          "the instance did not keep correlation_id: after a broken connection a ticket cannot be found; let the account write and read that column",
        ];
  const others = (["impact", "urgency", "assignment_group"] as const).flatMap((name) => {
    const [wanted, kept] = [asked[name], row[name] === undefined ? undefined : rawOf(row[name])];
    if (wanted === undefined || kept === undefined || kept === wanted) return [];
    return [`the instance kept ${name} ${JSON.stringify(kept.slice(0, 40))} where ${JSON.stringify(wanted)} was asked`];
  });
  const [made, wanted] = [rawOf(row.priority), priorityMade(asked)];
  const priority =
    made === "" || wanted === null || made === wanted
      ? []
      : [
          `the instance made priority ${made.slice(0, 40)} of impact ${asked.impact} and urgency ${asked.urgency}, not ${wanted}: see its Priority Lookup Rules`,
        ];
  const all = [...lost, ...others, ...priority];
  return all.length === 0 ? null : all.join("; ");
}
