/** What the steps of an incident are about: hosts, accounts and objects that its logs name and that may be acted on. */
import { accountName, isOwnAccount } from "../../logs/accounts.ts";
import { isPublicAddress, isRemoteAddress } from "../../logs/addresses.ts";
import { isExternalName } from "../../logs/domain-names.ts";
import type { EventFacts } from "../../logs/log-facts.ts";
import type { CaseFacts } from "./case-facts.ts";
import { fileTargets, hostOf, programsOf } from "./file-targets.ts";
import type { HostRoles } from "./host-roles.ts";
import { type Observed, type ObservedRule, some, type Target } from "./observed.ts";
import type { StepObject } from "./recommendation-table.ts";
import { shown } from "./seen-words.ts";

/** How many objects of a kind are told one by one. */
const mostOfAKind = 2;
/** Events by which another machine logs on or asks this one for something. */
const comesIn = /^(?:4624|4625|4648|4768|4769|4771|4776|5140|5145)$/;
/** Objects that are not on the machine itself. */
const ofNetwork: ReadonlySet<StepObject> = new Set(["addresses", "private_addresses", "domains", "new_accounts"]);
const runKey = /\\(?:run|runonce|runonceex|runservices|policies\\explorer\\run)\\[^\\]+$/i;
const setting =
  /\\control\\(?:lsa|terminal server|securityproviders|safeboot|wmi\\autologger)\\|\\windows defender\\|\\policies\\|\\currentversion\\(?:winlogon|image file execution options)\\|\\services\\(?:eventlog|lanmanserver|ldap|w32time)\\/i;
const hidden = /^\\microsoft\\/i;

export class StepTargets {
  readonly #facts: CaseFacts;
  readonly #observed: Observed;
  readonly #roles: HostRoles;

  constructor(facts: CaseFacts, observed: Observed, roles: HostRoles) {
    this.#facts = facts;
    this.#observed = observed;
    this.#roles = roles;
  }

  /** Objects of a kind among these rules, the most serious rules first. `os`: only hosts that may have it. `isGeneral`: the step is for any incident. */
  of(kind: StepObject, rules: readonly ObservedRule[], os?: string, isGeneral = false): Target[] {
    switch (kind) {
      case "incident":
        return [{ words: {}, names: {}, rules }];
      case "hosts":
      case "controllers":
      case "any_hosts":
      case "appliances":
        return this.#hosts(kind, rules, os, isGeneral);
      case "accounts":
      case "sensitive_accounts":
      case "all_accounts":
      case "cloud_accounts":
      case "cloud_roles":
      case "cloud_roots":
        return this.#accounts(kind, rules).slice(0, mostOfAKind);
      default:
        return this.#objects(kind, rules).slice(0, mostOfAKind);
    }
  }

