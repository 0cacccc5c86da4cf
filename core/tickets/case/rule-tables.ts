/** Tables of an incident's rules: what fired, and one event of each. */

import { eventClause, eventDetail } from "../../logs/event-text.ts";
import { isNoValue } from "../../logs/log-fields.ts";
import { shortened } from "../../text/shorten.ts";
import type { Block } from "../draft.ts";
import type { CaseFacts } from "./case-facts.ts";
import type { Observed, ObservedRule } from "./observed.ts";

export const iso = (epochMs: number) => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

const longestDetail = 200;

const text = (value: string): Block => ({ kind: "text", text: value });
/** In place of the tables of an incident that no rule is part of. */
const noRules = text("No detection of RhythmX counts towards this incident.");

/** Every rule, as in the enriched body of a case. */
export function detectedThreats({ rules }: Observed): Block {
  if (rules.length === 0) return noRules;
  return {
    kind: "table",
    noun: "rules",
    head: ["Rule", "Severity", "Count", "First seen", "Last seen"],
    rows: rules.map(({ rule }) => [rule.title, rule.level, String(rule.count), iso(rule.first), iso(rule.last)]),
  };
}

/** The first rules with their authors, whom Sigma's licence wants named, and how many more there are. */
export function alertRules({ rules }: Observed, most: number): Block {
  if (rules.length === 0) return noRules;
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
export function sampleEvents({ rules }: Observed): Block {
  if (rules.length === 0) return noRules;
  return {
    kind: "table",
    noun: "rules",
    head: ["Rule", "Time", "Host", "User", "Event ID", "Detail"],
    rows: rules.map(sampleRow),
  };
}

/** The cells of `sampleEvents` for one rule. */
export function sampleRow({ rule, sample, event }: ObservedRule): string[] {
  const detail = event === null ? "" : eventClause(event) || eventDetail(event);
  const user = [sample?.user ?? "", event?.account ?? ""].find((name) => !isNoValue(name)) ?? "not named";
  return [
    ...[rule.title, iso(sample?.at ?? rule.last), sample?.host || rule.hosts[0] || "not named"],
    ...[user, event?.eventId || "none"],
    shortened(detail, longestDetail) || (event === null ? "the log is no longer kept" : "the log says no more"),
  ];
}

/** SIEM alarms, those with the highest priority first. */
export function siemAlarms({ alarms, body }: CaseFacts, most: number): Block {
  const { alarm_count: count } = body.risk;
  if (alarms.length === 0)
    return text(
      count > 0
        ? `${count === 1 ? "One SIEM alarm" : `${count} SIEM alarms`} counted towards this incident; no longer kept.`
        : `No SIEM alarm of ${body.group_key} has counted towards this incident: it stands on RhythmX detections alone.`,
    );
  return {
    kind: "table",
    noun: "alarms",
    head: ["Alarm ID", "Date", "RBP", "Entity", "Alarm"],
    rows: [...alarms]
      .sort((a, b) => b.rbp - a.rbp || b.at - a.at)
      .slice(0, most)
      .map(({ alarmId, at, rbp, entity, name }) => [alarmId, iso(at), String(rbp), entity, name]),
    beyond: Math.max(0, Math.max(alarms.length, body.risk.alarm_count) - most),
  };
}
