/** The ticket of an incident: what a reader needs first, then every section of the seed's table (seed 001 "Ticket Content"). */

import type { LinearPattern } from "../text/linear-pattern.ts";
import { alarmActions } from "./case/alarm-actions.ts";
import { chainWords } from "./case/attack-chain.ts";
import type { CaseFacts } from "./case/case-facts.ts";
import { techniqueLabel } from "./case/observed.ts";
import { attackPattern } from "./case/overview.ts";
import { type Recommendations, recommend } from "./case/recommendations.ts";
import { alertRules, sampleEvents, siemAlarms } from "./case/rule-tables.ts";
import { type Block, type Draft, mapTexts, type Section } from "./draft.ts";
import { openingOf } from "./opening.ts";
import { compositionOf, durationOf, incidentUrl, linkTo, paragraph, section, textOf } from "./sections.ts";
import { type SlaMinutes, slaOf } from "./sla.ts";
import { spreadSections, spreadTitles } from "./spread/spread.ts";

const topRules = 10;
const mostAlarms = 10;
/** Recommended actions of each kind. */
const mostActions = 3;
const opening = "What Happened";

/** `baseUrl`: where the incident can be opened. `isFirst`: the ticket is being made, so that there is no change to tell of. `now`: epoch milliseconds. */
export function composeTicket(
  given: CaseFacts,
  options: { baseUrl: string; sla: SlaMinutes; maskPatterns?: readonly LinearPattern[]; isFirst: boolean },
  now: number,
): Draft {
  const composition = compositionOf(given, options.maskPatterns);
  const mask = textOf(options.maskPatterns);
  const { facts, observed, headline } = composition;
  const { body } = facts;
  const url = incidentUrl(options.baseUrl, body.incident_id);
  const actions = facts.rules.length === 0 ? alarmActions(facts) : recommend(facts, observed, attackPattern(facts));
  const sections: Section[] = [
    section(opening, ...openingOf(composition, actions, opening)),
    ...spreadSections(facts, mask),
    section("Actor Information", actor(facts)),
    section("Risk Assessment", ...riskBlocks(facts, options.isFirst)),
    section("Activity Summary", activity(facts), ...(facts.alarms.length === 0 ? [] : [siemAlarms(facts, mostAlarms)])),
    section("Timeline", timeline(facts)),
    section("SLA Status", sla(facts, options.sla, now)),
    section("MITRE ATT&CK Coverage", attack(facts)),
    section("Alert Rules", alertRules(observed, topRules)),
    section("Sample Events per Rule", sampleEvents(observed)),
    ...actionSections(actions, mostActions),
  ];
  if (body.investigation_notes !== null)
    sections.push(section("Investigation Notes", paragraph(body.investigation_notes)));
  sections.push(section("RhythmX", linkTo(body.incident_id, url)));
  const draft: Draft = {
    incidentId: body.incident_id,
    entity: body.entity_name,
    level: body.risk.level,
    headline,
    sections,
    url,
    yielding: ["Investigation Notes", "Sample Events per Rule", "Alert Rules", ...spreadTitles],
  };
  return mapTexts(draft, mask);
}

/** A section for each kind of action, the most urgent first. */
export function actionSections(actions: Recommendations, most: number): Section[] {
  const kinds = [
    ["Containment", actions.containment],
    ["Eradication", actions.eradication],
    ["Prevention", actions.prevention],
    ["Best Practices", actions.practices],
  ] as const;
  return kinds.map(([kind, items]) =>
    section(
      `Recommended Actions: ${kind}`,
      items.length === 0
        ? paragraph("Nothing that the evidence of this incident calls for.")
        : { kind: "list", items: items.slice(0, most) },
    ),
  );
}

function actor({ body }: CaseFacts): Block {
  return {
    kind: "facts",
    rows: [
      ["Actor", body.group_key],
      ["Type", body.actor_type],
      ["Entity", body.entity_name],
      ["Incident", body.incident_id],
      ["Status", body.status],
      ["Assigned to", body.assigned_analyst ?? "nobody"],
    ],
  };
}

function riskBlocks({ body, risk }: CaseFacts, isFirst: boolean): Block[] {
  const { score, level } = body.risk;
  const confidence = risk.confidence === null ? "" : `${risk.confidence.word} (${risk.confidence.percent} %)`;
  return [
    {
      kind: "facts",
      rows: [
        ["Risk score", `${score} of 100`],
        ["Risk level", level],
        ["Severity", level.toUpperCase()],
        ["Trend", isFirst ? "its first" : `${risk.trend}, ${risk.previousScore} before`],
        ["Confidence", confidence],
        ["Primary driver", risk.primaryDriver?.name.replaceAll("_", " ") ?? ""],
        ...floorRows(risk),
      ],
    },
    {
      kind: "table",
      noun: "factors",
      whole: true,
      head: ["Factor", "Points", "Why"],
      rows: risk.factors.map(({ name, points, weight, why }) => [
        name.replaceAll("_", " "),
        `${points} of ${weight}`,
        why,
      ]),
    },
  ];
}

/** What one rule is worth by itself; none where no floor holds. */
export function floorRows({ floor }: CaseFacts["risk"]): [string, string][] {
  return floor === null ? [] : [["Floor", `${Math.round(floor.points)} points for "${floor.rule}": ${floor.why}`]];
}

function activity({ body, rules: all }: CaseFacts): Block {
  const { risk } = body;
  const [primary] = all;
  return {
    kind: "facts",
    rows: [
      ["SIEM alarms", `${risk.alarm_count} (${risk.alarm_count_24h} in 24 h, ${risk.alarm_count_7d} in 7 days)`],
      ["Highest alarm priority", `${risk.max_rbp} (average ${risk.avg_rbp})`],
      ["Detections", `${risk.sigma_alert_count} (${risk.sigma_high_sev_count} high or critical)`],
      ["Unique rules", String(risk.sigma_unique_rules)],
      [
        "Threat cases",
        `${risk.threat_case_count}${listOf(body.related_cases.map(({ case_type, severity }) => `${case_type} ${severity}`))}`,
      ],
      ["Primary rule", primary === undefined ? "none" : `${primary.title} (${primary.level}, ${primary.count})`],
    ],
  };
}

function timeline({ body }: CaseFacts): Block {
  const { first_alarm: first, last_alarm: last, created_at: created } = body.timeline;
  const duration = first === null || last === null ? "" : durationOf(Date.parse(last) - Date.parse(first));
  return {
    kind: "facts",
    rows: [
      ["First activity", first ?? "unknown"],
      ["Last activity", last ?? "unknown"],
      ["Active for", duration],
      ["Incident created", created],
    ],
  };
}

function sla({ incident, body }: CaseFacts, minutes: SlaMinutes, now: number): Block {
  const { targetMinutes, status, percent } = slaOf(
    body.risk.level,
    incident.createdAt,
    incident.closedAt,
    now,
    minutes,
  );
  return {
    kind: "facts",
    rows: [
      ["Target", durationOf(targetMinutes * 60_000)],
      ["Status", status.replaceAll("_", " ")],
      ["Consumed", `${percent} %`],
    ],
  };
}

function attack({ body, chain }: CaseFacts): Block {
  const { techniques } = body.mitre;
  return {
    kind: "facts",
    rows: [
      ["Tactics", chainWords(chain) || "none named"],
      ["Techniques", techniques.map(techniqueLabel).join(", ") || "none named"],
    ],
  };
}

function listOf(items: readonly string[]): string {
  return items.length === 0 ? "" : `: ${items.join(", ")}`;
}