  #hosts(
    kind: "hosts" | "controllers" | "any_hosts" | "appliances",
    rules: readonly ObservedRule[],
    os: string | undefined,
    isGeneral: boolean,
  ): Target[] {
    const actor = this.#facts.body.actor_type === "host" ? [this.#facts.body.group_key] : [];
    const named = distinct(rules.flatMap(({ hosts }) => hosts));
    const all = (named.length > 0 ? named : actor).filter(
      (host) =>
        os !== "windows" || !(this.#observed.linuxHosts.has(host.toLowerCase()) || this.#roles.isAppliance(host)),
    );
    const isController = (host: string) => this.#roles.isController(host);
    const isAppliance = (host: string) => this.#roles.isAppliance(host);
    // Without a sensor and with another system than others have: what these steps say is not to be done there.
    if (kind === "any_hosts")
      return this.#hostTarget(
        all.filter((host) => !isAppliance(host)),
        rules,
      );
    if (kind === "controllers") return this.#hostTarget(all.filter(isController), rules);
    if (kind === "appliances") return this.#hostTarget(all.filter(isAppliance), rules);
    const own = all.filter((host) => !isController(host) && !isAppliance(host));
    // An account that was used on a domain controller alone came from somewhere: the other hosts on which it was seen.
    const others =
      own.length === 0 && isGeneral
        ? this.#observed.hosts.filter((host) => !isController(host) && !isAppliance(host))
        : own;
    const isShared = (host: string) => this.#roles.isShared(host);
    return [
      ...this.#hostTarget(
        others.filter((host) => !isShared(host)),
        rules,
      ),
      ...this.#hostTarget(others.filter(isShared), rules, " once the owners of what depends on it agree"),
    ];
  }

  #hostTarget(hosts: readonly string[], rules: readonly ObservedRule[], consent = ""): Target[] {
    if (hosts.length === 0) return [];
    const own = rules.filter((one) => one.hosts.length === 0 || one.hosts.some((host) => hosts.includes(host)));
    const isLinux = hosts.every((host) => this.#observed.linuxHosts.has(host.toLowerCase()));
    return [
      {
        words: { hosts: some(hosts.map(shown), 3), consent, machine: this.#roles.machineKind(hosts[0] ?? "") ?? "" },
        names: { hosts },
        rules: own.length > 0 ? own : rules,
        isLinux,
        isForeign: hosts.some((host) => this.#roles.isAppliance(host)),
      },
    ];
  }

  #accounts(kind: StepObject, rules: readonly ObservedRule[]): Target[] {
    const { body } = this.#facts;
    const acting = distinct(rules.flatMap(({ sample }) => [sample?.user ?? ""])).filter(isOwnAccount);
    const all = this.#observed.users.filter(
      (user) => (body.actor_type === "user" && same(user, body.group_key)) || acting.some((one) => same(one, user)),
    );
    const cloudKind = (user: string) =>
      !(user.startsWith("arn:") || this.#observed.isCloud)
        ? null
        : /^arn:[^:]*:iam::\d*:root$/.test(user)
          ? "cloud_roots"
          : /:assumed-role\//.test(user)
            ? "cloud_roles"
            : "cloud_accounts";
    const isOfKind = (user: string) =>
      kind.startsWith("cloud_") ? cloudKind(user) === kind : cloudKind(user) === null;
    const hosts = new Set(this.#observed.hosts.map((host) => host.toLowerCase().split(".")[0]));
    return all
      .filter(isOfKind)
      .map((user) => ({ user, role: this.#roles.accountWords(user) }))
      .filter(
        ({ role }) => kind.startsWith("cloud_") || kind === "all_accounts" || (role === "") === (kind === "accounts"),
      )
      .map(({ user, role }) => {
        const own = rules.filter(({ sample }) => sample !== null && same(sample.user, user));
        return {
          words: { user: shown(user), account_role: role || "account" },
          names: { user: [accountName(user)] },
          rules: own.length > 0 ? own : rules,
          isLinux: own.length > 0 && own.every((one) => one.hosts.some((host) => this.#observed.linuxHosts.has(host))),
          isForeign: this.#observed.isOnline || user.startsWith("system:"),
          isLocal: isOfHost(hosts, [user, ...own.map(({ sample }) => sample?.user ?? "")]),
        };
      });
  }

  #objects(kind: StepObject, all: readonly ObservedRule[]): Target[] {
    // Nothing is ended, moved or deleted by a sensor where there is none: a disk of a virtual machine is a file there.
    const rules = ofNetwork.has(kind) ? all : all.filter((one) => !this.#roles.isAppliance(hostOf(one)));
    const files = fileTargets(kind, rules);
    if (files !== null) return files;
    const found = new Map<string, Target>();
    for (const one of rules) {
      const { event } = one;
      if (event === null) continue;
      for (const { key, words, names = {} } of this.#namedIn(kind, event, one)) {
        const host = hostOf(one);
        if (found.has(key) || key.trim() === "") continue;
        found.set(key, { words: { host: shown(host), ...words }, names: { host: [host], ...names }, rules: [one] });
      }
    }
    return [...found.values()];
  }

  #namedIn(kind: StepObject, event: EventFacts, { sample }: ObservedRule): Named[] {
    const { eventId, service, task, registryKey, account, group, ticketService } = event;
    switch (kind) {
      case "addresses":
        return this.#remote(event, sample?.ip ?? "")
          .filter(isPublicAddress)
          .map((ip) => ({ key: ip, words: { ip } }));
      case "private_addresses":
        return comesIn.test(eventId) &&
          isRemoteAddress(event.peer) &&
          !isPublicAddress(event.peer) &&
          !event.peer.includes("%")
          ? [{ key: event.peer, words: { ip: event.peer } }]
          : [];
      case "domains":
        return isExternalName(event.domain, [...this.#observed.hosts, ...this.#observed.users])
          ? [{ key: event.domain.toLowerCase(), words: { domain: shown(event.domain) } }]
          : [];
      case "dumps":
        return dumpsOf(event).map((file) => ({ key: file.toLowerCase(), words: { file: shown(file) } }));
      case "tasks":
        return /^(?:4698|106)$/.test(eventId) && !hidden.test(task)
          ? [{ key: task, words: { task: shown(task) } }]
          : [];
      case "disabled_tasks":
        return /^(?:4701|142)$/.test(eventId) && hidden.test(task) ? [{ key: task, words: { task: shown(task) } }] : [];
      case "run_keys":
        return /^(?:13|4657)$/.test(eventId) && runKey.test(registryKey)
          ? [{ key: registryKey, words: { key: shown(registryKey) } }]
          : [];
      case "settings":
        return /^(?:13|14|4657)$/.test(eventId) && setting.test(registryKey) && !runKey.test(registryKey)
          ? [{ key: registryKey, words: { key: shown(registryKey) } }]
          : [];
      case "subscriptions":
        return event.wmi === "" ? [] : [{ key: sample?.host ?? "", words: {} }];
      case "new_accounts":
        return eventId === "4720" && isOwnAccount(account) ? [{ key: account, words: { user: shown(account) } }] : [];
      case "group_changes":
        return /^47(?:28|32|56)$/.test(eventId) && isOwnAccount(account) && group !== ""
          ? [{ key: `${account} ${group}`, words: { user: shown(account), group: shown(group) } }]
          : [];
      case "ticket_services":
        return isOwnAccount(ticketService) && !/[/$]/.test(ticketService)
          ? [
              {
                key: ticketService,
                words: { service: shown(ticketService) },
                names: { service: [accountName(ticketService)] },
              },
            ]
          : [];
      case "services":
        return isForeignService(event)
          ? [{ key: service, words: { service: shown(service) }, names: { service: [service] } }]
          : [];
      default:
        return [];
    }
  }

  /** The other side of a connection; where the log does not say which it is, the only address that is not private. */
  #remote({ peer, ips, commandLine }: EventFacts, source: string): string[] {
    if (peer !== "") return [peer];
    const called = calledBy(commandLine);
    if (called.length > 0) return called;
    const open = distinct([...ips, source]).filter(isPublicAddress);
    return open.length === 1 && distinct([...ips, source]).length > 1
      ? open
      : this.#facts.body.actor_type === "ip"
        ? [this.#facts.body.group_key]
        : [];
  }
}

interface Named {
  key: string;
  words: Record<string, string>;
  names?: Record<string, readonly string[]>;
}

/** Services of Windows and of sensors, whatever their log says. */
const knownService =
  /^(?:windefend|wdnissvc|sense|mdcoresvc|eventlog|sysmon(?:64|drv)?|csfalconservice|csagent|sentinelagent|sentinel.*|elastic.*|winlogbeat|wazuhsvc|ossecsvc|carbonblack.*|cb.*|cylancesvc|sophos.*|mfe.*|dfsr?|ntds|kdc|netlogon|dns|w32time|lanman.*|rpc.*|bits|wuauserv|termservice|winmgmt|winrm|schedule|samss|vss|cryptsvc|dnscache|psexesvc|mpssvc|bfe|gpsvc|trustedinstaller|msiserver|spooler|wecsvc|mpksl.*|wd(?:filter|nis|boot)\w*)$/i;

/** A service whose installation the log shows, and which starts a program outside of what is installed, or a command. */
function isForeignService({ eventId, service, servicePath }: EventFacts): boolean {
  if (!/^(?:7045|4697)$/.test(eventId) || servicePath === "" || knownService.test(service)) return false;
  const isCommand =
    /%comspec%|\bcmd(?:\.exe)?["']?\s+\/|powershell|pwsh|rundll32|mshta|\\pipe\\|\\\\127\.0\.0\.1\\/i.test(servicePath);
  return isCommand || programsOf(servicePath).length > 0;
}

const address = String.raw`(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])`;
const callsAddress = [
  String.raw`\/dev\/(?:tcp|udp)\/${address}`,
  String.raw`\b(?:https?|ftp|ldaps?|rmi|tftp):\/\/${address}`,
  String.raw`\b(?:nc|ncat|netcat|socat|telnet)(?:\.exe)?\b[^|;&]{0,80}?[\s:@]${address}`,
].map((text) => new RegExp(text, "gi"));

/** Addresses to which a command connects, as it says itself. */
function calledBy(commandLine: string): string[] {
  const text = commandLine.slice(0, 2_000);
  return [...new Set(callsAddress.flatMap((pattern) => [...text.matchAll(pattern)].map(([, ip = ""]) => ip)))];
}

/** Files with stolen secrets that a log names: dumps of memory, hives, directory databases, tickets. */
function dumpsOf({ file, commandLine, eventId }: EventFacts): string[] {
  const named =
    commandLine
      .slice(0, 1_000)
      .match(/(?:[a-z]:\\|\\\\|\/tmp\/)[^\s"'|<>]+\.(?:dmp|mdmp|dit|kirbi|ccache|hiv|sav|save)\b/gi) ?? [];
  const written =
    /^(?:11|15|29)$/.test(eventId) && /\.(?:dmp|mdmp|dit|kirbi|ccache|hiv|sav)$/i.test(file) ? [file] : [];
  return [...new Set([...written, ...named])].filter((path) => !/\\windows\\ntds\\ntds\.dit$/i.test(path));
}

/** Whether an account is one of these machines: in each spelling that names a domain it is a host's. */
function isOfHost(hosts: ReadonlySet<string | undefined>, spellings: readonly string[]): boolean {
  const domains = spellings.filter((one) => one.includes("\\")).map((one) => one.toLowerCase().split("\\")[0]);
  return domains.length > 0 && domains.every((domain) => hosts.has(domain));
}

function same(one: string, other: string): boolean {
  return accountName(one).toLowerCase() === accountName(other).toLowerCase();
}

function distinct(list: readonly string[]): string[] {
  return [...new Set(list.filter((one) => one.trim() !== ""))];
}
