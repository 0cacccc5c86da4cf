/** What happened, where and by whom, in one line: the heading of an incident in tickets and lists. */

import { spanWords } from "../../campaigns/span.ts";
import type { ActorType } from "../../incident.ts";
import type { RiskLevel } from "../../risk.ts";
import { oneLine, shortened } from "../../text/shorten.ts";
import { type Happened, happened } from "./happened.ts";

/** A rule of the incident, as far as a heading needs it. */
export interface HeadlineRule {
  /** Its id, else its title; lower case; empty: stands for many that have no room of their own. */
  key: string;
  title: string;
  /** `critical` … `informational`. */
  level: string;
  count: number;
  /** When it fired first, epoch milliseconds. */
  first: number;
  hosts: readonly string[];
  techniques: readonly string[];
}

export interface HeadlineFacts {
  actor: string;
  actorType: ActorType;
  rules: readonly HeadlineRule[];
  /** The title of the rule that the floor of the score comes from; null = none. */
  floorRule: string | null;
  /** How many SIEM alarms there are, and the highest priority. */
  alarms: { count: number; maxRbp: number };
  /** The alarm with the highest priority by name, where it is known. */
  topAlarm?: string | undefined;
  /** The same rule on many hosts, which is then what happened: title of the rule, hosts, milliseconds from the first to the last. */
  outbreak?: { rule: string; hosts: number; spanMs: number } | null;
}

export interface Headline {
  /** `LSASS memory dumped`. */
  what: string;
  /** `on ws-101`; empty where no host is named. */
  where: string;
  /** `by jsmith`; empty where the host is the actor. */
  who: string;
  /** Keys of the rules that it is about; empty: about alarms. */
  rules: readonly string[];
}

const levelRank = ["critical", "high", "medium", "low", "informational"];
const longestName = 64;
/** From this priority on an alarm says more than detections of level low. */
const tellingRbp = 50;

/** The most important of an incident. */
export function headlineOf(facts: HeadlineFacts): Headline {
  const { actor, actorType, alarms, outbreak = null } = facts;
  const [first, ...others] = byImportance({ rules: facts.rules, floorRule: outbreak?.rule ?? facts.floorRule });
  const isMinor = first === undefined || levelRank.indexOf(first.rule.level) >= levelRank.indexOf("low");
  if (isMinor && alarms.count > 0 && (first === undefined || alarms.maxRbp >= tellingRbp))
    return { what: alarmWords(facts), where: "", who: `${ofActor[actorType]} ${nameOf(actor)}`, rules: [] };
  if (first === undefined)
    return { what: "Nothing that counts", where: "", who: `against ${nameOf(actor)}`, rules: [] };
  const isOutbreak = outbreak !== null && first.rule.title === outbreak.rule;
  // A second emergency beside the first is worth its words, a third is not.
  const second =
    first.said.emergency && !isOutbreak
      ? others.find(({ said, rule }) => said.emergency && said.topic !== first.said.topic && isSerious(rule))
      : undefined;
  const told = second === undefined ? [first] : [first, second];
  const hosts = [...new Set(told.flatMap(({ rule }) => rule.hosts).map(nameOf))];
  return {
    what: told.map(({ said }, at) => (at === 0 ? said.what : inSentence(said))).join(", "),
    where: isOutbreak
      ? `on ${outbreak.hosts} hosts within ${spanWords(outbreak.spanMs)}`
      : hosts.length > 0
        ? `on ${placeOf(hosts)}`
        : actorType === "host"
          ? `on ${nameOf(actor)}`
          : "",
    who: actorType === "user" ? `by ${nameOf(actor)}` : actorType === "ip" ? `from ${nameOf(actor)}` : "",
    rules: told.map(({ rule }) => rule.key),
  };
}

/** Rules of an incident, the most important first: the floor's, then by level, then by what they mean, then by count. */
export function byImportance<R extends HeadlineRule>({
  rules,
  floorRule,
}: {
  rules: readonly R[];
  floorRule: string | null;
}): { rule: R; said: Happened }[] {
  const isFloor = (rule: R) => (floorRule !== null && rule.title === floorRule ? 0 : 1);
  return rules
    .map((rule) => ({ rule, said: happened(rule) }))
    .sort(
      (a, b) =>
        isFloor(a.rule) - isFloor(b.rule) ||
        levelRank.indexOf(a.rule.level) - levelRank.indexOf(b.rule.level) ||
        compare(a.said.rank, b.said.rank) ||
        b.rule.count - a.rule.count ||
        a.rule.first - b.rule.first ||
        compare(a.rule.key, b.rule.key),
    );
}

/** `LSASS memory dumped on ws-101 by jsmith`. */
export function headlineText({ what, where, who }: Headline): string {
  return [what, where, who].filter((part) => part !== "").join(" ");
}

/** `CRITICAL: LSASS memory dumped on ws-101 by jsmith`: one line of at most `longest` characters; what happened is shortened before where and who. */
export function titleWithin(level: RiskLevel, headline: Headline, longest: number): string {
  const [what, where, who] = [headline.what, headline.where, headline.who].map(oneLine);
  const head = `${level.toUpperCase()}: `;
  const tail = [where, who].filter((part) => part !== "" && part !== undefined).join(" ");
  const room = longest - head.length - (tail === "" ? 0 : tail.length + 1);
  const least = Math.min(40, what?.length ?? 0);
  const text = `${head}${room >= least ? shortened(what ?? "", room) : (what ?? "")}${tail === "" ? "" : ` ${tail}`}`;
  return shortened(text, longest);
}

const ofActor: Readonly<Record<ActorType, string>> = { user: "for", host: "on", ip: "from" };

function alarmWords({ alarms, topAlarm }: HeadlineFacts): string {
  const rest = alarms.count > 1 && topAlarm !== undefined ? ` and ${alarms.count - 1} more` : "";
  if (topAlarm !== undefined)
    return `SIEM alarm "${shortened(oneLine(topAlarm), longestName)}" (priority ${alarms.maxRbp})${rest}`;
  return `${alarms.count === 1 ? "SIEM alarm" : `${alarms.count} SIEM alarms`} of priority ${alarms.count === 1 ? "" : "up to "}${alarms.maxRbp}`;
}

function placeOf(hosts: readonly string[]): string {
  const [first = "", second = ""] = hosts;
  return hosts.length === 1 ? first : hosts.length === 2 ? `${first} and ${second}` : `${hosts.length} hosts`;
}

function nameOf(name: string): string {
  return shortened(oneLine(name), longestName) || "an unnamed one";
}

function isSerious({ level }: HeadlineRule): boolean {
  return level === "critical" || level === "high";
}

function inSentence({ what, startsWithName }: Happened): string {
  const isAcronym = /^\p{Lu}{2}/u.test(what);
  return startsWithName || isAcronym ? what : `${what.charAt(0).toLowerCase()}${what.slice(1)}`;
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
