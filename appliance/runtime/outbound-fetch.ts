/** `fetch` for external targets, each with its own certificate authority and proxy. */
import { X509Certificate } from "node:crypto";
import { platform } from "#platform";
import { EdgeError, messageOf } from "../../core/errors.ts";
import { isPemText } from "../../core/settings/ticket-forms.ts";
import { readRegularFile } from "./regular-file.ts";

/** @throws EdgeError `ca_file`, with the file */
export function outboundFetch(options: {
  /** A path, or PEM text. */
  caFile: string | null;
  proxy: string | null;
  /** False: certificates are not checked. */
  verifySsl?: boolean;
  /** Hosts that are reached without a proxy, with commas between them, beside those of the environment. */
  noProxy?: string;
}): typeof fetch {
  const { caFile, proxy, verifySsl = true, noProxy = "" } = options;
  keepDirect(noProxy);
  return platform.fetchWith({ authority: caFile === null ? null : readAuthority(caFile), proxy, verify: verifySsl });
}

/** What was added to `NO_PROXY` here; the rest is the environment's own. */
let added: readonly string[] = [];

/**
 * A proxy cannot reach this machine's loopback, but `HTTPS_PROXY` would hold for it too. Both spellings of `NO_PROXY` get the same value: of two
 * different ones the runtimes take the one in lower case. It is all that they read it from.
 */
function keepDirect(noProxy: string): void {
  const { env } = process;
  const given = listOf(env.no_proxy || env.NO_PROXY || "").filter((one) => !added.includes(one));
  added = [...listOf(noProxy), "127.0.0.1", "localhost", "[::1]"].filter((one) => !given.includes(one));
  const all = [...given, ...added].join(",");
  if (env.no_proxy !== all || env.NO_PROXY !== all) env.NO_PROXY = env.no_proxy = all;
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

function readAuthority(caFile: string): string {
  if (isPemText(caFile)) return checkedText(caFile);
  try {
    return readRegularFile(caFile).toString("utf8");
  } catch (cause) {
    const message = `${caFile} cannot be read (${messageOf(cause)}): check path, owner and mode`;
    throw new EdgeError("ca_file", message, { cause });
  }
}

function checkedText(pem: string): string {
  try {
    return new X509Certificate(pem) && pem;
  } catch (cause) {
    const message = "the text of the certificate authority is no certificate in PEM: copy it whole, from BEGIN to END";
    throw new EdgeError("ca_file", message, { cause });
  }
}
