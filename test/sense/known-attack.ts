/** An attack of which it is known what belongs to it, so that what the appliance makes of it can be judged. */

export interface KnownRecord {
  host: string | null;
  user: string | null;
  src_ip?: string | null;
  level: string;
  timestamp: string;
}

export interface KnownAttack {
  name: string;
  records: readonly KnownRecord[];
  /** Names of the actors whose incidents are its own; see `actorsOf`. */
  actors: ReadonlySet<string>;
  /** Epoch milliseconds. */
  start: number;
  end: number;
}

/** Accounts that each machine has for itself, and those that many share: what they do is their machine's. */
const ofMachine =
  /^(system|local ?system|local service|network service|-|n\/a|anonymous logon|administrator|admin|root|guest|dwm-\d+|umfd-\d+)$/;

/**
 * Whose evidence the records are, by rules of our own: a person's, else the machine's, else the address's. Every spelling that an incident may
 * be listed under. Low ones make nobody's incident.
 */
export function actorsOf(records: readonly KnownRecord[]): Set<string> {
  const actors = new Set<string>();
  for (const record of records) {
    const { host, src_ip: ip = null, level } = record;
    if (level === "informational" || level === "low") continue;
    const people = peopleOf(record);
    if (people.length > 0) for (const name of people) actors.add(name);
    else if (host !== null) for (const name of spellings(host)) actors.add(name);
    else if (ip !== null) actors.add(ip);
  }
  return actors;
}

/** Everybody and every machine that the records are about: who is in a campaign for good reason, and whom nobody would miss. */
export function touchedBy(records: readonly KnownRecord[]): Set<string> {
  return new Set(records.flatMap((record) => [...peopleOf(record), ...spellings(record.host ?? "")]));
}

function peopleOf({ user }: KnownRecord): string[] {
  const name = user?.toLowerCase() ?? "";
  if (name.startsWith("arn:")) return [name];
  const own = name.split("\\").at(-1)?.split("@")[0] ?? "";
  const isVirtual = /^(nt service|iis apppool|font driver host)\\/.test(name);
  if (own === "" || own.endsWith("$") || ofMachine.test(own) || isVirtual) return [];
  // The account of a second domain has it behind its name.
  if (name.includes("\\")) return [own, `${own}@${name.split("\\")[0]}`];
  return name.includes("@") ? [own, name] : [own];
}

function spellings(host: string): string[] {
  const name = host.toLowerCase();
  return [name, name.split(".")[0] ?? ""];
}

/**
 * Recordings with incidents of the laboratory's own programs, by reading them: the cloud's guest agent collecting logs, a monitoring agent's
 * script, an inventory that a domain controller makes of its domain. They are sent with the rest, and are not the attack's.
 */
const laboratory: Readonly<Record<string, RegExp>> = {
  empire_dllinjection_LoadLibrary_CreateRemoteThread: /^mordordc/i,
  empire_persistence_registry_modification_run_keys_standard_user: /^mordordc/i,
  covenant_wmi_wbemcomn_dll_hijack: /^mordordc/i,
  empire_smbexec_dcerpc_smb_svcctl: /^workstation5/i,
  schtask_modification: /^workstation[56]/i,
};

/** Those of the recording's records that are the attack's. */
export function ofAttack<T extends KnownRecord>(recording: string, records: readonly T[]): readonly T[] {
  const own = laboratory[recording];
  return own === undefined ? records : records.filter(({ host }) => !own.test(host ?? ""));
}
