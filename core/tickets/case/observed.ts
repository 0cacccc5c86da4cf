/** What was seen in an incident, gathered from its rules and their sample events: the words that narrative and recommendations are made of. */
import { techniqueName } from "../../attack/attack.ts";
import { distinctAccounts, isOwnAccount } from "../../logs/accounts.ts";
import { type EventFacts, eventFacts } from "../../logs/log-facts.ts";
import type { CaseFacts, RuleSample } from "./case-facts.ts";
import { isOfUnix } from "./machine-kinds.ts";

export type Rule = CaseFacts["rules"][number];

export interface ObservedRule {
  rule: Rule;
  sample: RuleSample | null;
  event: EventFacts | null;
  hosts: string[];
  users: string[];
}

/** One object of a step: words for the sentence, names for the command, and the rules that it is of. */
export interface Target {
  words: Readonly<Record<string, string>>;
  names: Readonly<Record<string, readonly string[]>>;
  rules: readonly ObservedRule[];
  isLinux?: boolean;
  /** Machines on which neither Windows' nor Linux' commands can be relied on, and accounts of a cloud alone: only the way by hand is told. */
  isForeign?: boolean;
  /** Whether an account is one of a single machine. */
  isLocal?: boolean;
}

export interface Observed {
  rules: ObservedRule[];
  /** Every host, as it was first written; the actor too where it is one. */
  hosts: string[];
  /** Every account, the actor first where it is one. */
  users: string[];
  /** Lower case. */
  linuxHosts: ReadonlySet<string>;
  /** Whether it is all about calls of a cloud. */
  isCloud: boolean;
  /** Whether it is all about sign-ins and settings of an identity provider or an office suite in a cloud. */
  isOnline: boolean;
}

export function observe(facts: CaseFacts): Observed {
  const samples = new Map(facts.samples.map((sample) => [sample.key, sample]));
  const rules = facts.rules.map((rule): ObservedRule => {
    const sample = samples.get(rule.key) ?? null;
    const event = sample?.log == null ? null : eventFacts(sample.log);
    const users = [sample?.user ?? "", event?.account ?? ""].filter(isOwnAccount);
    return { rule, sample, event, hosts: rule.hosts, users };
  });
  const { group_key: actor, actor_type: type } = facts.body;
  const each = (pick: (one: ObservedRule) => readonly string[]) => distinct(rules.flatMap(pick));
  const hosts = distinct([...(type === "host" ? [actor] : []), ...each((one) => one.hosts)]);
  return {
    rules,
    hosts,
    users: distinctAccounts(
      [...(type === "user" ? [actor] : []), ...facts.users, ...each(({ users }) => users)],
      new Map(rules.flatMap(({ event }) => event?.sids ?? [])),
    ),
    linuxHosts: new Set(
      rules
        .filter(({ rule: { title, techniques }, event }) => isOfUnix({ title, event }, techniques))
        .flatMap(({ hosts }) => hosts),
    ),
    isOnline:
      rules.length > 0 && rules.every(({ event, hosts }) => event !== null && hosts.length === 0 && isOnline(event)),
    isCloud:
      rules.length > 0 && rules.every(({ event, hosts }) => event !== null && hosts.length === 0 && isOfCloud(event)),
  };
}

/** Without case, empty ones left out; as first written. */
function distinct(list: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const one of list) if (one.trim() !== "" && !seen.has(one.toLowerCase())) seen.set(one.toLowerCase(), one);
  return [...seen.values()];
}

function isOfCloud({ entries }: EventFacts): boolean {
  return entries.some(([name]) =>
    /^(?:eventSource|awsRegion|requestParameters|operationName|protoPayload|userIdentity|recipientAccountId)$/i.test(
      name,
    ),
  );
}

/** Entra, Microsoft 365, Okta, Google Workspace. */
function isOnline({ entries }: EventFacts): boolean {
  return entries.some(([name]) =>
    /^(?:activityDisplayName|userPrincipalName|initiatedBy|conditionalAccessStatus|correlationId|Workload|OrganizationId|RecordType|alternateId|eventType|Operation|legacyEventType|id\.applicationName)$/i.test(
      name,
    ),
  );
}

/** `T1059.001 PowerShell`, without the technique above it. */
export function techniqueLabel(id: string): string {
  const name = techniqueName(id).split(": ").at(-1) ?? id;
  return name === id ? id : `${id} ${name}`;
}

/** `a, b and 3 more`. */
export function some(list: readonly string[], most: number): string {
  if (list.length <= 1) return list[0] ?? "";
  if (list.length <= most) return `${list.slice(0, -1).join(", ")} and ${list.at(-1)}`;
  return `${list.slice(0, most).join(", ")} and ${list.length - most} more`;
}
