/** The enriched body of a Proactive Case: every section of the seed's table, from the incident's own data (seed 001 "Enriched Ticket Body"). */

import type { LinearPattern } from "../../text/linear-pattern.ts";
import { actionSections, floorRows } from "../compose.ts";
import { type Block, type Draft, mapTexts, type Section } from "../draft.ts";
import { openingOf } from "../opening.ts";
import { compositionOf, incidentUrl, linkTo, paragraph, section, textOf } from "../sections.ts";
import { spreadSections, spreadTitles } from "../spread/spread.ts";
import { alarmActions } from "./alarm-actions.ts";
import { chainWords } from "./attack-chain.ts";
import type { CaseFacts } from "./case-facts.ts";
import { HostRoles, seenOn } from "./host-roles.ts";
import { firstOf, lastOf, threatAnalysis, threatSummary } from "./narrative.ts";
import { withinWords } from "./narrative-words.ts";
import { type Observed, techniqueLabel } from "./observed.ts";
import { attackPattern, campaignWords, systemState, trendOf } from "./overview.ts";
import { recommend } from "./recommendations.ts";
import { detectedThreats, iso, sampleEvents, sampleRow, siemAlarms } from "./rule-tables.ts";

export interface CaseOptions {
  baseUrl: string;
  maskPatterns?: readonly LinearPattern[];
  /** True when the ticket is created, false when its risk has changed. */
  isFirst: boolean;
}

const mostAlarms = 50;
/** Recommended actions of each kind. */
const mostActions = 7;
const opening = "Threat Summary";

/** `now`: epoch milliseconds. */
export function composeCase(given: CaseFacts, options: CaseOptions, now: number): Draft {
  const composition = compositionOf(given, options.maskPatterns);
  const mask = textOf(options.maskPatterns);
  const { facts, observed, headline } = composition;
  const { body } = facts;
  const pattern = attackPattern(facts);
  const actions = facts.rules.length === 0 ? alarmActions(facts) : recommend(facts, observed, pattern);
  const url = incidentUrl(options.baseUrl, body.incident_id);
  const first = openingOf(composition, actions, opening);
  const told = withinWords({
    opening: first,
    summary: threatSummary(facts, observed, pattern),
    analysis: threatAnalysis(facts, observed),
    actions,
    mostActions,
  });
  const sections: Section[] = [
    section(opening, ...first, paragraph(told.summary)),
    section("Threat Analysis", ...told.analysis.map(paragraph)),
    ...spreadSections(facts, mask),
    section("Incident Overview", overview(facts, pattern, options.isFirst, now)),
    section("Blast Radius", blastRadius(facts, observed)),
    section("Detected Threats", detectedThreats(observed)),
    section("Sample Events per Rule", sampleEvents(observed)),
    ...(options.isFirst ? [] : [section("Cause of Risk Increment", ...causeOfIncrement(facts, observed))]),
    section("Contributed SIEM Triggers", siemAlarms(facts, mostAlarms)),
    section("MITRE ATT&CK", attack(facts)),
    ...actionSections(told.actions, mostActions),
    section("Timeline", timeline(facts)),
    section("Deep Dive", linkTo(body.incident_id, url)),
  ];
  const draft: Draft = {
    incidentId: body.incident_id,
    entity: body.entity_name,
    level: body.risk.level,
    headline,
    sections,
    url,
    yielding: [
      "Sample Events per Rule",
      "Contributed SIEM Triggers",
      "Detected Threats",
      "Blast Radius",
      "MITRE ATT&CK",
      ...spreadTitles,
    ],
  };
  return mapTexts(draft, mask);
}

function overview(facts: CaseFacts, pattern: string, isFirst: boolean, now: number): Block {
  const { body, risk } = facts;
  const { confidence, primaryDriver } = risk;
  return {
    kind: "facts",
    rows: [
      ["Entity", body.entity_name],
      ["Actor", `${body.group_key} (${body.actor_type})`],
      ["Risk score", `${body.risk.score} of 100 (${body.risk.level}), ${trendOf(facts, isFirst)}`],
      ["Confidence", confidence === null ? "none yet" : `${confidence.word} (${confidence.percent} %)`],
      [
        "Primary driver",
        primaryDriver === null ? "none" : `${primaryDriver.name.replaceAll("_", " ")}: ${primaryDriver.why}`,
      ],
      ...floorRows(risk),
      ["Attack pattern", pattern],
      ["System state", systemState(facts, isFirst, now)],
      ["Campaign ID", campaignWords(facts)],
    ],
  };
}

function blastRadius({ body, cases, assets }: CaseFacts, observed: Observed): Block {
  const { hosts, users } = observed;
  const roles = new HostRoles(assets, seenOn(observed));
  const withRole = (name: string, role: string) => (role === "" ? name : `${name} (${role})`);
  const listed = (names: readonly string[]) =>
    names.length === 0 ? "none named" : `${names.length}: ${names.join(", ")}`;
  const open = cases.filter(({ status }) => status !== "CLOSED");
  return {
    kind: "facts",
    rows: [
      ["Affected hosts", listed(hosts.map((host) => withRole(host, roles.words(host))))],
      ["Affected users", listed(users.map((user) => withRole(user, roles.accountWords(user))))],
      ["SIEM alarms", String(body.risk.alarm_count)],
      ["RhythmX detections", String(body.risk.sigma_alert_count)],
      [
        "Open threat cases",
        open.length === 0 ? "0" : `${open.length}: ${open.map(({ caseId, type }) => `${type} (${caseId})`).join(", ")}`,
      ],
    ],
  };
}

/** The rule that came last: what it saw made the risk rise. */
function causeOfIncrement({ risk }: CaseFacts, { rules }: Observed): Block[] {
  const [newest] = [...rules].sort((a, b) => b.rule.first - a.rule.first);
  if (newest === undefined) return [paragraph("No rule is newer than the last update.")];
  const { rule } = newest;
  const { score, previousScore: before } = risk;
  const change =
    score === before ? `is unchanged at ${score}` : `${score > before ? "rose" : "fell"} from ${before} to ${score}`;
  const count = rule.count === 1 ? "once" : `${rule.count} times`;
  const [, time = "", host = "", user = "", eventId = "", detail = ""] = sampleRow(newest);
  return [
    paragraph(
      `The score ${change}. The newest rule is "${rule.title}" (${rule.level}), first seen ${iso(rule.first)}, ${count}.`,
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

function attack({ body, chain }: CaseFacts): Block {
  const { techniques } = body.mitre;
  return {
    kind: "facts",
    rows: [
      ["Tactics", `${chain.length}: ${chain.map(({ title }) => title).join(", ") || "none named"}`],
      ["Techniques", `${techniques.length}: ${techniques.map(techniqueLabel).join(", ") || "none named"}`],
      ["Attack chain", chainWords(chain, true) || "none"],
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
