/** Names of hosts in the one spelling by which an actor is known. */
import { normaliseHost, normaliseName } from "../intake/identity.ts";

/** Lower case, without UNC prefix, share, domain prefix and trailing dot: `\\FS01`, `CORP\fs01` and `fs01.` are `fs01`. */
export function plainHost(host: string | null): string {
  const name = normaliseHost(host);
  const isUnc = name.startsWith("\\\\") || name.startsWith("//");
  if (!isUnc && !name.includes("\\")) return name;
  const part = isUnc
    ? name
        .replace(/^[\\/]{2}(?:\?[\\/]unc[\\/])?/, "")
        .split(/[\\/]/, 1)
        .join("")
    : name.slice(name.lastIndexOf("\\") + 1);
  const plain = part.trim().replace(/\.$/, "");
  return plain === "" ? name : plain;
}

/** The first label of a host's name; addresses stay whole. */
export function shortHost(name: string): string {
  const dot = name.indexOf(".");
  return dot <= 0 || isAddress(name) ? name : name.slice(0, dot);
}

/** Whether it is an address, as far as a name can be taken for one. */
export function isAddress(name: string): boolean {
  const first = name.charCodeAt(0);
  // A digit or a dot.
  return name.includes(":") || (((first >= 48 && first <= 57) || first === 46) && /^[\d.]+$/.test(name));
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
