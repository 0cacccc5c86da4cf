/** Finds the client's address of a request behind trusted proxies. */
import { BlockList, isIP } from "node:net";

/** Whether an address is one of the proxies that are trusted: addresses and networks, which a reload may change. */
export function trustedProxies(trusted: () => readonly string[]): (address: string) => boolean {
  let known = trusted();
  let proxies = blockListOf(known);
  return (address) => {
    const now = trusted();
    if (now !== known) [known, proxies] = [now, blockListOf(now)];
    return isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  };
}

function blockListOf(trusted: readonly string[]): BlockList {
  const proxies = new BlockList();
  for (const network of trusted) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  return proxies;
}

/**
 * `X-Forwarded-For` is used only from a trusted proxy, and read from its end: the first address that is no trusted proxy is the
 * client's. Anything before it may be forged.
 */
export function clientAddress(
  trusted: () => readonly string[],
): (peer: string, forwardedFor: string | undefined) => string {
  const isTrusted = trustedProxies(trusted);
  return (peer, forwardedFor) => {
    if (forwardedFor === undefined) return peer;
    let client = peer;
    for (const hop of forwardedFor.split(",").reverse()) {
      const address = addressOf(hop.trim());
      if (!isTrusted(client) || isIP(address) === 0) break;
      client = address;
    }
    return client;
  };
}

/**
 * One address in one spelling: some proxies add the port, and some write IPv4 as IPv6, which would put all such clients into one network. A
 * zone (`fe80::1%eth0`) is a name that means something on the proxy alone.
 */
function addressOf(hop: string): string {
  const bare = hop.replace(/^\[(.*)\](?::\d+)?$/, "$1").replace(/^(\d+(?:\.\d+){3}):\d+$/, "$1");
  const address = isIP(bare) === 6 ? bare.replace(/%.*$/, "") : bare;
  if (isIP(address) !== 6) return address;
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain) ?? [];
  if (high === undefined || low === undefined) return plain;
  const [front, back] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [front >> 8, front & 255, back >> 8, back & 255].join(".");
}
