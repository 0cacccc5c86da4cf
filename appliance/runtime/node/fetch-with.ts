/**
 * `fetch` for one target on Node and Deno. Their own takes neither a certificate authority nor a proxy for one request; undici's does, and
 * runs on both.
 */
import { BlockList, isIP } from "node:net";
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch as undiciFetch } from "undici";
import type { OutboundOptions } from "../platform.ts";

export function fetchWith({ authority, proxy, verify }: OutboundOptions): typeof fetch {
  // Said also where certificates are checked: NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment is not what our settings say.
  const tls = { rejectUnauthorized: verify, ...(authority === null ? {} : { ca: authority }) };
  // How long to wait is the caller's decision.
  const connect = { ...tls, timeout: 0 };
  const { networks, names } = noProxy();
  const direct = new Agent({ connect });
  const byProxy = new EnvHttpProxyAgent({
    connect,
    // Of the target behind the proxy, and of a proxy that is itself reached over TLS.
    requestTls: tls,
    proxyTls: tls,
    noProxy: names,
    // Plain HTTP is for this machine alone, which no proxy reaches.
    httpProxy: "",
    httpsProxy: proxy ?? (process.env.https_proxy || process.env.HTTPS_PROXY || ""),
  });
  return (async (input: string | URL, init?: RequestInit) => {
    const dispatcher: Dispatcher = isWithin(networks, new URL(input).hostname) ? direct : byProxy;
    try {
      return await undiciFetch(input, { ...(init as object), dispatcher });
    } catch (error) {
      // "fetch failed" says nothing: the cause does.
      throw error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
    }
  }) as unknown as typeof fetch;
}

/** `NO_PROXY`, whose networks (10.0.0.0/8) undici does not know. */
function noProxy(): { networks: BlockList; names: string } {
  const networks = new BlockList();
  const names: string[] = [];
  for (const entry of (process.env.no_proxy || process.env.NO_PROXY || "").split(/[\s,]+/)) {
    const [, address = "", prefix = ""] = /^\[?([0-9A-Fa-f.:]+)\]?\/(\d+)$/.exec(entry) ?? [];
    const family = isIP(address);
    if (family !== 0) networks.addSubnet(address, Number(prefix), family === 4 ? "ipv4" : "ipv6");
    else names.push(entry);
  }
  return { networks, names: names.join(",") };
}

/** `hostname`: of a URL, where IPv6 addresses are in brackets. */
function isWithin(networks: BlockList, hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(address);
  return family !== 0 && networks.check(address, family === 4 ? "ipv4" : "ipv6");
}
