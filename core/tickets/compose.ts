/** The ticket of an incident: every section of the seed's table, from the incident's own data (seed 001 "Ticket Content"). */
import type { InvolvedAssets } from "../assets/involved.ts";
import type { ChainLink, RiskDetail, RuleSummary } from "../correlation/summary.ts";
import type { IncidentBody } from "../incident-event.ts";
import type { Block, Draft, Section } from "./draft.ts";
import { mapTexts } from "./draft.ts";
import { masked } from "./masking/masking.ts";
import { type SlaMinutes, slaOf } from "./sla.ts";

/** What is known of an incident. */
export interface TicketFacts {
  incident: { createdAt: number; closedAt: number | null };
  body: IncidentBody;
  risk: RiskDetail;
  chain: readonly ChainLink[];
  rules: readonly (RuleSummary & { author: string })[];
  /** Its hosts and accounts, with their roles. */
  assets: InvolvedAssets;
}

const topRules = 10;
const longestSummary = 255;

/** `baseUrl`: where the incident can be opened. */
export function composeTicket(
  facts: TicketFacts,
  options: { baseUrl: string; sla: SlaMinutes; maskPatterns?: readonly RegExp[] },
  now: number,
): Draft {
  const { body, risk } = facts;
  const url = incidentUrl(options.baseUrl, body.incident_id);
  const sections: Section[] = [
    section("Actor Information", actor(body)),
    section("Risk Assessment", ...riskBlocks(body, risk)),
    section("Activity Summary", activity(facts)),
    section("Timeline", timeline(facts)),
    section("SLA Status", sla(facts, options.sla, now)),
    section("MITRE ATT&CK Coverage", ...attack(facts)),
    section("Alert Rules", ...rules(facts)),
  ];
  if (body.investigation_notes !== null)
    sections.push(section("Investigation Notes", { kind: "text", text: body.investigation_notes }));
  sections.push(section("RhythmX", { kind: "link", text: `Open ${body.incident_id} in RhythmX Edge`, url }));
  const draft: Draft = {
    incidentId: body.incident_id,
    entity: body.entity_name,
    level: body.risk.level,
    summary: summaryOf(body),
    sections,
    url,
    expendable: ["Investigation Notes", "Alert Rules", "MITRE ATT&CK Coverage", "Timeline", "SLA Status"],
  };
  return mapTexts(draft, (text) => masked(text, options.maskPatterns));
}

/** One line, at most 255 characters. */
export function summaryOf({ risk, actor_type: type, group_key: actor, entity_name: entity }: IncidentBody): string {
  return oneLine(`[RhythmX] ${risk.level.toUpperCase()} ${type} ${actor} (risk ${risk.score}, ${entity})`);
}

/** Where people open an incident. */
export function incidentUrl(baseUrl: string, incidentId: string): string {
  return `${baseUrl.replace(/\/$/, "")}/incidents/${incidentId}`;
}

function section(title: string, ...blocks: Block[]): Section {
  return { title, blocks };
}

function actor(body: IncidentBody): Block {
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

function riskBlocks(body: IncidentBody, risk: RiskDetail): Block[] {
  const { score, level } = body.risk;
  const confidence = risk.confidence === null ? "" : `${risk.confidence.word} (${risk.confidence.percent} %)`;
  return [
    {
      kind: "facts",
      rows: [
        ["Risk score", `${score} of 100`],
        ["Risk level", level],
        ["Severity", level.toUpperCase()],
        ["Trend", `${risk.trend}, ${risk.previousScore} before`],
        ["Confidence", confidence],
        ["Primary driver", risk.primaryDriver?.name.replaceAll("_", " ") ?? ""],
      ],
    },
    {
      kind: "table",
      head: ["Factor", "Points", "Why"],
      rows: risk.factors.map(({ name, points, weight, why }) => [
        name.replaceAll("_", " "),
        `${points} of ${weight}`,
        why,
      ]),
    },
  ];
}

function activity({ body, rules: all }: TicketFacts): Block {
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

function timeline({ body }: TicketFacts): Block {
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

function sla({ incident, body }: TicketFacts, minutes: SlaMinutes, now: number): Block {
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

function attack({ body, chain }: TicketFacts): Block[] {
  const { techniques } = body.mitre;
  return [
    {
      kind: "facts",
      rows: [
        ["Tactics", chain.map(({ title }) => title).join(" → ") || "none named"],
        ["Techniques", techniques.join(", ") || "none named"],
      ],
    },
  ];
}

function rules({ rules: all }: TicketFacts): Block[] {
  const shown = all.slice(0, topRules);
  const rest = all.slice(topRules);
  const table: Block = {
    kind: "table",
    head: ["Rule", "Level", "Count", "Author"],
    rows: shown.map(({ title, level, count, author }) => [title, level, String(count), author || "unknown"]),
  };
  if (rest.length === 0) return [table];
  const detections = rest.reduce((sum, { count }) => sum + count, 0);
  return [table, { kind: "text", text: `and ${rest.length} more rules with ${detections} detections` }];
}

function listOf(items: readonly string[]): string {
  return items.length === 0 ? "" : `: ${items.join(", ")}`;
}

/** `3 d 4 h`, `2 h 5 min`, `40 s`. */
function durationOf(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
  ];
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.length === 0 ? `${seconds} s` : shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length <= longestSummary ? line : `${line.slice(0, longestSummary - 1).toWellFormed()}…`;
}
