/**
 * What a reader needs within the first 120 words of a ticket: what happened, with the command or object; where, who and since when; how sure
 * and why; three things to do now.
 */
import { eventClause, eventDetail } from "../logs/event-text.ts";
import { oneLine, shortened, wordCount } from "../text/shorten.ts";
import type { CaseFacts } from "./case/case-facts.ts";
import { HostRoles, seenOn } from "./case/host-roles.ts";
import { restsOnNothing, whyNothing } from "./case/no-evidence.ts";
import type { Recommendations } from "./case/recommendations.ts";
import type { Block } from "./draft.ts";
import { headlineText } from "./headline/headline.ts";
import { type Composition, withRole } from "./sections.ts";
import { campaignFact } from "./spread/spread.ts";

/** Fewer than 120, because a mask or a sign that is shown may be a word more. */
const mostWords = 117;
const longestObject = 180;
/** How much each part may say: words, names before the others are counted, and incidents of the campaign; tried one after the other until the opening is short enough. */
const measures = [
  { object: 18, why: 20, names: 4, step: 24, way: true, others: 2 },
  { object: 14, why: 14, names: 3, step: 24, way: true, others: 1 },
  { object: 14, why: 12, names: 3, step: 24, way: false, others: 1 },
  { object: 12, why: 9, names: 2, step: 22, way: false, others: 1 },
  { object: 11, why: 7, names: 2, step: 20, way: false, others: 0 },
  { object: 10, why: 5, names: 2, step: 17, way: false, others: 0 },
  { object: 8, why: 5, names: 1, step: 14, way: false, others: 0 },
  { object: 7, why: 3, names: 1, step: 11, way: false, others: 0 },
  { object: 5, why: 3, names: 1, step: 8, way: false, others: 0 },
  { object: 3, why: 2, names: 1, step: 6, way: false, others: 0 },
];

type Measure = (typeof measures)[number];

/** `title`: of the section it opens, whose words count too. */
export function openingOf(composition: Composition, actions: Recommendations, title: string): Block[] {
  let blocks: Block[] = [];
  for (const measure of measures) {
    blocks = blocksOf(composition, actions, measure);
    if (partsOf(title) + blocks.reduce((sum, block) => sum + partsOf(textOf(block)) + bulletsOf(block), 0) <= mostWords)
      break;
  }
  return blocks;
}

/** Words as the strictest reader counts them: whatever stands between blanks. */
function partsOf(text: string): number {
  return text.split(/\s+/).filter((part) => part !== "").length;
}

function bulletsOf(block: Block): number {
  return block.kind === "list" ? block.items.length : 0;
}

function blocksOf(composition: Composition, actions: Recommendations, measure: Measure): Block[] {
  const named = composition.observed.rules.find(({ rule }) => composition.headline.rules.includes(rule.key));
  // The sentence above has named the rule.
  const again = named === undefined ? null : `"${oneLine(named.rule.title)}"`;
  const steps = [...actions.containment, ...actions.eradication]
    .slice(0, 3)
    .map((one) => brief(again === null ? one : one.replaceAll(again, "this"), measure));
  return [
    { kind: "text", text: sentence(composition, measure) },
    { kind: "facts", rows: facts(composition, measure) },
    ...(steps.length === 0
      ? []
      : ([
          { kind: "text", text: "Do now:" },
          { kind: "list", items: steps },
        ] as Block[])),
  ];
}

/** `LSASS memory dumped on ws-101 by jsmith: procdump.exe -ma lsass.exe. Rule "LSASS Dump" (critical).` */
function sentence({ headline, observed, facts }: Composition, { object }: Measure): string {
  const what = headlineText(headline);
  const main = observed.rules.find(({ rule }) => headline.rules.includes(rule.key));
  if (main === undefined) {
    if (restsOnNothing(facts)) return `${what}. ${whyNothing(facts)}`;
    const { alarm_count: count, sigma_alert_count: detections } = facts.body.risk;
    const alarms = count === 1 ? "One SIEM alarm" : `${count} SIEM alarms`;
    return `${what}. ${alarms}, ${detections === 0 ? "no detection of RhythmX" : `${detections} detections of RhythmX`}.`;
  }
  const said = main.event === null ? "" : eventClause(main.event) || eventDetail(main.event);
  const detail = words(shortened(oneLine(said), longestObject), object);
  const { title, level } = main.rule;
  const rule = headline.what.includes(title) ? `Level ${level}` : `Rule "${shortened(oneLine(title), 90)}" (${level})`;
  return `${what}${detail === "" ? "" : `: ${detail}`}${detail.endsWith("…") ? " " : ". "}${rule}.`;
}

function facts(
  { facts, observed, headline }: Composition,
  { why, names, others }: Measure,
): (readonly [string, string])[] {
  const roles = new HostRoles(facts.assets, seenOn(observed));
  const first = new Set(
    observed.rules.filter(({ rule }) => headline.rules.includes(rule.key)).flatMap(({ rule }) => rule.hosts),
  );
  const hosts = [...observed.hosts].sort(
    (a, b) => Number(first.has(b.toLowerCase())) - Number(first.has(a.toLowerCase())),
  );
  const { group_key: actor, actor_type: type } = facts.body;
  const users = observed.users.length > 0 || type !== "user" ? observed.users : [actor];
  const rows: [string, string][] = [
    [
      "Hosts",
      named(
        hosts.map((name) => withRole(name, roles.words(name))),
        names,
      ),
    ],
    [
      "Users",
      named(
        users.map((name) => withRole(name, roles.accountWords(name))),
        names,
      ),
    ],
    [isMoment(facts) ? "At" : "Since", sinceOf(facts)],
    ["Sure", sureOf(facts, why)],
    ["Campaign", campaignFact(facts, others)],
    ["Opened by hand", openedBy(facts, why)],
  ];
  return rows.filter(([, value]) => value !== "");
}

