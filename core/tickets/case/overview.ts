/** Words that sum an incident up: attack pattern, system state, campaign, trend. */

import { hourMs } from "../../time.ts";
import type { CaseFacts } from "./case-facts.ts";

/** Without anything new for so long it is quiet. */
const quietMs = 24 * hourMs;

/** `credential theft and lateral movement`, by the cases; without any, by tactics, then by the first rule. */
export function attackPattern({ cases, chain, rules }: CaseFacts): string {
  const open = cases.filter(({ status }) => status !== "CLOSED");
  const rank = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];
  const types = (open.length > 0 ? open : [...cases])
    // What the stages of an attack are says more than that it has several.
    .filter(({ type }, _, all) => type !== "multi_stage_attack" || all.length === 1)
    .sort((a, b) => rank.indexOf(a.severity) - rank.indexOf(b.severity) || b.alerts - a.alerts)
    .map(({ type }) => type.replaceAll("_", " "));
  const names = types.length > 0 ? types : chain.map(({ title }) => title.toLowerCase());
  const [first, second, third] = [...new Set(names)];
  if (first === undefined) return rules[0] === undefined ? "unclassified activity" : `"${rules[0].title}"`;
  if (second === undefined) return first;
  return third === undefined ? `${first} and ${second}` : `${first}, ${second} and ${third}`;
}

export type SystemState = "new" | "escalating" | "active" | "quiet" | "closed";

/** CONTRACT 6. `isFirst`: the ticket is being made. */
export function systemState({ incident, risk, body }: CaseFacts, isFirst: boolean, now: number): SystemState {
  if (incident.status === "CLOSED" || incident.status === "FALSE_POSITIVE") return "closed";
  if (isFirst) return "new";
  if (risk.trend === "rising") return "escalating";
  const last = Date.parse(body.timeline.last_alarm ?? body.timeline.created_at);
  return now - last > quietMs ? "quiet" : "active";
}

/** `↑ from 61`. A ticket that is being made tells of no change: its reader has seen nothing before. */
export function trendOf({ risk }: CaseFacts, isFirst: boolean): string {
  if (isFirst) return "→ its first";
  if (risk.previousScore === 0) return "→ its first";
  if (risk.previousScore === risk.score) return "→ unchanged";
  return `${risk.score > risk.previousScore ? "↑" : "↓"} from ${risk.previousScore}`;
}

/** The campaign by its id; in words where the incident stands alone. */
export function campaignWords({ campaign }: CaseFacts): string {
  return campaign?.campaignId ?? "none: no other incident is known to be part of this";
}
