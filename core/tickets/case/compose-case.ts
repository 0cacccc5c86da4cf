/** The enriched body of a Proactive Case: every section of the seed's table, from the incident's own data (seed 001 "Enriched Ticket Body"). */

import { eventDetail } from "../../logs/event-text.ts";
import { incidentUrl, summaryOf } from "../compose.ts";
import type { Block, Draft, Section } from "../draft.ts";
import { mapTexts } from "../draft.ts";
import { masked } from "../masking/masking.ts";
import type { CaseFacts } from "./case-facts.ts";
import { firstOf, lastOf, threatAnalysis, threatSummary } from "./narrative.ts";
import { type Observed, type ObservedRule, observe } from "./observed.ts";
import { attackPattern, campaignId, systemState, trendOf } from "./overview.ts";
import { recommend } from "./recommendations.ts";

export interface CaseOptions {
  baseUrl: string;
  maskPatterns?: readonly RegExp[];
  /** True when the ticket is created, false when its risk has changed. */
  isFirst: boolean;
}

const iso = (epochMs: number) => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

/** `now`: epoch milliseconds. */
export function composeCase(facts: CaseFacts, options: CaseOptions, now: number): Draft {
  const { body } = facts;
  const observed = observe(facts);
  const pattern = attackPattern(facts);
  const actions = recommend(facts, observed, pattern);
  const url = incidentUrl(options.baseUrl, body.incident_id);
  const list = (items: readonly string[]): Block => ({ kind: "list", items });
  const sections: Section[] = [
    section("Threat Summary", text(threatSummary(facts, observed, pattern))),
    section("Threat Analysis", ...threatAnalysis(facts, observed, pattern).map(text)),
    section("Incident Overview", overview(facts, observed, pattern, options.isFirst, now)),
    section("Blast Radius", blastRadius(facts, observed)),
    section("Detected Threats", detectedThreats(observed)),
    section("Sample Events per Rule", sampleEvents(observed)),
    ...(options.isFirst ? [] : [section("Cause of Risk Increment", ...causeOfIncrement(facts, observed))]),
    section("Contributed SIEM Triggers", siemTriggers(facts)),
    section("MITRE ATT&CK", attack(facts)),
    section("Recommended Actions: Containment", list(actions.containment)),
    section("Recommended Actions: Eradication", list(actions.eradication)),
    section("Recommended Actions: Prevention", list(actions.prevention)),
    section("Recommended Actions: Best Practices", list(actions.practices)),
    section("Timeline", timeline(facts)),
    section("Deep Dive", { kind: "link", text: `Open ${body.incident_id} in RhythmX Edge`, url }),
  ];
  const draft: Draft = {
    incidentId: body.incident_id,
    entity: body.entity_name,
    level: body.risk.level,
    summary: summaryOf(body),
    sections,
    url,
    expendable: ["Sample Events per Rule", "Contributed SIEM Triggers", "Threat Analysis"],
  };
  return mapTexts(draft, (one) => masked(one, options.maskPatterns));
}

function section(title: string, ...blocks: Block[]): Section {
  return { title, blocks };
}

function text(value: string): Block {
  return { kind: "text", text: value };
}

function overview(facts: CaseFacts, observed: Observed, pattern: string, isFirst: boolean, now: number): Block {
  const { body, risk } = facts;
  const { confidence, primaryDriver } = risk;
  return {
    kind: "facts",
    rows: [
      ["Entity", body.entity_name],
      ["Actor", `${body.group_key} (${body.actor_type})`],
      ["Risk score", `${body.risk.score} of 100 (${body.risk.level}), ${trendOf(facts)}`],
      ["Confidence", confidence === null ? "none yet" : `${confidence.word} (${confidence.percent} %)`],
      [
        "Primary driver",
        primaryDriver === null ? "none" : `${primaryDriver.name.replaceAll("_", " ")}: ${primaryDriver.why}`,
      ],
      ["Attack pattern", pattern],
      ["System state", systemState(facts, isFirst, now)],
      ["Campaign ID", campaignId(facts, observed)],
    ],
  };
}

