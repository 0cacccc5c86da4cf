/** Chainsaw: `hunt --json` or `--jsonl`. An "aggregate" (a count rule) is one detection per document. */
import {
  type Engine,
  type EngineRecord,
  given,
  isMembers,
  type MappedDetection,
  membersOf,
  memberText,
  textsOf,
} from "./engine.ts";
import { eventFields, type FieldReader, fieldsOf, subjectOf } from "./log-subject.ts";

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
    const field = fieldReader(record);
    return {
      members: {
        ...subjectOf(field),
        rule_title: hit.name,
        rule_id: hit.id,
        rule_author: textsOf(hit.authors).join(", "),
        // An aggregate's time is that of its first document.
        timestamp: (envelope === null ? null : field("SystemTime")) ?? hit.timestamp,
        level: given(hit.level)?.toLowerCase() === "info" ? "informational" : hit.level,
        tags: hit.tags,
      },
      names: { rule_title: "name", rule_id: "id", rule_author: "authors", raw: "document.data" },
      log: log === null ? null : { kind: log.startsWith("{") ? "json" : "text", text: log },
      warning: null,
    };
  },
};

function fieldReader({ members, envelope }: EngineRecord): FieldReader {
  const document = envelope === null ? membersOf(members.document) : members;
  const data = membersOf(document.data);
  return isMembers(data.Event) ? eventFields(data.Event) : fieldsOf(data);
}
