/** Elastic Security alerts: a search hit, its `_source` or its `fields`; keys dotted, nested or both; since 8.0 `kibana.alert.*`, before `signal.*`. */
import { attackIdTags, tacticTag } from "./attack-tags.ts";
import {
  type Engine,
  firstGiven,
  given,
  isMembers,
  type MappedDetection,
  type Members,
  memberText,
  textsOf,
} from "./engine.ts";
import { fieldsOf, subjectOf } from "./log-subject.ts";

export const elastic: Engine<MappedDetection> = {
  list: ["hits", "hits"],

  recognises: ({ members }) => {
    const document = documentOf(members);
    return prefixOf(document) !== null;
  },

  map({ text, members }) {
    const document = documentOf(members);
    const value = (path: string) => valuesAt(document, path)[0];
    const prefix = prefixOf(document) ?? "kibana.alert";
    const rule = `${prefix}.rule`;
    const isSignal = prefix === "signal";
    const original = value("event.original");
    return {
      members: {
        ...subject(document),
        id: firstGiven(value("kibana.alert.uuid"), members._id),
        rule_title: value(`${rule}.name`),
        rule_id: firstGiven(value(`${rule}.rule_id`), value(`${rule}.uuid`), value(`${rule}.id`)),
        rule_author: textsOf(valuesAt(document, `${rule}.author`)).join(", "),
        // When it happened; @timestamp is when the rule ran.
        timestamp: value(`${prefix}.original_time`) ?? value("@timestamp"),
        level: isSignal ? value(`${rule}.severity`) : (value("kibana.alert.severity") ?? value(`${rule}.severity`)),
        risk: isSignal
          ? value(`${rule}.risk_score`)
          : (value("kibana.alert.risk_score") ?? value(`${rule}.risk_score`)),
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
      warning: null,
    };
  },
};

/** A hit's `_source`, else its `fields`, else the record itself. */
function documentOf(members: Members): Members {
  if (isMembers(members._source)) return members._source;
  return isMembers(members.fields) && ("_id" in members || "_index" in members) ? members.fields : members;
}

function prefixOf(document: Members): "kibana.alert" | "signal" | null {
  if (valuesAt(document, "kibana.alert.rule.name").length > 0) return "kibana.alert";
  return valuesAt(document, "signal.rule.name").length > 0 ? "signal" : null;
}

/** ECS names; what they leave open is read from the Windows event. */
function subject(document: Members) {
  const value = (path: string) => valuesAt(document, path)[0];
  const eventData = valuesAt(document, "winlog.event_data")[0] ?? dottedEventData(document);
  const name = given(value("user.name"));
  const domain = given(value("user.domain"));
  const fromEvent = subjectOf(
    fieldsOf(eventData, { EventID: value("winlog.event_id"), Channel: value("winlog.channel") }),
  );
  return {
    ...fromEvent,
    user: name !== null && domain !== null && !/[\\@]/.test(name) ? `${domain}\\${name}` : (name ?? fromEvent.user),
    host: firstGiven(value("host.name"), value("host.hostname"), value("winlog.computer_name")),
    src_ip: firstGiven(value("source.ip")) ?? fromEvent.src_ip,
    event_id: firstGiven(value("winlog.event_id"), value("event.code")),
    provider: firstGiven(value("winlog.provider_name"), value("event.provider")),
    record_id: firstGiven(value("winlog.record_id")),
  };
}

/** `winlog.event_data.X` of a document with dotted keys. */
function dottedEventData(document: Members): Members {
  const prefix = "winlog.event_data.";
  const entries = Object.entries(document).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}

function tagsOf(document: Members, threat: string): string[] {
  return [
    ...textsOf(valuesAt(document, `${threat}.tactic.name`)).map(tacticTag),
    ...attackIdTags(textsOf(valuesAt(document, `${threat}.technique.id`))),
    ...attackIdTags(textsOf(valuesAt(document, `${threat}.technique.subtechnique.id`))),
  ];
}

/** Every value at a dotted path, whichever of its dots are inside a key, through arrays; null ones left out. */
function valuesAt(node: unknown, path: string): unknown[] {
  if (Array.isArray(node)) return node.filter(isMembers).flatMap((item) => valuesAt(item, path));
  if (!isMembers(node)) return [];
  const found = node[path];
  if (found !== undefined && found !== null) return Array.isArray(found) ? found : [found];
  for (let dot = path.lastIndexOf("."); dot > 0; dot = path.lastIndexOf(".", dot - 1)) {
    const values = valuesAt(node[path.slice(0, dot)], path.slice(dot + 1));
    if (values.length > 0) return values;
  }
  return [];
}
