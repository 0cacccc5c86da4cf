/** Summary and analysis as written prose: who, what, where, how far, and why that is believed. Nothing that rules and logs do not say. */
import { levels } from "../../detection.ts";
import { eventClause, oneLine } from "../../logs/event-text.ts";
import { chainWords } from "./attack-chain.ts";
import type { CaseFacts } from "./case-facts.ts";
import { HostRoles, seenOn } from "./host-roles.ts";
import { restsOnNothing, whyNothing } from "./no-evidence.ts";
import { type Observed, type ObservedRule, some, techniqueLabel } from "./observed.ts";
import { shown } from "./seen-words.ts";

const minute = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 16).replace("T", " ");
const many = (count: number, one: string, more = `${one}s`) =>
  `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

/** How many rules the analysis tells of one by one. */
const mostRules = 4;
const longestExample = 120;

/** One paragraph. */
export function threatSummary(facts: CaseFacts, observed: Observed, pattern: string): string {
  const tactics = chainWords(facts.chain);
  const verdict = threatVerdict(facts, observed, pattern);
  return tactics === "" ? verdict : `${verdict} By the rules' tags, in order of time: ${tactics}.`;
}

/** Its first sentences: who, what, where, how sure, and how much of it. */
export function threatVerdict(facts: CaseFacts, observed: Observed, pattern: string): string {
  const { body, risk } = facts;
  const roles = new HostRoles(facts.assets, seenOn(observed));
  const named = (host: string) => withRole(host, roles.words(host));
  const kind = { user: "The account", host: "The host", ip: "The address" }[body.actor_type];
  const isAlone = body.actor_type === "host" && observed.hosts.length === 1;
  const actor =
    body.actor_type === "host"
      ? named(body.group_key)
      : body.actor_type === "user"
        ? withRole(body.group_key, roles.accountWords(body.group_key))
        : shown(body.group_key);
  const where = isAlone || observed.hosts.length === 0 ? "" : ` on ${some(observed.hosts.map(named), 4)}`;
  const stages = "an attack in several stages";
  const what = pattern === "multi stage attack" ? stages : isStaged(facts) ? `${stages}: ${pattern}` : pattern;
  const sure = risk.confidence === null ? "" : `, confidence ${risk.confidence.word}`;
  if (restsOnNothing(facts))
    return `${kind} ${actor} of ${shown(body.entity_name)}: risk ${body.risk.score} of 100 (${body.risk.level}). ${whyNothing(facts)}`;
  return [
    `${kind} ${actor} of ${shown(body.entity_name)} shows signs of ${what}${where}; risk ${body.risk.score} of 100 (${body.risk.level})${sure}.`,
    `${countsOf(facts)} came in ${span(firstOf(facts), lastOf(facts))}.`,
  ].join(" ");
}

/** Paragraphs: the most serious rules in the order in which they first fired, then why the risk is what it is. */
export function threatAnalysis(facts: CaseFacts, observed: Observed): string[] {
  const serious = observed.rules.filter(({ rule }) => rule.level !== "informational");
  const told = (serious.length > 0 ? serious : observed.rules).slice(0, mostRules);
  const others = observed.rules.filter((one) => !told.includes(one));
  const inTime = [...told].sort((a, b) => a.rule.first - b.rule.first);
  const rest = others.reduce((sum, { rule }) => sum + rule.count, 0);
  return [
    ...inTime.map(ruleSentence),
    ...(others.length === 0
      ? []
      : [
          others.length === 1
            ? `One more rule fired ${times(rest)}; it has a row below.`
            : `${others.length} more rules fired ${times(rest)} together; each has a row below.`,
        ]),
    ...(observed.rules.length === 0 ? [withoutRules(facts)] : []),
    ...(restsOnNothing(facts) ? [] : [reasons(facts)]),
  ];
}

/** `2026-03-13 04:00 UTC: "LSASS Dump" (critical) fired once on ws-101: procdump.exe opened lsass.exe (T1003.001 LSASS Memory).` */
function ruleSentence({ rule, event, hosts }: ObservedRule): string {
  const techniques = rule.techniques.slice(0, 2).map(techniqueLabel);
  const clause = event === null ? "" : oneLine(eventClause(event), longestExample);
  const where = hosts.length === 0 ? "" : ` on ${some(hosts.map(shown), 3)}`;
  const example = clause === "" ? "" : rule.count === 1 ? `: ${clause}` : `, for example: ${clause}`;
  return `${period(rule.first, rule.last)}: "${oneLine(rule.title, 120)}" (${rule.level}) fired ${times(rule.count)}${where}${example}${
    techniques.length === 0 ? "" : ` (${techniques.join(", ")})`
  }.`;
}

