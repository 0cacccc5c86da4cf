/** Names of accounts taken apart: who, and in which domain. */
import { normaliseName, normaliseUser } from "../intake/identity.ts";
import publicMailDomains from "./public-mail-domains.json" with { type: "json" };

export interface AccountName {
  /** Without domain, lower case; a SID or an ARN whole. */
  bare: string;
  /** `corp` or `corp.example`, lower case; "" where none is named. */
  domain: string;
}

const publicMail: ReadonlySet<string> = new Set(publicMailDomains);

/** What stands in a domain's place and is none: the account could be of any. */
const noDomain = new Set([".", "azuread", "workgroup", "-", "n/a", "unknown", "null", "localhost", "builtin"]);

/** A name as networks have them. */
const plausibleDomain = /^[\p{L}\p{N}](?:[\p{L}\p{N}_.-]{0,251}[\p{L}\p{N}_])?$/u;

/** Classes of Kerberos services: `HTTP/web01` is a service and no account of a domain. */
const serviceClass =
  /^(?:host|https?|cifs|ldaps?|gc|dns|nfs|ftp|imap|smtp|pop|rpc|rpcss|wsman|termsrv|mssql\w*|krbtgt|kadmin|restrictedkrbhost|exchange\w*|afpserver|vnc|postgres|hdfs|yarn|hive|sip|tapinego|dfsr-\w+)$/i;

const accountSid = /^s-1-5-21-\d{1,10}-\d{1,10}-\d{1,10}-\d{1,10}$/;

/** Whether a name in lower case is the SID of an account of a domain or machine. */
export function isAccountSid(name: string): boolean {
  return name.startsWith("s-1-5-21-") && accountSid.test(name);
}

/** The part of an account's SID that is its domain's. */
export function domainSid(sid: string): string {
  return sid.slice(0, sid.lastIndexOf("-"));
}

/** Whether anybody can have an account of this domain, so that its names say nothing of other domains. */
export function isPublicMail(domain: string): boolean {
  return publicMail.has(domain);
}

/**
 * `CORP\j`, `j@corp.example`, and `CORP/j` where the part before the slash is in capitals or `isDomain` says that it is one.
 * The name without domain is that of `normaliseUser`, the slash apart.
 */
export function accountName(given: string | null, isDomain: (name: string) => boolean = () => false): AccountName {
  const full = normaliseName(given);
  const bare = normaliseUser(full);
  if (full.startsWith("arn:")) return { bare, domain: "" };
  const slash = full.lastIndexOf("\\");
  const account = full.slice(slash + 1);
  const at = account.indexOf("@");
  if (at > 0) return { bare, domain: domainOf(account.slice(at + 1)) };
  if (slash >= 0) return { bare, domain: domainOf(full.slice(0, slash).replace(/^\\+/, "")) };
  if (!full.includes("/")) return { bare, domain: "" };
  const parts = full.split("/", 3);
  const [before = "", behind = ""] = parts;
  if (parts.length !== 2 || behind === "" || serviceClass.test(before)) return { bare, domain: "" };
  const domain = domainOf(before);
  const isMeant = domain !== "" && (isDomain(domain) || /^\s*[A-Z][A-Z0-9-]{1,14}\//.test(given ?? ""));
  return isMeant ? { bare: behind.trim(), domain } : { bare, domain: "" };
}

function domainOf(text: string): string {
  const name = text.trim().replace(/\.$/, "");
  return noDomain.has(name) || !plausibleDomain.test(name) ? "" : name;
}