function blastRadius({ body, cases }: CaseFacts, { hosts, users }: Observed): Block {
  const listed = (names: readonly string[]) =>
    names.length === 0 ? "none named" : `${names.length}: ${names.join(", ")}`;
  const open = cases.filter(({ status }) => status !== "CLOSED");
  return {
    kind: "facts",
    rows: [
      ["Affected hosts", listed(hosts)],
      ["Affected users", listed(users)],
      ["SIEM alarms", String(body.risk.alarm_count)],
      ["RhythmX detections", String(body.risk.sigma_alert_count)],
      [
        "Open threat cases",
        open.length === 0 ? "0" : `${open.length}: ${open.map(({ caseId, type }) => `${type} (${caseId})`).join(", ")}`,
      ],
    ],
  };
}

function detectedThreats({ rules }: Observed): Block {
  return {
    kind: "table",
    head: ["Rule", "Severity", "Count", "First seen", "Last seen"],
    rows: rules.map(({ rule }) => [rule.title, rule.level, String(rule.count), iso(rule.first), iso(rule.last)]),
  };
}

function sampleEvents({ rules }: Observed): Block {
  return {
    kind: "table",
    head: ["Rule", "Time", "Host", "User", "Event ID", "Detail"],
    rows: rules.map(sampleRow),
  };
}

function sampleRow({ rule, sample, event }: ObservedRule): string[] {
  const detail = event === null ? "" : eventDetail(event);
  return [
    ...[rule.title, iso(sample?.at ?? rule.last), sample?.host || rule.hosts[0] || "not named"],
    ...[sample?.user || event?.account || "not named", event?.eventId || "none"],
    detail.length > 200
      ? `${detail.slice(0, 199).toWellFormed()}…`
      : detail || (event === null ? "the log is no longer kept" : "the log says no more"),
  ];
}

/** The rule that came last: what it saw made the risk rise. */
function causeOfIncrement({ risk }: CaseFacts, { rules }: Observed): Block[] {
  const [newest] = [...rules].sort((a, b) => b.rule.first - a.rule.first);
  if (newest === undefined) return [text("No rule is newer than the last update.")];
  const { rule } = newest;
  const direction = risk.score >= risk.previousScore ? "rose" : "fell";
  const [, time = "", host = "", user = "", eventId = "", detail = ""] = sampleRow(newest);
  return [
    text(
      `The score ${direction} from ${risk.previousScore} to ${risk.score}. The newest rule is "${rule.title}" (${rule.level}), first seen ${iso(rule.first)}, ${rule.count} times.`,
    ),
    {
      kind: "facts",
      rows: [
        ["Time", time],
        ["Host", host],
        ["User", user],
        ["Event ID", eventId],
        ["Detail", detail],
      ],
    },
  ];
}

function siemTriggers({ alarms, body }: CaseFacts): Block {
  if (alarms.length === 0)
    return text(`No SIEM alarm names ${body.group_key}: the incident stands on RhythmX detections alone.`);
  return {
    kind: "table",
    head: ["Alarm ID", "Date", "RBP", "Entity", "Alarm"],
    rows: alarms
      .slice(0, 50)
      .map(({ alarmId, at, rbp, entity, name }) => [alarmId, iso(at), String(rbp), entity, name]),
  };
}

function attack({ body, chain }: CaseFacts): Block {
  const { techniques } = body.mitre;
  return {
    kind: "facts",
    rows: [
      ["Tactics", `${chain.length}: ${chain.map(({ title }) => title).join(", ") || "none named"}`],
      ["Techniques", `${techniques.length}: ${techniques.join(", ") || "none named"}`],
      ["Attack chain", chain.map(({ title, first }) => `${title} (${iso(first)})`).join(" → ") || "none"],
    ],
  };
}

function timeline(facts: CaseFacts): Block {
  const { incident, body } = facts;
  return {
    kind: "facts",
    rows: [
      ["First alert", iso(firstOf(facts))],
      ["Last alert", iso(lastOf(facts))],
      ["Escalation", `${iso(incident.escalatedAt)} (${body.risk.level})`],
      ["Incident ID", body.incident_id],
    ],
  };
}
