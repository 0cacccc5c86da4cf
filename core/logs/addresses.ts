/** Addresses of a log: which are remote, and which are public, so that blocking one could be of use and would cut off no one's own network. */

/** An IPv4 or IPv6 address without brackets, port and zone, IPv4 within IPv6 as IPv4; "" for anything else. */
export function plainAddress(text: string): string {
  const bare = text
    .trim()
    .replace(/^\[([^\]]*)\](:\d+)?$/, "$1")
    .replace(/^(\d{1,3}(?:\.\d{1,3}){3}):\d+$/, "$1")
    .replace(/%.*$/, "")
    .toLowerCase();
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(bare)) return bare.split(".").every((part) => Number(part) < 256) ? bare : "";
  if (!bare.includes(":") || !/^[0-9a-f:.]{2,45}$/.test(bare) || !URL.canParse(`http://[${bare}]/`)) return "";
  const short = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  // Mapped (RFC 4291), translated (RFC 6052, also the well-known prefix), compatible.
  const [, high, low] = /^(?:::ffff:(?:0:)?|64:ff9b::|::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}

/** Networks that are not routed on the internet, and those kept for documentation, benchmarks and multicast (IANA special-purpose registries). */
const special4: readonly (readonly [network: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Resolvers that half the world asks: blocking them breaks name resolution and stops nobody. */
const resolvers = new Set([
  ...["8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220"],
  ...[
    "4.2.2.1",
    "4.2.2.2",
    "2001:4860:4860::8888",
    "2001:4860:4860::8844",
    "2606:4700:4700::1111",
    "2606:4700:4700::1001",
    "2620:fe::fe",
  ],
  // Metadata and platform services of clouds.
  ...["168.63.129.16"],
]);

/** Whether an address is one that a firewall may block: public, no documentation, no public resolver. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address);
  if (plain === "" || resolvers.has(plain)) return false;
  if (!plain.includes(":")) {
    const value = number4(plain);
    return !special4.some(([network, bits]) => value >>> (32 - bits) === number4(network) >>> (32 - bits));
  }
  // Only 2000::/3 is given out; within it Teredo, ORCHID, documentation and 6to4 are no one's own addresses.
  const [first = "", second = ""] = plain.split(":");
  const [high, low] = [Number.parseInt(first, 16), Number.parseInt(second || "0", 16)];
  if (Number.isNaN(high) || high >> 13 !== 1) return false;
  return !(high === 0x2002 || high === 0x3fff || (high === 0x2001 && (low < 0x200 || low === 0xdb8)));
}

function number4(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0;
}

/** Whether an address is another machine's: none of this host, of its link or of everybody. */
export function isRemoteAddress(address: string): boolean {
  const plain = plainAddress(address);
  return plain !== "" && !/^(127\.|0\.|255\.255\.255\.255$|22[4-9]\.|23\d\.|169\.254\.|::1?$|fe[89ab]|ff)/.test(plain);
}
