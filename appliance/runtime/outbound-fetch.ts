/** `fetch` for targets outside, with a certificate authority and a proxy of their own. `HTTPS_PROXY` and `NO_PROXY` are the platform's. */
import { readFileSync } from "node:fs";
import { EdgeError, messageOf } from "../../core/errors.ts";

/** @throws EdgeError `ca_file` that names the file */
export function outboundFetch({ caFile, proxy }: { caFile: string | null; proxy: string | null }): typeof fetch {
  if (caFile === null && proxy === null) return fetch;
  const own = {
    ...(caFile === null ? {} : { tls: { ca: readAuthority(caFile) } }),
    ...(proxy === null ? {} : { proxy }),
  };
  return ((input: string | URL | Request, init?: RequestInit) =>
    fetch(input, { ...init, ...own } as RequestInit)) as typeof fetch;
}

function readAuthority(caFile: string): string {
  try {
    return readFileSync(caFile, "utf8");
  } catch (cause) {
    const message = `${caFile} cannot be read (${messageOf(cause)}): check path, owner and mode`;
    throw new EdgeError("ca_file", message, { cause });
  }
}
