/** Zircolite: an array of rules, each with its matches, of which every one is a detection. */
import { parseTime } from "../../time.ts";
import { ecsSubject, isEcs } from "./ecs.ts";
import { type Engine, given, levelGiven, type MappedDetection, type Members, membersOf } from "./engine.ts";
import { fieldsOf, type LogSubject, mergedSubject, subjectOf } from "./log-subject.ts";

/**
 * Where a match's time stands, best first: EVTX and correlations, Sysmon (UTC without saying so), collectors. NXLog's EventTime
 * comes last because it is local time without a zone.
 */
const timeNames = [
  "SystemTime",
  "UtcTime",
  "@timestamp",
  "timestamp",
  "TimeCreated",
  "TimeGenerated",
  "eventTime",
  "EventTime",
];

export const zircolite: Engine<MappedDetection> = {
  list: ["matches"],

  recognises: ({ members, envelope }) => {
    const rule = envelope ?? members;
    // A listed match is told by its rule's members, of which some depend on the template.
    const known = ["sigma", "sigmafile", ...(envelope === null ? [] : ["count", "tags", "description"])];
    return "rule_level" in rule || ("title" in rule && known.some((name) => name in rule));
  },

  map({ text, members, envelope }) {
    // A rule that came without its list of matches is no detection; its members are complained about.
    const rule = envelope ?? members;
    const level = levelGiven(rule.rule_level);
    return {
      members: {
        ...(members.result_type === "correlation" ? correlationSubject(members) : matchSubject(members)),
        rule_title: rule.title,
        rule_id: rule.id,
        rule_author: rule.author,
        timestamp: timeOf(members),
        level: level.word,
        tags: rule.tags,
      },
      names: {
        rule_title: "title",
        rule_id: "id",
        rule_author: "author",
        timestamp: timeNames.join(" or "),
        level: "rule_level",
        raw: "matches",
      },
      log: envelope === null ? null : { kind: "json", text },
      warning: level.warning,
    };
  },
};

/** The first time that can be read; where none can, the first that is there. */
function timeOf(match: Members): string | undefined {
  const times = timeNames.map((name) => given(match[name])).filter((time) => time !== null);
  return times.find((time) => parseTime(time) !== null) ?? times[0] ?? given(match.window_end) ?? undefined;
}

function matchSubject(match: Members): LogSubject {
  const flat = subjectOf(fieldsOf(match));
  const subject = isEcs(match) ? mergedSubject(flat, ecsSubject(match)) : flat;
  // `host` is the collector in NXLog's records; elsewhere it may be all there is.
  return { ...subject, host: subject.host ?? given(match.host) };
}

/** The subject that the window was grouped by; if it names nobody, that of the first event. */
function correlationSubject(match: Members): LogSubject {
  const grouped = subjectOf(fieldsOf(match, match.group_keys));
  if (grouped.user !== null || grouped.host !== null || grouped.src_ip !== null) return grouped;
  const evidence = membersOf(Array.isArray(match.evidence) ? match.evidence[0] : null);
  return subjectOf(fieldsOf(evidence.event));
}
