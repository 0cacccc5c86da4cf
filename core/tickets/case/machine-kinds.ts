/**
 * Machines that are no workstation or Windows server, where that decides what may be done to them: by their names, by what their logs say, and
 * by the titles of their rules. Being careful with one that is none costs little.
 */
import { shortHost } from "../../correlation/actor.ts";
import { normaliseHost } from "../../intake/identity.ts";
import type { EventFacts } from "../../logs/log-facts.ts";

/** The first two carry what others depend on and run no sensor; the third runs what others depend on. */
export type MachineKind = "virtualisation host" | "network device" | "container host";

/** `esx07`, `hv-cluster1-esxi3`, `pve2` */
const hypervisorName =
  /(?:^|[-_])(?:esxi?|vmhost|vcenter|vcsa|hyper-?v|proxmox|pve|xenserver|nutanix|ahv)\d*(?:$|[-_])/;
const hypervisorWords =
  /\besxi\b|\besxcli\b|\bvmkernel\b|\bvcenter\b|\bvsphere\b|\bproxmox\b|\/vmfs\/|\bvim-cmd\b|\bnutanix\b/i;
/** `fw01`, `vpn-gw2`, `core-switch3` */
const deviceName =
  /(?:^|[-_])(?:fw|firewall|fgt|fortigate|asa|ftd|vpn|vpngw|sslvpn|switch|router|rtr|gateway|netscaler|bigip|waf)\d*(?:$|[-_])/;
const deviceWords =
  /\b(?:pan-?os|globalprotect|palo alto|fortigate|fortios|fortinet|ivanti|pulse secure|connect secure|cisco (?:asa|ios|ftd)|firepower|sonicwall|sonicos|netscaler|citrix adc|big-?ip|junos|juniper|mikrotik|routeros|check ?point (?:gateway|gaia)|sophos (?:xg|firewall)|watchguard|vpn gateway)\b/i;
const containerWords =
  /\bkubernetes\b|\bk8s\b|\bkubelet\b|\bfalco\b|\bcontainers?\b|\bdocker\b|\bcontainerd\b|\bpods?\b/i;

/** Rules that are about Linux, Unix or macOS by what they are called. */
const unixWords =
  /\b(?:linux|unix|macos|bash|sudo|sudoers|auditd|systemd|crontab|pam_\w+|ld_preload|falco|kubernetes|k8s|docker)\b|\/etc\/|\/dev\/tcp\b/i;
/** Techniques of Unix alone. */
const unixTechnique =
  /^T(?:1059\.004|1548\.003|1003\.007|1003\.008|1543\.002|1053\.003|1053\.006|1546\.004|1556\.003|1574\.006|1562\.012|1222\.002|1611)$/;

export interface SeenThere {
  title: string;
  event: EventFacts | null;
}

/** What a host is, by what was seen there; null for the usual. */
export function machineKindOf(host: string, seen: readonly SeenThere[]): MachineKind | null {
  const name = label(host);
  if (seen.some(({ event }) => event !== null && isOfWindows(event))) return null;
  const says = (words: RegExp) => seen.some(({ title, event }) => words.test(title) || words.test(logText(event)));
  if (hypervisorName.test(name) || says(hypervisorWords)) return "virtualisation host";
  if (deviceName.test(name) || says(deviceWords)) return "network device";
  return says(containerWords) ? "container host" : null;
}

/** Whether a rule or its event is of Linux, Unix or macOS. */
export function isOfUnix({ title, event }: SeenThere, techniques: readonly string[]): boolean {
  if (event !== null && isUnixEvent(event)) return true;
  if (event !== null && isOfWindows(event)) return false;
  return unixWords.test(title) || (techniques.length > 0 && techniques.some((id) => unixTechnique.test(id)));
}

function isUnixEvent({ image, parent, eventId, channel }: EventFacts): boolean {
  return (
    image.startsWith("/") ||
    parent.startsWith("/") ||
    /^[A-Z_]{4,}$/.test(eventId) ||
    /auditd|linux|syslog/i.test(channel)
  );
}

function isOfWindows({ image, parent, eventId, channel, registryKey }: EventFacts): boolean {
  return (
    /^[a-z]:\\/i.test(image) ||
    /^[a-z]:\\/i.test(parent) ||
    registryKey !== "" ||
    /^(?:security|system|application|windows powershell)$|^microsoft-windows/i.test(channel) ||
    /^\d{3,5}$/.test(eventId)
  );
}

function logText(event: EventFacts | null): string {
  if (event === null) return "";
  return [event.commandLine, event.file, event.message].map((text) => text.slice(0, 1_000)).join(" ");
}

function label(host: string): string {
  const name = normaliseHost(host);
  return shortHost(name.slice(name.lastIndexOf("\\") + 1));
}
