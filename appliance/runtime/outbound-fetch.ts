/** `fetch` for targets outside, with a certificate authority of their own. `HTTPS_PROXY` and `NO_PROXY` are the platform's. */
import { readFileSync } from "node:fs";
import { EdgeError, messageOf } from "../../core/errors.ts";

/** @throws EdgeError `ca_file` that names the file */
export function outboundFetch(caFile: string | null): typeof fetch {
  if (caFile === null) return fetch;
  let ca: string;
  try {
    ca = readFileSync(caFile, "utf8");
  } catch (cause) {
    throw new EdgeError("ca_file", `${caFile} cannot be read (${messageOf(cause)}): check path, owner and mode`, {
      cause,
    });
  }
  return ((input: string | URL | Request, init?: RequestInit) =>
    fetch(input, { ...init, tls: { ca } } as RequestInit)) as typeof fetch;
}
