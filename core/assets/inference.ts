/**
 * Roles that logs show beyond doubt: events that only a domain controller writes, and logs of products that run on servers alone. What is
 * merely likely (the name of a host, a channel that workstations have too, such as Defender's or SQL Server's) shows nothing.
 */
import { shortHost } from "../correlation/actor.ts";
import type { Detection } from "../detection.ts";
import { normaliseName, normaliseUser } from "../intake/identity.ts";
import { assetKey } from "./roles.ts";

export type ShownRole = "domain_controller" | "server";

/** A role, and by what it is shown: `event 4769`. */
export interface Shown {
  role: ShownRole;
  why: string;
}

const auditing = "microsoft-windows-security-auditing";

/**
 * Events of the Security log that only domain controllers write: Kerberos tickets issued or refused, changes of directory objects and
 * computer accounts, replication; 4662 for objects of the directory.
 */
const directoryEvents = new Set([
  ...["4768", "4769", "4770", "4771", "4772", "4741", "4742", "4743", "4662"],
  ...["4928", "4929", "4930", "4931", "4932", "4933", "5136", "5137", "5138", "5139", "5141"],
]);
/** Of a certification authority. */
const authorityEvents = new Set([
  "4886",
  "4887",
  "4888",
  "4890",
  "4891",
  "4892",
  "4893",
  "4896",
  "4897",
  "4898",
  "4899",
]);

const controllerLogs = new Set([
  "directory service",
  "microsoft-windows-kerberos-key-distribution-center",
  "microsoft-windows-kerberos-key-distribution-center/operational",
  "microsoft-windows-activedirectory_domainservice",
]);
const serverLogs = new Set([
  ...["msexchange management", "microsoft-windows-certificationauthority", "ad fs/admin", "ad fs", "ad fs auditing"],
  ...["dns server", "microsoft-windows-dnsserver/audit", "microsoft-windows-dnsserver/analytical"],
  ...["microsoft-windows-dns-server-service", "microsoft-windows-dnsserver", "microsoft-windows-dhcp-server"],
  ...["microsoft-windows-dhcp-server/operational", "microsoft-windows-dhcp-server/adminevents"],
  ...["microsoft-windows-terminalservices-gateway/operational", "microsoft-windows-terminalservices-gateway/admin"],
]);

/** Names of hosts as networks have them: of others nothing is inferred, because anybody may send any text. */
const plausibleHost = /^[\p{L}\p{N}](?:[\p{L}\p{N}_.-]{0,251}[\p{L}\p{N}_])?$/u;

/** What the event's number, log and program of detections show, without a look at the log itself. Cheap: it is for every detection. */
export class Indications {
  /** By names of logs and programs as they come, because the same few come again and again. */
  readonly #logs = new Map<string, Shown | null>();

  /** Null = nothing. */
  of({ eventId, channel, provider }: Detection): Shown | null {
    if (eventId !== null && directoryEvents.has(eventId)) return { role: "domain_controller", why: `event ${eventId}` };
    const shown =
      (channel === null ? null : this.#ofLog(channel)) ?? (provider === null ? null : this.#ofLog(provider));
    if (shown !== null) return shown;
    return eventId !== null && authorityEvents.has(eventId) ? { role: "server", why: `event ${eventId}` } : null;
  }

  #ofLog(name: string): Shown | null {
    let shown = this.#logs.get(name);
    if (shown === undefined) {
      if (this.#logs.size >= mostLogs) this.#logs.clear();
      shown = ofLog(name.toLowerCase());
      this.#logs.set(name, shown);
    }
    return shown;
  }
}

/** Names of logs remembered. */
const mostLogs = 1_000;

function ofLog(log: string): Shown | null {
  if (controllerLogs.has(log)) return { role: "domain_controller", why: `log ${log}` };
  return serverLogs.has(log) || log.startsWith("msexchange") ? { role: "server", why: `log ${log}` } : null;
}

/** Whether the log bears out what is indicated: the host wrote it, and it is about others than the host itself. */
export function isBorneOut({ role, why }: Shown, detection: Detection): boolean {
  const { host, body, channel, provider, eventId } = detection;
  const name = assetKey("host", host ?? "");
  if (!plausibleHost.test(name)) return false;
  const label = shortHost(name);
  // A collector's name beside logs of others.
  const computer = assetKey("host", textOf(body, "Computer") ?? textOf(body, "Hostname") ?? name);
  if (shortHost(computer) !== label || (computer.includes(".") && name.includes(".") && computer !== name))
    return false;
  if (why.startsWith("log ")) return true;
  const isSecurity = provider === null ? normaliseName(channel) === "security" : normaliseName(provider) === auditing;
  if (!isSecurity) return false;
  if (role === "server") return true;
  if (eventId === "4662" && normaliseName(textOf(body, "ObjectServer") ?? null) !== "ds") return false;
  const account = textOf(body, eventId === "4662" ? "SubjectUserName" : "TargetUserName") ?? detection.user;
  const user = normaliseUser(account);
  return user !== "" && user !== "-" && user !== `${label}$`;
}

/** The text of the first member of this name at any depth. */
function textOf(body: string, member: string): string | null {
  const at = body.indexOf(`"${member}":"`);
  if (at === -1) return null;
  const start = at + member.length + 3;
  const end = /[^\\](?:\\\\)*"/.exec(body.slice(start, start + 1_024));
  if (end === null) return null;
  try {
    return JSON.parse(body.slice(start, start + end.index + end[0].length)) as string;
  } catch {
    return null;
  }
}
