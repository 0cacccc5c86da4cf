/** Who a detection or alarm is about (CONTRACT 5 and 10): the user, else the host, else the address. */
import type { ActorType } from "../incident.ts";
import { normaliseHost, normaliseName, normaliseUser } from "../intake/identity.ts";
import { isTranslatedSystemAccount } from "../logs/accounts.ts";

export interface Actor {
  type: ActorType;
  /** Normalised: lower case, a user without domain. `group_key` of its incidents. */
  name: string;
}

/** Customer settings about actors. */
export interface ActorRules {
  /** Accounts that many people or every machine have: their host is the actor. In any spelling. */
  sharedAccounts: readonly string[];
  /** Hosts by their first label: `ws-101.corp.example` and `WS-101` are one. */
  hostShortNames: boolean;
}

/** Placeholders that logs write instead of a name. */
const missing = new Set(["-", "--", "?", "n/a", "null", "(null)", "none", "unknown", "<unknown>", "\\", "-\\-"]);

/** Accounts that exist on every machine, and their well-known SIDs. */
const systemAccounts = new Set([
  ...["system", "local system", "localsystem", "local service", "localservice", "network service", "networkservice"],
  ...["anonymous logon", "iusr", "s-1-5-7", "s-1-5-17", "s-1-5-18", "s-1-5-19", "s-1-5-20"],
]);
const numberedSystemAccount = /^(?:dwm|umfd)-\d+$/;
/** Domains of virtual accounts, which are local to each machine. */
const virtualDomain = /^(?:nt service|iis apppool|nt virtual machine|window manager|font driver host)\\/;

/** Decides who the actor is; one decider for one set of rules, because most users come again and again. */
export class ActorFinder {
  readonly #shared: ReadonlySet<string>;
  readonly #shortNames: boolean;

  constructor(rules: ActorRules) {
    this.#shared = new Set(rules.sharedAccounts.map((account) => normaliseUser(account)));
    this.#shortNames = rules.hostShortNames;
  }

  /**
   * The user, unless it is missing or the account of a machine, of a service or of many; else the host, else the IP address, else the
   * machine that a machine account is named after. Null where there is none of them.
   */
  find(record: { user: string | null; host: string | null; srcIp: string | null }): Actor | null {
    const user = present(normaliseUser(record.user));
    if (user !== "" && this.#isPersonal(user, normaliseName(record.user))) return { type: "user", name: user };
    const host = this.#host(record.host);
    if (host !== "") return { type: "host", name: host };
    const ip = present(canonicalIp(record.srcIp));
    if (ip !== "") return { type: "ip", name: ip };
    return user.length > 1 && user.endsWith("$") ? { type: "host", name: user.slice(0, -1) } : null;
  }

  #isPersonal(user: string, full: string): boolean {
    return !(
      user.endsWith("$") ||
      systemAccounts.has(user) ||
      numberedSystemAccount.test(user) ||
      virtualDomain.test(full) ||
      isTranslatedSystemAccount(full) ||
      this.#shared.has(user)
    );
  }

  #host(host: string | null): string {
    const name = present(normaliseHost(host));
    return this.#shortNames ? shortHost(name) : name;
  }
}

/** The first label of a host's name; addresses stay whole. */
export function shortHost(name: string): string {
  if (name.includes(":") || /^[\d.]+$/.test(name)) return name;
  return name.split(".", 1)[0] || name;
}

function present(name: string): string {
  return missing.has(name) ? "" : name;
}

/**
 * Normalises an address: IPv6 shortened (RFC 5952), without brackets and zone, an IPv4 address within IPv6 as IPv4. What is no
 * address stays as it is, in lower case.
 */
export function canonicalIp(address: string | null): string {
  const text = normaliseName(address);
  if (!text.includes(":")) return text;
  const plain = text.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
  const url = `http://[${plain}]/`;
  if (!URL.canParse(url)) return text;
  const short = new URL(url).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}
