/** Chainsaw: `hunt --json` or `--jsonl`. An "aggregate" (a count rule) is one detection per document. */
import { ecsSubject, isEcs } from "./ecs.ts";
import {
  type Engine,
  type EngineRecord,
  firstGiven,
  isMembers,
  levelGiven,
  type MappedDetection,
  type Members,
  membersOf,
  memberText,
  textsOf,
} from "./engine.ts";
import { eventFields, fieldsOf, type LogSubject, mergedSubject, subjectOf } from "./log-subject.ts";

export const chainsaw: Engine<MappedDetection> = {
  list: ["documents"],

  recognises: ({ members, envelope }) => {
    const hit = envelope ?? members;
    return "name" in hit && (hit.kind === "aggregate" || (hit.kind === "individual" && "document" in members));
  },

  map(record) {
    const { text, members, envelope } = record;
    const hit = envelope ?? members;
    const log = envelope === null ? memberText(text, "document", "data") : memberText(text, "data");
    const level = levelGiven(hit.level);
    return {
      members: {
        ...subjectIn(record),
        rule_title: hit.name,
        rule_id: hit.id,
        rule_author: textsOf(hit.authors).join(", "),
        // An aggregate's time is that of its first document.
        timestamp: (envelope === null ? null : timeIn(record)) ?? hit.timestamp,
        level: level.word,
        tags: hit.tags,
      },
      names: { rule_title: "name", rule_id: "id", rule_author: "authors", raw: "document.data" },
      log: log === null ? null : { kind: log.startsWith("{") ? "json" : "text", text: log },
      warning: level.warning,
    };
  },
};

/** What was searched: an event log, or an export in JSON, of which Elastic's are wrapped in a search hit. */
function dataOf({ members, envelope }: EngineRecord): Members {
  const document = envelope === null ? membersOf(members.document) : members;
  const data = membersOf(document.data);
  return isMembers(data._source) ? data._source : data;
}

function subjectIn(record: EngineRecord): LogSubject {
  const data = dataOf(record);
  if (isMembers(data.Event)) return subjectOf(eventFields(data.Event));
  const flat = subjectOf(fieldsOf(data));
  return isEcs(data) ? mergedSubject(ecsSubject(data), flat) : flat;
}

/** Time of one document of an aggregate. */
function timeIn(record: EngineRecord): string | null {
  const data = dataOf(record);
  return isMembers(data.Event)
    ? eventFields(data.Event)("SystemTime")
    : firstGiven(data.SystemTime, data["@timestamp"]);
}
