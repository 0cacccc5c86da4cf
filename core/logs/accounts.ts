/** Accounts of logs: which are people's or services' own, and which spellings mean the same one. */
import { isNoValue } from "./log-fields.ts";

/** The domain that Windows gives its own accounts, in its languages; a broken letter counts as any. */
const systemDomain =
  /^(?:nt[ -](?:auth|autor|aut\S?rit|instans|myndighe[dt]|hallinta|yetkilisi|\S*служб|overheid)|autorit\S{1,2} nt$|autoridade? nt$|zarz\S{3,6}nie nt$|nt service$|iis apppool$|nt virtual machine$|window manager$|font driver host$|builtin$|vordefiniert$|builtin\\|predefiniti$|nt-dienst$|service nt$)/i;

/** What Windows calls its own accounts in other languages. */
const translatedNames = new Set([
  "système",
  "systeme",
  "service local",
  "service réseau",
  "service reseau",
  "anonymous",
  "lokaler dienst",
  "netzwerkdienst",
  "anonymous-anmeldung",
  "lokales system",
  "sistema",
  "servicio local",
  "servicio de red",
  "servizio locale",
  "servizio di rete",
  "serviço local",
  "serviço de rede",
  "servico local",
  "servico de rede",
  "usługa lokalna",
  "usługa sieciowa",
  "lokal tjänst",
  "nätverkstjänst",
  "lokale service",
  "netwerkservice",
  "система",
  "локальная служба",
  "сетевая служба",
  "rendszer",
  "helyi szolgáltatás",
  "hálózati szolgáltatás",
  "sistem",
  "järjestelmä",
  "ローカル システム",
  "系统",
]);
/** Accounts that exist on every machine, on Windows and on Linux. */
const systemNames = new Set([
  ...[
    "system",
    "local system",
    "localsystem",
    "local service",
    "localservice",
    "network service",
    "networkservice",
    "anonymous logon",
    "iusr",
    "everyone",
  ],
  ...["wow64", "krbtgt", "dwm", "umfd", "defaultappool", "window manager"],
  ...[
    "root",
    "daemon",
    "bin",
    "sys",
    "nobody",
    "nogroup",
    "www-data",
    "apache",
    "httpd",
    "nginx",
    "mysql",
    "postgres",
    "redis",
    "sshd",
    "syslog",
    "messagebus",
    "polkitd",
    "_apt",
    "chrony",
    "ntp",
    "dbus",
    "mail",
    "postfix",
    "lp",
    "uucp",
    "games",
    "man",
    "unset",
    "none",
  ],
]);
const numbered = /^(?:dwm|umfd)-\d+$/;
const serviceLike =
  /^(?:systemd-[a-z-]+|_[a-z][\w-]*|defaultapppool|healthmailbox[0-9a-f]*|sm_[0-9a-f]{10,}|msol_[0-9a-f]+)$/;
/** SIDs of Windows itself: well-known, services, virtual accounts, groups. */
const systemSid =
  /^s-1-(?:[0-4]-.*|5-(?:[1-9]|1\d|20|5-.*|32-.*|80-.*|82-.*|83-.*|90-.*|94-.*|96-.*|113|114)|1[56]-.*)$/;

interface Account {
  domain: string;
  /** Lower case. */
  name: string;
}

/** `CORP\j`, `j@corp.example` and `corp.example\j` apart. */
function accountOf(text: string): Account {
  const plain = text.trim().toLowerCase();
  const dn = /^cn=((?:[^,\\]|\\.)+),/.exec(plain)?.[1];
  if (dn !== undefined)
    return {
      domain: [...plain.matchAll(/\bdc=([^,]+)/g)].map(([, part]) => part).join("."),
      name: dn.replaceAll("\\", ""),
    };
  if (plain.startsWith("arn:")) return { domain: "", name: plain };
  const slash = plain.lastIndexOf("\\");
  const bare = plain.slice(slash + 1);
  const at = bare.lastIndexOf("@");
  if (at > 0) return { domain: bare.slice(at + 1), name: bare.slice(0, at) };
  return { domain: slash < 0 ? "" : plain.slice(0, slash).replace(/^\\+/, ""), name: bare };
}

/** Whether an account is one that somebody can log on with and somebody can disable: no machine, no part of a system, no placeholder. */
export function isOwnAccount(text: string): boolean {
  const { domain, name } = accountOf(text);
  const plain = name.trim();
  if (isNoValue(plain) || plain === "" || /^\\*-?\\*$/.test(text.trim())) return false;
  if (
    plain.endsWith("$") ||
    systemNames.has(plain) ||
    translatedNames.has(plain) ||
    numbered.test(plain) ||
    serviceLike.test(plain) ||
    systemSid.test(plain)
  )
    return false;
  // A SID of a service or a logon, a GUID, a number alone are no names.
  if (/^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/.test(plain) || /^(?:0x[0-9a-f]+|4294967295|0)$/.test(plain))
    return false;
  return !systemDomain.test(domain.normalize("NFC"));
}

/** Whether an account is one of Windows itself under the name that another language has for it, or in the domain that it has there. */
export function isTranslatedSystemAccount(text: string): boolean {
  const { domain, name } = accountOf(text);
  return translatedNames.has(name) || (domain !== "" && systemDomain.test(domain));
}

/** Accounts of a log by their SIDs. */
export type SidNames = ReadonlyMap<string, string>;

/**
 * Each account once, as it is first written, the first ones first: spellings with and without domain, with the short and the full name of the
 * domain, and the SID where a log says whose it is. Accounts of two domains are two.
 */
export function distinctAccounts(list: readonly string[], sids: SidNames = new Map()): string[] {
  const kept: { text: string; account: Account }[] = [];
  for (const text of list) {
    const known = sids.get(text.trim().toLowerCase());
    const account = accountOf(known ?? text);
    if (!isOwnAccount(known ?? text)) continue;
    const same = kept.find(
      (one) => one.account.name === account.name && sameDomain(one.account.domain, account.domain),
    );
    if (same === undefined) kept.push({ text: (known ?? text).trim(), account });
    // Now its domain is known: another domain is another account.
    else if (same.account.domain === "") same.account = account;
  }
  return kept.map(({ text }) => text);
}

/** One may be missing; `CORP` is `corp.example`. */
function sameDomain(one: string, other: string): boolean {
  if (one === "" || other === "" || one === other) return true;
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return !short.includes(".") && long.split(".")[0] === short;
}

/** The name alone, as commands of directories take it. */
export function accountName(text: string): string {
  const { name } = accountOf(text);
  const at = text.toLowerCase().lastIndexOf(name);
  return at < 0 ? name : text.slice(at, at + name.length);
}
