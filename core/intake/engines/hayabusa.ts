/** Hayabusa: `json-timeline`, since 4.0 `dfir-timeline -t json|jsonl`, in every profile. It gives no original log, so its own record is the log. */
import { attackIdTags, tacticTag } from "./attack-tags.ts";
import { type Engine, given, isMembers, levelGiven, type MappedDetection, type Members, textsOf } from "./engine.ts";
import { hayabusaChannels, hayabusaLevels, hayabusaTactics } from "./hayabusa-words.ts";
import { type FieldReader, fieldsOf, subjectOf } from "./log-subject.ts";

/** Between fields and between the items of a list, where they are one text. */
const bar = " ¦ ";

/** Windows names of fields → what Hayabusa's rules call them in Details. */
const detailNames: Readonly<Record<string, string>> = {
  TargetUserName: "TgtUser",
  SubjectUserName: "SrcUser",
  IpAddress: "SrcIP",
};

export const hayabusa: Engine<MappedDetection> = {
  list: null,

  recognises: ({ members }) =>
    members.timestamp_desc === "hayabusa" || ("RuleTitle" in members && "Timestamp" in members),

  map({ text, members }) {
    const timesketch = "datetime" in members;
    const channel = given(members.Channel);
    const word = typeof members.Level === "string" ? members.Level.trim().toLowerCase() : "";
    const level = levelGiven(hayabusaLevels.get(word) ?? members.Level);
    return {
      members: {
        ...subjectOf(fieldReader(members)),
        rule_title: members.RuleTitle ?? members.message,
        rule_id: members.RuleID,
        rule_author: members.RuleAuthor,
        timestamp: members.Timestamp ?? members.datetime,
        level: level.word,
        tags: tagsOf(members),
        channel: hayabusaChannels.get(channel ?? "") ?? channel,
        record_id: given(members.RecordID),
      },
      names: {
        rule_title: timesketch ? "message" : "RuleTitle",
        rule_id: "RuleID",
        rule_author: "RuleAuthor",
        timestamp: timesketch ? "datetime" : "Timestamp",
        level: "Level",
      },
      log: { kind: "json", text },
      warning: level.warning,
    };
  },
};

function fieldReader(members: Members): FieldReader {
  const readers = [members.Details, members.ExtraFieldInfo, members.AllFieldInfo].map((info) =>
    fieldsOf(fieldsIn(info)),
  );
  const record = fieldsOf(members);
  return (name) => {
    for (const read of readers) {
      const value = read(detailNames[name] ?? name) ?? read(name);
      if (value !== null) return value;
    }
    return record(name);
  };
}

/** Fields as an object, or as text `User: a ¦ SrcIP: b`; `"DUP"` (-R) has none. */
function fieldsIn(info: unknown): Members {
  if (isMembers(info)) return info;
  const pairs = typeof info === "string" ? info.split(bar).map((pair) => pair.split(/: (.*)/s)) : [];
  return Object.fromEntries(pairs.map(([name, value]) => [name?.trim() ?? "", value ?? ""]));
}

function tagsOf(members: Members): string[] {
  return [
    ...listOf(members.MitreTactics).map((name) => tacticTag(hayabusaTactics.get(name) ?? name)),
    ...attackIdTags(listOf(members.MitreTags)),
    ...listOf(members.OtherTags),
  ];
}

function listOf(value: unknown): string[] {
  return textsOf(typeof value === "string" ? value.split(bar) : value);
}
