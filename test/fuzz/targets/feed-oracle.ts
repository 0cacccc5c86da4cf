/** What must hold of everything that is made of an accepted detection: messages, words of its log, terms of the search. */
import { addLogTraces } from "../../../core/campaigns/log-traces.ts";
import { TraceSet } from "../../../core/campaigns/traces.ts";
import type { Detection } from "../../../core/detection.ts";
import type { LoggedEvent } from "../../../core/event.ts";
import { alertMessage } from "../../../core/feeds/alert-message.ts";
import { encodeSnapshot, parseSnapshot } from "../../../core/feeds/snapshot.ts";
import type { MessageOptions } from "../../../core/feeds/syslog-options.ts";
import { planAlerts } from "../../../core/intake/plan.ts";
import { eventClause, eventDetail } from "../../../core/logs/event-text.ts";
import { eventFacts } from "../../../core/logs/log-facts.ts";
import { alertTerms } from "../../../core/search/terms.ts";
import { parseRfc5424 } from "../../harness/rfc5424-strict.ts";
import { holds, Violation } from "../target.ts";

const usual: MessageOptions = {
  facility: 16,
  appName: "SigmaAlert",
  hostname: "RhythmX",
  enterpriseId: 32473,
  maxBytes: 262_144,
  timestampPrecision: 3,
  msgid: "event",
  sequenceId: true,
  ruleInfo: true,
  severity: "by_risk",
  procid: 12345,
};
const small: MessageOptions = { ...usual, maxBytes: 480, timestampPrecision: 0, severity: "info" };

/** As a message carries it: what would break it is a blank, half a surrogate pair U+FFFD. */
const carried = (text: string) => text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]/gu, " ");

/** Both forms of the alert's message are RFC 5424 by the letter, and say what was detected. */
export function assertMessages(detection: Detection): void {
  const { changes } = planAlerts([detection], [null], new Set(), new Map());
  const snapshot = changes[0]?.first?.snapshot;
  holds(snapshot !== undefined, "a detection that makes no alert");
  const data = encodeSnapshot(snapshot);
  const read = parseSnapshot(data);
  holds(
    read.ruleTitle === snapshot.ruleTitle && read.hash === snapshot.hash,
    "a snapshot is not read as it was written",
  );
  const { hash: subject, entity, body } = detection;
  const event: LoggedEvent = { seq: 7, at: detection.timestamp, kind: "alert_first", subject, entity, data, body };
  for (const options of [usual, small]) {
    const { bytes, shrunk } = alertMessage(event, options);
    holds(bytes.length <= options.maxBytes, "a message that is longer than allowed");
    const { sd, msg } = strict(bytes);
    const rule = new Map(sd.find(({ id }) => id.startsWith("rule@"))?.params ?? []);
    if (options === usual && !shrunk) {
      holds(rule.get("title") === carried(detection.ruleTitle), "a message names another rule");
      holds(rule.get("user") === carried(detection.user ?? ""), "a message names another user");
      holds(rule.get("host") === carried(detection.host ?? ""), "a message names another host");
      holds(msg === body, "a message has another log");
    }
    const log: unknown = JSON.parse(msg ?? "");
    holds(typeof log === "object" && log !== null && !Array.isArray(log), "a message whose log is no JSON object");
  }
}

function strict(bytes: Uint8Array): ReturnType<typeof parseRfc5424> {
  try {
    return parseRfc5424(bytes);
  } catch (error) {
    throw new Violation(`no RFC 5424: ${String(error)}`);
  }
}

const longestWords = 4_000;
const mostTraces = 200;

/** What is made of a log: words for people, traces that campaigns are found by. `log`: a JSON object. */
export function assertLog(log: string, host: string): void {
  const facts = eventFacts(log);
  for (const text of [eventClause(facts), eventDetail(facts)]) {
    holds(typeof text === "string", "words that are no text");
    holds(text.length <= longestWords && !/\p{Cc}/u.test(text), "words of more than a line");
    holds(
      !/\bfunction \w*\(|native code/.test(text) || /function|native code/.test(log),
      "the inside of the program in a text",
    );
  }
  const traces = new TraceSet(mostTraces);
  addLogTraces(traces, { log, host, at: 0, level: 3, withAccounts: true });
  for (const { value, name } of traces.list())
    holds(value !== "" && value.length <= 300 && name.length <= 300, "a trace that is none");
}

/** The words by which search finds it. */
export function assertTerms({ hash, entity, ruleId, ruleTitle, level, user, host, srcIp }: Detection): void {
  const alert = { hash, entity, ruleId: ruleId ?? "", ruleTitle, level, user: user ?? "", host: host ?? "" };
  const { words, facts } = alertTerms({ ...alert, ip: srcIp ?? "" });
  for (const text of [words, facts]) {
    const all = text.split(" ");
    holds(all.length <= 96 && all.every((one) => one.length <= 64), "more terms than are kept");
    holds(text.isWellFormed() && /^[\p{L}\p{N}\p{M}_.$@:/\\ -]*$/u.test(text), "a sign that no word has");
  }
}
