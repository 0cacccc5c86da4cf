/** Kinds of evidence that serious steps ask for: told by what logs and rules say, never by a tag that a rule shares with ten others alone. */
import { isReplication } from "../../logs/event-text.ts";
import type { ObservedRule } from "./observed.ts";
import type { EvidenceKind } from "./recommendation-table.ts";

type Sign = (one: ObservedRule, said: string) => boolean;

const has = ({ rule }: ObservedRule, ...ids: readonly string[]) =>
  rule.techniques.some((id) => ids.some((wanted) => id === wanted || id.startsWith(`${wanted}.`)));

/** Whether of all sub-techniques of one technique the rule names these alone: then its tag says what it saw. */
const only = ({ rule }: ObservedRule, technique: string, ...ids: readonly string[]) => {
  const own = rule.techniques.filter((id) => id.startsWith(`${technique}.`));
  return own.length > 0 && own.every((id) => ids.includes(id));
};

/** Where a rule names no technique its title says what it saw; what was stopped, or only looks like it, has done no damage. */
const isUntagged = ({ rule }: ObservedRule, title: RegExp) =>
  rule.techniques.length === 0 && title.test(rule.title) && !stopped.test(rule.title);
const stopped =
  /\b(?:prevent|block|quarantin|denied|deny|remediat|clean|protect|simulat|training|retention|polic(?:y|ies)|readiness|test)/i;
const damageTitle =
  /ransom|\bwiper\b|(?:files?|disks?|vmdk|machines?)\b.*\bencrypted\b|\b(?:mass|bulk)\b.*\bencrypt|\bencrypt(?:ed|s|ion)\b.*(?:files|disks?|vmdk|machines)/i;
const recoveryTitle =
  /(?:shadow cop|\bvss\b|backup|snapshot|restore point|recovery vault).*(?:delet|disabl|wip|destr|remov)|(?:delet|disabl|wip|destr|remov)\w*\b.*(?:shadow cop|\bvss\b|backups?\b|snapshot|restore point)/i;

const signs: Readonly<Record<EvidenceKind, Sign>> = {
  credential_dump: (one, said) =>
    has(one, "T1003.001", "T1003.002", "T1003.004", "T1003.005") ||
    (has(one, "T1003") && /lsass|sam\b|mimikatz|sekurlsa|dump/i.test(said)) ||
    /\blsass\.exe$/i.test(one.event?.target ?? ""),
  replication: (one, said) =>
    (one.event !== null && isReplication(one.event)) ||
    only(one, "T1003", "T1003.006") ||
    /\bdc ?sync\b|directory replication/i.test(said),
  // Rights that somebody was given are not yet a replication.
  replicated: (one, said) =>
    (one.event !== null && isReplication(one.event)) ||
    (one.event?.eventId !== "5136" &&
      /\bdc ?sync\b|directory replication/i.test(said) &&
      !/right|permission|acl\b|extend/i.test(one.rule.title)),
  forged_tickets: (one, said) =>
    only(one, "T1558", "T1558.001", "T1558.002") ||
    /\b(?:golden|silver|diamond|sapphire|forged) tickets?\b|kerberos::(?:golden|silver)|\bticketer(?:\.py)?\b/i.test(
      said,
    ),
  directory_dump: (one, said) => only(one, "T1003", "T1003.003") || /\bntds(?:\.dit|util)?\b/i.test(said),
  damage: (one, said) =>
    isUntagged(one, damageTitle) ||
    (has(one, "T1485", "T1486", "T1561", "T1491") &&
      /ransom|encrypt|\bwip(?:e|er|ing)\b|overwrit|destr[ou]|defac|sdelete|\bcipher(?:\.exe)?\s+\/w|mass(?:ive)?\s.*delet|disk.*(?:format|eras)|\bdel(?:ete|etion)\b.*(?:backup|data|files)/i.test(
        said,
      )),
  recovery_inhibited: (one, said) =>
    isUntagged(one, recoveryTitle) ||
    (has(one, "T1490") &&
      /(?:delet|disabl|resiz|remov|inhibit|stop|tamper)\w*.*(?:shadow|vss|backup|recover|restore)|(?:shadow|backup|catalog|recover|restore)\w*.*(?:delet|disabl|resiz|remov|inhibit|\bno\b)|recoveryenabled|ignoreallfailures|boot configuration tamper/i.test(
        said,
      )),
  log_cleared: (one, said) =>
    /^(?:1102|104)$/.test(one.event?.eventId ?? "") ||
    (has(one, "T1070.001", "T1070.002", "T1685.005", "T1685.006") && /clear|delet|wip/i.test(said)),
};

/** The rules that show each kind. */
export function evidenceOf(rules: readonly ObservedRule[]): ReadonlyMap<EvidenceKind, ObservedRule[]> {
  const said = (one: ObservedRule) =>
    [one.rule.title, one.event?.commandLine ?? "", one.event?.script ?? ""]
      .map((text) => text.slice(0, 1_000))
      .join(" ");
  return new Map(
    Object.entries(signs).map(([kind, holds]) => [kind as EvidenceKind, rules.filter((one) => holds(one, said(one)))]),
  );
}
