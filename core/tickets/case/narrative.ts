/** Summary and analysis as written prose: who, what, where, how far, and why that is believed. */

import { eventDetail } from "../../logs/event-text.ts";
import type { CaseFacts } from "./case-facts.ts";
import { type Observed, some, techniqueLabel } from "./observed.ts";

const day = (epochMs: number) => `${new Date(epochMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
const many = (count: number, one: string, more = `${one}s`) =>
  `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

/** One paragraph. */
export function threatSummary(facts: CaseFacts, observed: Observed, pattern: string): string {
  const { body, rules, chain, cases } = facts;
  const kind = { user: "the account", host: "the host", ip: "the address" }[body.actor_type];
  const where =
    body.actor_type === "host" && observed.hosts.length === 1
      ? ""
      : ` on ${some(observed.hosts, 4) || "no named host"}`;
  const worst = rules.slice(0, 3);
  const sentences = [
    `${kind[0]?.toUpperCase()}${kind.slice(1)} ${body.group_key} of ${body.entity_name} shows ${cases.length > 1 ? `an attack in several stages: ${pattern}` : pattern}${where}, with a risk of ${body.risk.score} of 100 (${body.risk.level}).`,
    `${many(body.risk.sigma_alert_count, "detection")} of ${many(rules.length, "rule")}${body.risk.alarm_count > 0 ? ` and ${many(body.risk.alarm_count, "SIEM alarm")}` : ""} came in between ${day(firstOf(facts))} and ${day(lastOf(facts))}.`,
    worst.length === 0
      ? ""
      : `The most serious ${worst.length === 1 ? "is" : "are"} ${some(
          worst.map(({ title, level, count }) => `"${title}" (${level}, ${many(count, "time")})`),
          3,
        )}.`,
    chain.length === 0
      ? ""
      : `Seen of MITRE ATT&CK: ${many(chain.length, "tactic")} (${chain.map(({ title }) => title).join(" → ")}) with ${many(body.mitre.techniques.length, "technique")}.`,
  ];
  return sentences.filter((one) => one !== "").join(" ");
}

/** A paragraph for each tactic, in kill-chain order, then why the risk is what it is. */
export function threatAnalysis(facts: CaseFacts, observed: Observed, pattern: string): string[] {
  const { risk, body, cases } = facts;
  const stages = stagesOf(facts, observed).map(({ titles, first, count, rules }) => {
    const [main] = rules;
    const techniques = [...new Set(rules.flatMap(({ rule }) => rule.techniques))].slice(0, 3).map(techniqueLabel);
    const hosts = some([...new Set(rules.flatMap((one) => one.hosts))], 3);
    const detail = main?.event == null ? "" : eventDetail(main.event);
    const example =
      detail === "" ? "" : ` For example: ${detail.length > 180 ? `${detail.slice(0, 179).toWellFormed()}…` : detail}.`;
    const names = some(
      rules.map(({ rule }) => `"${rule.title}"`),
      2,
    );
    return `${some(titles, 9)}, from ${day(first)}: ${many(count, "detection")} of ${names}${hosts === "" ? "" : ` on ${hosts}`}${techniques.length === 0 ? "" : ` (${techniques.join(", ")})`}.${example}`;
  });
  const open = cases.filter(({ status }) => status !== "CLOSED");
  const driver = risk.primaryDriver;
  const why = [
    open.length === 0
      ? `No threat case is open; the pattern is read from the tactics: ${pattern}.`
      : `${many(open.length, "threat case")} of ${body.group_key} ${open.length === 1 ? "is" : "are"} open: ${open.map(({ type, severity }) => `${type.replaceAll("_", " ")} (${severity.toLowerCase()})`).join(", ")}.`,
    driver === null
      ? ""
      : `What weighs most in the risk is ${driver.name.replaceAll("_", " ")}: ${driver.why.replace(/\.$/, "")}.`,
  ];
  return [
    ...(stages.length === 0 ? [`The detections of ${body.group_key} name no tactic.`] : stages),
    why.filter((one) => one !== "").join(" "),
  ];
}

interface Stage {
  titles: string[];
  first: number;
  count: number;
  rules: Observed["rules"];
}

/** Tactics in kill-chain order; tactics of the same rules are combined. */
function stagesOf({ chain }: CaseFacts, observed: Observed): Stage[] {
  const stages = new Map<string, Stage>();
  for (const { tactic, title, first, count } of chain) {
    const rules = observed.rules.filter(({ rule }) => rule.tactics.includes(tactic));
    const key = rules.map(({ rule }) => rule.key).join("\n");
    const stage = stages.get(key);
    if (stage === undefined) stages.set(key, { titles: [title], first, count, rules });
    else stage.titles.push(title);
  }
  return [...stages.values()];
}

export function firstOf({ body }: CaseFacts): number {
  return Date.parse(body.timeline.first_alarm ?? body.timeline.created_at);
}

export function lastOf({ body }: CaseFacts): number {
  return Date.parse(body.timeline.last_alarm ?? body.timeline.created_at);
}
