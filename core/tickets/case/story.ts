/** What people read of an incident where it is shown: the sentences that its tickets have, and what the event of each rule says. */
import { eventClause } from "../../logs/event-text.ts";
import type { EventFacts } from "../../logs/log-facts.ts";
import { oneLine, shortened } from "../../text/shorten.ts";
import { compositionOf } from "../sections.ts";
import { alarmActions } from "./alarm-actions.ts";
import type { CaseFacts } from "./case-facts.ts";
import { threatAnalysis, threatVerdict } from "./narrative.ts";
import { attackPattern } from "./overview.ts";
import { recommend } from "./recommendations.ts";

/** One event of a rule. Secrets in it are masked, as in tickets. */
export interface ToldEvent {
  /** What happened, as a clause: `procdump.exe opened lsass.exe`; "" = its log does not say. */
  clause: string;
  /** What its log says, by names for people: the most telling first. */
  fields: [name: string, value: string][];
}

export interface Story {
  /** Who, what, where, how sure. */
  summary: string;
  /** How it went, rule by rule, then why the risk is what it is; a paragraph each. */
  analysis: string[];
  /** What to do now, the most urgent first. */
  steps: string[];
  /** By the rule's key. */
  events: ReadonlyMap<string, ToldEvent>;
}

const mostSteps = 5;
const mostFields = 7;
/** Characters of one value; the log has the rest. */
const longestValue = 2_000;

/** In the order in which an analyst asks for them. */
const shownFields: readonly (readonly [name: string, field: keyof EventFacts])[] = [
  ["Command line", "commandLine"],
  ["Program", "image"],
  ["Parent", "parent"],
  ["Script", "script"],
  ["Target", "target"],
  ["Account", "account"],
  ["Group", "group"],
  ["Address", "peer"],
  ["Port", "port"],
  ["URL", "url"],
  ["Domain", "domain"],
  ["File", "file"],
  ["Library", "library"],
  ["Registry key", "registryKey"],
  ["Registry value", "registryValue"],
  ["Service", "service"],
  ["Starts", "servicePath"],
  ["Task", "task"],
  ["Task starts", "taskAction"],
  ["Share", "share"],
  ["Pipe", "pipe"],
  ["Object", "object"],
  ["Called", "call"],
  ["Threat", "threat"],
  ["Hash", "hash"],
  ["Event", "eventId"],
  ["Computer", "computer"],
];

/** `given` with the whole log of each rule's event. */
export function storyOf(given: CaseFacts): Story {
  const { facts, observed } = compositionOf(given, undefined);
  const pattern = attackPattern(facts);
  const actions = facts.rules.length === 0 ? alarmActions(facts) : recommend(facts, observed, pattern);
  return {
    summary: threatVerdict(facts, observed, pattern),
    analysis: threatAnalysis(facts, observed),
    steps: [...actions.containment, ...actions.eradication].slice(0, mostSteps),
    events: new Map(
      observed.rules.flatMap(({ rule, event }) => (event === null ? [] : [[rule.key, toldEvent(event)] as const])),
    ),
  };
}

function toldEvent(event: EventFacts): ToldEvent {
  const fields = shownFields.flatMap(([name, field]): [string, string][] => {
    const value = event[field];
    return typeof value === "string" && value.trim() !== "" ? [[name, shortened(value, longestValue)]] : [];
  });
  return { clause: oneLine(eventClause(event)), fields: fields.slice(0, mostFields) };
}
