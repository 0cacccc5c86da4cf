/** Findings of Wazuh 5: documents of the Elastic Common Schema with `wazuh.rule` and `wazuh.agent`; the level is a word. */
import { attackIdTags, tacticTag } from "./attack-tags.ts";
import { ecsSubject, valuesAt } from "./ecs.ts";
import { firstGiven, levelGiven, type MappedDetection, type Members, memberText, textsOf } from "./engine.ts";

/** Wazuh's usual bands of a numeric level (0-16): the lowest level of each. */
const bands = [
  [15, "critical"],
  [12, "high"],
  [7, "medium"],
  [0, "low"],
] as const;

/** A level that is a number (or a number as text) by its band; words as they are. */
export function bandOf(level: unknown): unknown {
  const number = typeof level === "string" && /^\d+$/.test(level) ? Number(level) : level;
  if (typeof number !== "number" || number < 0 || number > 16) return level;
  return bands.find(([lowest]) => number >= lowest)?.[1];
}

export function isFinding(document: Members): boolean {
  return ["title", "name", "id", "level", "description"].some(
    (name) => valuesAt(document, `wazuh.rule.${name}`).length > 0,
  );
}

/** `id`: the search hit's, where it came in one. */
export function mapFinding(text: string, document: Members, id: unknown): MappedDetection {
  const value = (path: string) => valuesAt(document, path)[0];
  const rule = (name: string) => value(`wazuh.rule.${name}`);
  const all = (path: string) => textsOf(valuesAt(document, `wazuh.rule.${path}`));
  const subject = ecsSubject(document);
  const level = levelGiven(bandOf(rule("level") ?? rule("severity")));
  const original = firstGiven(value("event.original"));
  const tactics = [...all("mitre.tactic.name"), ...all("mitre.tactic"), ...all("mitre.tactics")];
  const techniques = ["technique.id", "technique", "techniques", "id", "subtechnique.id", "subtechnique"];
  return {
    members: {
      ...subject,
      host: subject.host ?? firstGiven(value("wazuh.agent.host.hostname"), value("wazuh.agent.name")),
      id: firstGiven(id, value("event.id"), value("wazuh.event.id")),
      rule_title: rule("title") ?? rule("name") ?? rule("description"),
      rule_id: firstGiven(rule("id")),
      rule_author: firstGiven(rule("author")),
      timestamp: value("@timestamp") ?? value("timestamp"),
      level: level.word,
      tags: [
        ...tactics.filter((name) => !/^TA\d{4}$/i.test(name)).map(tacticTag),
        ...attackIdTags(techniques.flatMap((path) => all(`mitre.${path}`))),
        ...all("tags").filter((tag) => tag.startsWith("attack.")),
      ],
    },
    names: {
      rule_title: "wazuh.rule.title (a finding of Wazuh 5)",
      level: "wazuh.rule.level (a finding of Wazuh 5)",
      timestamp: "@timestamp (a finding of Wazuh 5)",
    },
    log:
      original === null
        ? { kind: "json", text: memberText(text, "_source") ?? text }
        : { kind: "text", text: original },
    warning: level.warning,
  };
}
