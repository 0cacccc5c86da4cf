/** Which hosts of an incident are domain controllers, or carry what others depend on: by what is known of them, by their own logs, by their names. */
import { roleWords } from "../../assets/asset.ts";
import { type InvolvedAssets, rolesOf } from "../../assets/involved.ts";
import { shortHost } from "../../correlation/actor.ts";
import { normaliseHost } from "../../intake/identity.ts";
import type { EventFacts } from "../../logs/log-facts.ts";
import { type MachineKind, machineKindOf } from "./machine-kinds.ts";
import type { Observed } from "./observed.ts";

/** Events that domain controllers alone write: tickets, objects of the directory, its replication, computer accounts, trusts. */
const ofController =
  /^(?:476[89]|477[0-3]|513[6-9]|5141|474[1-3]|492[89]|493[0-7]|4706|4707|4713|4716|4765|4766|4794|5169|5170)$/;
const ofDirectory = /\bntds\.dit\b|\bntdsutil\b|\\ntds\\|\bdfsrs\.exe|\\sysvol\\|\bntdsa\.dll|\\dns\.exe/i;
/** `dc01`, `corp-dc`, `addc1`, `mordordc`: being careful with a host that is none costs little. */
const controllerName = /(?:^|[^a-z])(?:[a-z]{0,4}dc|domaincontroller|domctrl)\d*(?:[^a-z]|$)|dc\d*$/;

interface Seen {
  host: string;
  event: EventFacts | null;
  /** Title of the rule. */
  title: string;
}

export class HostRoles {
  readonly #known: ReturnType<typeof rolesOf>;
  /** The name under which something is known, by first label: logs and lists write it short or long. */
  readonly #names = new Map<string, string>();
  /** Of which logs show it, by first label. */
  readonly #controllers = new Set<string>();
  /** By first label. */
  readonly #seen: ReadonlyMap<string, readonly Seen[]>;

  /** `seen`: events with the hosts that wrote them. */
  constructor(assets: InvolvedAssets, seen: readonly Seen[]) {
    this.#known = rolesOf(assets);
    for (const { name } of assets.hosts) if (!this.#names.has(label(name))) this.#names.set(label(name), name);
    this.#seen = Map.groupBy(seen, ({ host }) => label(host));
    for (const { host, event } of seen)
      if (event !== null && showsController(event)) this.#controllers.add(label(host));
  }

  isController(host: string): boolean {
    const known = this.#hostRole(host);
    if (known?.role === "domain_controller") return true;
    if (known?.role != null && known.from !== "inferred") return false;
    return this.#controllers.has(label(host)) || controllerName.test(label(host));
  }

  /** What it is where it is no usual machine; null where somebody has said what it is, too. */
  machineKind(host: string): MachineKind | null {
    const known = this.#hostRole(host);
    if ((known?.role != null && known.from !== "inferred") || this.isController(host)) return null;
    return machineKindOf(host, this.#seen.get(label(host)) ?? []);
  }

  /** Whether it carries what others depend on and runs no sensor by which it could be isolated. */
  isAppliance(host: string): boolean {
    const kind = this.machineKind(host);
    return kind === "virtualisation host" || kind === "network device";
  }

  /** Whether others depend on it, so that its owner has a say before it is cut off. */
  isShared(host: string): boolean {
    if (this.machineKind(host) !== null) return true;
    const known = this.#hostRole(host);
    if (known === null) return false;
    return (known.role !== null && known.role !== "workstation") || ["high", "critical"].includes(known.criticality);
  }

  /** `domain controller`, `backup server`; "" where nothing is known. */
  words(host: string): string {
    if (this.isController(host)) return roleWords("host", "domain_controller");
    const role = this.#hostRole(host)?.role ?? null;
    return role === null ? (this.machineKind(host) ?? "") : roleWords("host", role);
  }

  #hostRole(host: string) {
    return this.#known.ofHost(host) ?? this.#known.ofHost(this.#names.get(label(host)) ?? host);
  }

  /** `service account`; "" for personal accounts and where nothing is known. */
  accountWords(user: string): string {
    const known = this.#known.ofAccount(user);
    if (known?.role != null) return known.role === "user" ? "" : roleWords("account", known.role);
    const name = user.toLowerCase().slice(user.lastIndexOf("\\") + 1);
    if (/^system:serviceaccount:/.test(user.toLowerCase())) return "service account";
    if (/^(?:administrator|administrateur|administrador|admin|amministratore|administratör|krbtgt)(?:@|$)/.test(name))
      return "built-in account";
    return /^(?:svc|srv|sa|service|gmsa)[._-]|[._-](?:svc|service)(?:@|$)/.test(name) ? "service account" : "";
  }
}

/** The hosts of events: where a rule fired on one host alone it is that one. Its title is about all of them. */
export function seenOn({ rules }: Observed): Seen[] {
  return rules.flatMap(({ sample, event, hosts, rule: { title } }) => {
    const host = sample?.host || (hosts.length === 1 ? (hosts[0] ?? "") : "");
    const others = hosts.filter((other) => label(other) !== label(host));
    return [{ host, event, title }, ...others.map((other) => ({ host: other, event: null, title }))];
  });
}

function label(host: string): string {
  const name = normaliseHost(host);
  return shortHost(name.slice(name.lastIndexOf("\\") + 1));
}

function showsController(event: EventFacts): boolean {
  const { eventId, channel, image, target, file, commandLine, directoryObject, directoryAttribute } = event;
  if (ofController.test(eventId) && (channel === "" || /security/i.test(channel))) return true;
  // WMI namespaces are told by the same event.
  if (eventId === "4662" && (/\{[0-9a-f-]{36}\}/i.test(directoryAttribute) || /%\{|dc=/i.test(directoryObject)))
    return true;
  if (/directory service|dfs replication|dns server|dns-server/i.test(channel)) return true;
  return ofDirectory.test([image, target, file].join(" ")) || /\bntdsutil\b|\bntds\.dit\b/i.test(commandLine);
}
