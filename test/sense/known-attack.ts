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
  return actorsIn(records.filter(({ level }) => level !== "informational" && level !== "low"));
}

/** The same with low ones: somebody who is in a campaign for good reason, and whom nobody would miss. */
export function actorsIn(records: readonly KnownRecord[]): Set<string> {
  const actors = new Set<string>();
  for (const { host, user, src_ip: ip = null } of records) {
    const name = user?.toLowerCase() ?? "";
    const own = /^arn:/.test(name) ? name : (name.split("\\").at(-1)?.split("@")[0] ?? "");
    const isPerson =
      own !== "" &&
      !own.endsWith("$") &&
      !ofMachine.test(own) &&
      !/^(nt service|iis apppool|font driver host)\\/.test(name);
    if (isPerson) {
      actors.add(own);
      // The account of a second domain.
      if (name.includes("\\")) actors.add(`${own}@${name.split("\\")[0]}`);
      if (name.includes("@")) actors.add(name);
    } else if (host !== null) {
      actors.add(host.toLowerCase());
      actors.add(host.toLowerCase().split(".")[0] ?? "");
    } else if (ip !== null) actors.add(ip);
  }
  return actors;
}