function named(names: readonly string[], most: number): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}

/** Whether all of it happened within one minute. */
function isMoment({ body }: CaseFacts): boolean {
  const { first_alarm: first, last_alarm: last } = body.timeline;
  return (first ?? "").slice(0, 16) === (last ?? "").slice(0, 16);
}

/** `2026-03-13 04:00 UTC, to 04:30; 58 detections of 9 rules` */
function sinceOf({ body, rules }: CaseFacts): string {
  const minute = (text: string) => text.slice(0, 16).replace("T", " ");
  const from = minute(body.timeline.first_alarm ?? body.timeline.created_at);
  const to = minute(body.timeline.last_alarm ?? body.timeline.created_at);
  const end = to === from ? "" : from.slice(0, 10) === to.slice(0, 10) ? ` to ${to.slice(11)}` : ` to ${to}`;
  const { sigma_alert_count: detections, alarm_count: alarms } = body.risk;
  const counts = [
    ...(detections > 0 ? [`${many(detections, "detection")} of ${many(rules.length, "rule")}`] : []),
    ...(alarms > 0 ? [many(alarms, "SIEM alarm")] : []),
  ];
  // Of an outbreak's hosts this one's evidence is counted.
  const own = body.outbreak !== undefined && body.actor_type === "host" ? `on ${oneLine(body.group_key)} alone ` : "";
  return `${from}${end} UTC${counts.length === 0 ? "" : `; ${own}${counts.join(", ")}`}`;
}

/** Who promoted the actor, and why; "" where the score did. */
function openedBy({ promotion }: CaseFacts, most: number): string {
  return promotion == null ? "" : `${oneLine(promotion.who)}: ${words(oneLine(promotion.reason), most)}`;
}

/** How sure it is and why, then what the risk rests on. */
function sureOf({ risk, body }: CaseFacts, most: number): string {
  const { confidence, floor, primaryDriver } = risk;
  const signs =
    confidence === null
      ? ""
      : plain(confidence.why)
          .replace(", four or more of them", "")
          .replace(" beside them", body.risk.sigma_alert_count === 0 ? "" : " beside them");
  const sure = confidence === null ? "" : `${confidence.word}, ${confidence.percent} %: ${signsWithin(signs, most)}; `;
  const isFloor = floor !== null && Math.round(floor.points) >= body.risk.score;
  // That the most serious rule is serious has been said.
  const factor = primaryDriver === null || primaryDriver.name === "detection_severity" ? "" : plain(primaryDriver.why);
  // Its first sentence, up to the colon; the dot in NTDS.dit ends none.
  const why = isFloor ? plain(floor.why.split(/[:.](?=\s|$)/)[0] ?? "") : factor;
  const driver = why === "" || wordCount(why) > most ? "" : `, ${because(why)}`;
  return `${sure}risk ${body.risk.score} of 100${driver}`;
}

/** A reason as the rest of a sentence: `as the rule reports DCSync`, `because of a critical rule`. */
function because(why: string): string {
  return why.startsWith("A ") ? `because of a ${why.slice(2)}` : `as ${lowerFirst(why)}`;
}

const plain = (text: string) => oneLine(text).replace(/\.$/, "");

function lowerFirst(text: string): string {
  return /^\p{Lu}\p{Ll}/u.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}

function many(count: number, one: string): string {
  return `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
}

/** A step without its reason, and where room is short without the way and the time, which stand elsewhere. */
function brief(step: string, { step: most, way: withWay }: Measure): string {
  const text = plain(step);
  const way = text.indexOf(" (");
  const reason = text.indexOf("): ");
  const short = reason > 0 ? text.slice(0, reason + 1) : (text.split(": ")[0] ?? text);
  const bare = withWay || way < 0 ? short : short.slice(0, way);
  if (wordCount(bare) <= most) return bare;
  const untimed = bare.replace(/ (?:in the (?:days|(?:day|week) before or) )?since \d{4}-\d\d-\d\d \d\d:\d\d UTC/, "");
  if (wordCount(untimed) <= most) return untimed;
  // The first of two things, whole, rather than both by half.
  const second = /,? and (?=(?:take|end|check|reset|list|keep|look|remove|fetch|search|tell|forward)\b)/.exec(untimed);
  return words(second === null ? untimed : untimed.slice(0, second.index), most);
}

/** As many of the signs as fit, whole. */
function signsWithin(signs: string, most: number): string {
  let kept = "";
  for (const sign of signs.split(", ")) {
    const next = kept === "" ? sign : `${kept}, ${sign}`;
    if (kept !== "" && wordCount(next) > most) break;
    kept = next;
  }
  return kept;
}

/** At most so many words. */
function words(text: string, most: number): string {
  const parts = text.split(" ");
  return parts.length <= most
    ? text
    : `${parts
        .slice(0, most)
        .join(" ")
        .replace(/[,;:]$/, "")} …`;
}

export function textOf(block: Block): string {
  switch (block.kind) {
    case "text":
    case "link":
      return block.text;
    case "facts":
      return block.rows.flat().join(" ");
    case "table":
      return [block.head, ...block.rows].flat().join(" ");
    case "list":
      return block.items.join(" ");
  }
}
