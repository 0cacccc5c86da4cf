/** Finds the client's address of a request behind trusted proxies. */
import { BlockList, isIP } from "node:net";

/**
 * `X-Forwarded-For` is used only from a trusted proxy, and read from its end: the first address that is no trusted proxy is the
 * client's. Anything before it may be forged.
 */
export function clientAddress(trusted: readonly string[]): (peer: string, forwardedFor: string | undefined) => string {
  const proxies = new BlockList();
  for (const network of trusted) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  return (peer, forwardedFor) => {
    let client = peer;
    for (const hop of (forwardedFor ?? "").split(",").reverse()) {
      const address = hop.trim().replace(/^\[(.*)\](?::\d+)?$/, "$1");
      if (!isTrusted(client) || isIP(address) === 0) break;
      client = address;
    }
    return client;
  };
}