function reasons({ risk, body, cases, rules }: CaseFacts): string {
  const open = cases.filter(({ status }) => status !== "CLOSED");
  const types = (list: typeof open) =>
    some([...new Set(list.map(({ type, severity }) => `${type.replaceAll("_", " ")} (${severity.toLowerCase()})`))], 6);
  const { primaryDriver: driver, floor } = risk;
  const worst = rules.find(({ title }) => driver?.why.includes(`"${title}" with risk`) === true);
  return [
    open.length > 0
      ? `${many(open.length, "threat case")} of ${shown(body.group_key)} ${open.length === 1 ? "is" : "are"} open: ${types(open)}.`
      : cases.length > 0
        ? `No threat case of ${shown(body.group_key)} is open any more; closed: ${types([...cases])}.`
        : `No threat case of ${shown(body.group_key)} is open; its attack pattern comes from its rules alone.`,
    // What one rule is worth by itself may be all that the score is made of.
    floor != null && Math.round(floor.points) >= body.risk.score
      ? `The risk rests on "${shown(floor.rule)}" by itself: ${asClause(floor.why)}.`
      : driver === null
        ? ""
        : driver.name === "detection_severity" && worst !== undefined
          ? `Most of the risk comes from how serious "${shown(worst.title)}" is (${worst.level}).`
          : `Most of the risk comes from ${driver.name.replaceAll("_", " ")}: ${asClause(driver.why)}.`,
    risk.confidence === null || risk.confidence.why === "One sign only."
      ? ""
      : `Confidence is ${risk.confidence.word} (${risk.confidence.percent} %): ${asClause(risk.confidence.why.replace(", four or more of them", ""))}.`,
  ]
    .filter((one) => one !== "")
    .join(" ");
}

function withoutRules(facts: CaseFacts): string {
  if (restsOnNothing(facts)) return whyNothing(facts);
  const { body, alarms } = facts;
  const { sigma_alert_count: detections, alarm_count: count } = body.risk;
  if (detections > 0) return `No detection of ${shown(body.group_key)} is kept any more.`;
  const top = [...alarms].sort((a, b) => b.rbp - a.rbp || b.at - a.at).slice(0, 3);
  const named = top.map(({ name, rbp, at }) => `${minute(at)} UTC: "${oneLine(name, 120)}" (priority ${rbp})`);
  return `No detection: it rests on ${many(count, "SIEM alarm")}${named.length === 0 ? "" : `, the highest ${some(named, 3)}`}.`;
}

/** Two tactics, each by a rule of its own: one rule with three tactics is one stage. */
function isStaged({ rules }: CaseFacts): boolean {
  const telling = rules.filter(({ level, tactics }) => levels.indexOf(level) > 0 && tactics.length > 0);
  return telling.length > 1 && new Set(telling.flatMap(({ tactics }) => tactics)).size > 1;
}

function countsOf({ body, rules }: CaseFacts): string {
  const { sigma_alert_count: detections, alarm_count: alarms } = body.risk;
  const parts = [
    ...(detections > 0 ? [`${many(detections, "detection")} of ${many(rules.length, "rule")}`] : []),
    ...(alarms > 0 ? [many(alarms, "SIEM alarm")] : []),
  ];
  return parts.length === 0 ? "Nothing" : parts.join(" and ");
}

/** A single moment is no span. */
function span(first: number, last: number): string {
  return minute(first) === minute(last) ? `at ${minute(first)} UTC` : `between ${period(first, last, "and")}`;
}

/** `2026-03-13 04:00 to 04:30 UTC` */
function period(first: number, last: number, word = "to"): string {
  const [from, to] = [minute(first), minute(last)];
  if (from === to) return `${from} UTC`;
  return `${from} ${word} ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to} UTC`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count.toLocaleString("en")} times`;
}

/** A sentence as a part of another one. */
function asClause(sentence: string): string {
  const text = sentence.replace(/\.$/, "");
  return /^(?:\p{Lu}\p{Ll}|A )/u.test(text) && !/^(?:SIEM|ATT&CK)/.test(text)
    ? `${text.charAt(0).toLowerCase()}${text.slice(1)}`
    : text;
}

function withRole(name: string, role: string): string {
  return role === "" ? shown(name) : `${shown(name)} (${role})`;
}

export function firstOf({ body }: CaseFacts): number {
  return Date.parse(body.timeline.first_alarm ?? body.timeline.created_at);
}

export function lastOf({ body }: CaseFacts): number {
  return Date.parse(body.timeline.last_alarm ?? body.timeline.created_at);
}
