/** Wazuh: lines of `alerts.json`, or the same documents from its indexer; and the findings of Wazuh 5, which are another schema. */
import { attackIdTags, tacticTag } from "./attack-tags.ts";
import {
  type Engine,
  firstGiven,
  given,
  isMembers,
  type MappedDetection,
  type Members,
  membersOf,
  memberText,
  textsOf,
} from "./engine.ts";
import { asAddress, type FieldReader, fieldsOf, type LogSubject, subjectOf } from "./log-subject.ts";
import { cloudSubject } from "./wazuh-cloud.ts";
import { bandOf, isFinding, mapFinding } from "./wazuh-findings.ts";

export const wazuh: Engine<MappedDetection> = {
  list: ["hits", "hits"],

  recognises: ({ members }) => {
    const alert = alertOf(members);
    if (isFinding(alert)) return true;
    const rule = membersOf(alert.rule);
    return "level" in rule && "description" in rule && (isMembers(alert.agent) || isMembers(alert.manager));
  },

  map({ text, members }) {
    const alert = alertOf(members);
    if (isFinding(alert)) return mapFinding(text, alert, members._id);
    const rule = membersOf(alert.rule);
    const mitre = membersOf(rule.mitre);
    const fullLog = given(alert.full_log);
    return {
      members: {
        ...subject(alert),
        id: firstGiven(alert.id, members._id),
        rule_title: rule.description,
        rule_id: given(rule.id),
        timestamp: alert.timestamp ?? alert["@timestamp"],
        level: bandOf(rule.level),
        tags: [...textsOf(mitre.tactic).map(tacticTag), ...attackIdTags(textsOf(mitre.id))],
      },
      names: { rule_title: "rule.description", level: "rule.level (0-16)" },
      log:
        fullLog === null
          ? { kind: "json", text: memberText(text, "_source") ?? text }
          : { kind: "text", text: fullLog },
      warning: null,
    };
  },
};

/** From the indexer the alert is the hit's `_source`. */
function alertOf(members: Members): Members {
  return isMembers(members._source) ? members._source : members;
}

function subject(alert: Members): LogSubject {
  const data = membersOf(alert.data);
  const windows = membersOf(data.win);
  const agent = membersOf(alert.agent);
  const fromEvent = subjectOf(camelCased(fieldsOf(windows.system, windows.eventdata)));
  const provider = fromEvent.provider ?? given(membersOf(alert.decoder).name);
  // A cloud's records are fetched by an agent, mostly by the manager: so the agent is not the host concerned.
  const cloud = cloudSubject(alert);
  if (cloud !== null) return { ...fromEvent, ...cloud, provider };
  // Agent 000 is the manager itself: what it reports may have come to it over syslog.
  const sender = given(agent.id) === "000" ? membersOf(alert.predecoder).hostname : null;
  return {
    ...fromEvent,
    user:
      fromEvent.user ??
      firstGiven(data.srcuser, data.dstuser, data.user, data.src_user, membersOf(data.audit).acct) ??
      fileChanger(membersOf(membersOf(alert.syscheck).audit)),
    host: fromEvent.host ?? firstGiven(sender, agent.name, agent.ip),
    src_ip: fromEvent.src_ip ?? asAddress(firstGiven(data.srcip, data.src_ip)),
    provider,
  };
}

/** Who changed a file: the login user, which sudo does not change; else the effective user. */
function fileChanger(audit: Members): string | null {
  const names = [audit.login_user, audit.user, audit.effective_user].map((user) => given(membersOf(user).name));
  return names.find((name) => name !== null && name !== "unset") ?? null;
}

/** Wazuh writes Windows' names with a small first letter, and backslashes in values twice. */
function camelCased(field: FieldReader): FieldReader {
  return (name) => field(name.charAt(0).toLowerCase() + name.slice(1))?.replaceAll("\\\\", "\\") ?? null;
}
