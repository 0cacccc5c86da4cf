/** Elastic Security alerts: a search hit, its `_source` or its `fields`; keys dotted, nested or both; since 8.0 `kibana.alert.*`, before `signal.*`. */

import { scalarText } from "../../text/own.ts";
import { parseRecord } from "../record-fields.ts";
import { attackIdTags, tacticTag } from "./attack-tags.ts";
import { ecsSubject, valuesAt } from "./ecs.ts";
import {
  handedSubject,
  isBuildingBlock,
  isSequenceEvent,
  mayBeOfSequence,
  sequenceOf,
  sequenceSubjects,
} from "./elastic-sequences.ts";
import {
  type Engine,
  firstGiven,
  isMembers,
  type MappedDetection,
  type Members,
  memberText,
  numberGiven,
  textsOf,
} from "./engine.ts";
import { mergedSubject } from "./log-subject.ts";

const sequencePart = "building block of a sequence: the sequence's own alert counts, this event of it does not";
const blockAlone = "building block: taken as informational, because its rule says that it is no alert by itself";

export const elastic: Engine<MappedDetection> = {
  list: ["hits", "hits"],

  relate(texts) {
    const documents = new Map<number, Members>();
    for (const [index, text] of texts.entries()) {
      const parsed = mayBeOfSequence(text) ? parseRecord(text) : null;
      if (parsed?.ok) documents.set(index, documentOf(parsed.members));
    }
    const subjects = sequenceSubjects([...documents.values()]);
    const given = new Map<number, Members>();
    for (const [index, document] of documents) {
      const sequence = subjects.get(sequenceOf(document) ?? "");
      if (sequence !== undefined) given.set(index, { sequence });
    }
    return given;
  },

  recognises: ({ members }) => {
    const document = documentOf(members);
    return prefixOf(document) !== null;
  },

  map({ text, members, envelope }) {
    const document = documentOf(members);
    const value = (path: string) => valuesAt(document, path)[0];
    const prefix = prefixOf(document) ?? "kibana.alert";
    const rule = `${prefix}.rule`;
    const isSignal = prefix === "signal";
    const original = value("event.original");
    const block = isBuildingBlock(document, prefix);
    // Kibana does not show it either.
    if (isSequenceEvent(document)) return { members: {}, names: {}, log: null, warning: null, repeats: sequencePart };
    const subject = mergedSubject(ecsSubject(document), ecsSubject(countedBy(document, prefix)));
    const sequence = handedSubject(envelope);
    const severity = isSignal
      ? value(`${rule}.severity`)
      : (value("kibana.alert.severity") ?? value(`${rule}.severity`));
    const risk = isSignal
      ? value(`${rule}.risk_score`)
      : (value("kibana.alert.risk_score") ?? value(`${rule}.risk_score`));
    return {
      members: {
        ...(sequence === null ? subject : mergedSubject(subject, sequence)),
        id: firstGiven(value("kibana.alert.uuid"), members._id),
        rule_title: value(`${rule}.name`),
        rule_id: firstGiven(value(`${rule}.rule_id`), value(`${rule}.uuid`), value(`${rule}.id`)),
        rule_author: textsOf(valuesAt(document, `${rule}.author`)).join(", "),
        // When it happened; @timestamp is when the rule ran.
        timestamp: value(`${prefix}.original_time`) ?? value("@timestamp"),
        level: block ? "informational" : severity,
        risk: block ? undefined : numberGiven(risk),
        tags: tagsOf(document, `${rule}.threat`),
      },
      names: {
        rule_title: `${rule}.name`,
        rule_id: `${rule}.rule_id`,
        rule_author: `${rule}.author`,
        timestamp: `${prefix}.original_time or @timestamp`,
        level: isSignal ? `${rule}.severity` : "kibana.alert.severity",
        risk: isSignal ? `${rule}.risk_score` : "kibana.alert.risk_score",
      },
      log:
        typeof original === "string" && original.trim() !== ""
          ? { kind: "text", text: original }
          : { kind: "json", text: memberText(text, "_source") ?? text },
      warning: block ? blockAlone : null,
    };
  },
};

/** A hit's `_source`, else its `fields`, else the record itself. */
function documentOf(members: Members): Members {
  if (isMembers(members._source)) return members._source;
  return isMembers(members.fields) && ("_id" in members || "_index" in members) ? members.fields : members;
}

/** What a threshold rule counted by, `{field, value}` each, as a document of these fields. */
function countedBy(document: Members, prefix: string): Members {
  const terms = valuesAt(document, `${prefix}.threshold_result.terms`).filter(isMembers);
  return Object.fromEntries(terms.map(({ field, value }) => [scalarText(field), value]));
}

function prefixOf(document: Members): "kibana.alert" | "signal" | null {
  if (valuesAt(document, "kibana.alert.rule.name").length > 0) return "kibana.alert";
  return valuesAt(document, "signal.rule.name").length > 0 ? "signal" : null;
}

function tagsOf(document: Members, threat: string): string[] {
  return [
    ...textsOf(valuesAt(document, `${threat}.tactic.name`)).map(tacticTag),
    ...attackIdTags(textsOf(valuesAt(document, `${threat}.technique.id`))),
    ...attackIdTags(textsOf(valuesAt(document, `${threat}.technique.subtechnique.id`))),
  ];
}
