/** Tables of an incident's rules: what fired, and one event of each. */

import { eventDetail } from "../../logs/event-text.ts";
import { isNoValue } from "../../logs/log-fields.ts";
import { shortened } from "../../text/shorten.ts";
import type { TableBlock } from "../draft.ts";
import type { Observed, ObservedRule } from "./observed.ts";

export const iso = (epochMs: number) => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

const longestDetail = 200;

/** Every rule, as in the enriched body of a case. */
export function detectedThreats({ rules }: Observed): TableBlock {
  return {
    kind: "table",
    noun: "rules",
    head: ["Rule", "Severity", "Count", "First seen", "Last seen"],
    rows: rules.map(({ rule }) => [rule.title, rule.level, String(rule.count), iso(rule.first), iso(rule.last)]),
  };
}

/** The first rules with their authors, whom Sigma's licence wants named, and how many more there are. */
export function alertRules({ rules }: Observed, most: number): TableBlock {
  return {
    kind: "table",
    noun: "rules",
    head: ["Rule", "Level", "Count", "Author"],
    rows: rules
      .slice(0, most)
      .map(({ rule }) => [rule.title, rule.level, String(rule.count), rule.author || "unknown"]),
    beyond: Math.max(0, rules.length - most),
  };
}

/** One event of every rule. */
export function sampleEvents({ rules }: Observed): TableBlock {
  return {
    kind: "table",
    noun: "rules",
    head: ["Rule", "Time", "Host", "User", "Event ID", "Detail"],
    rows: rules.map(sampleRow),
  };
}

/** The cells of `sampleEvents` for one rule. */
export function sampleRow({ rule, sample, event }: ObservedRule): string[] {
  const detail = event === null ? "" : eventDetail(event);
  const user = [sample?.user ?? "", event?.account ?? ""].find((name) => !isNoValue(name)) ?? "not named";
  return [
    ...[rule.title, iso(sample?.at ?? rule.last), sample?.host || rule.hosts[0] || "not named"],
    ...[user, event?.eventId || "none"],
    shortened(detail, longestDetail) || (event === null ? "the log is no longer kept" : "the log says no more"),
  ];
}
