/** Reads a certificate with its key from files, as the listener needs them. */
import { createSecureContext } from "node:tls";
import { EdgeError } from "../../core/errors.ts";
import type { CertificateFiles } from "../../core/settings/certificate-files.ts";
import { readTextFile } from "../runtime/text-files.ts";

/** PEM texts. */
export interface Pair {
  cert: string;
  key: string;
}

/** @throws EdgeError `tls_file`, with setting and file */
export async function readPair({ certFile, keyFile, own }: CertificateFiles): Promise<Pair> {
  // Of our own files no setting speaks.
  const [certName, keyName] = own
    ? [certFile, keyFile]
    : [`RHYTHMX_TLS_CERT_FILE: ${certFile}`, `RHYTHMX_TLS_KEY_FILE: ${keyFile}`];
  const cert = await textOf(certFile, certName);
  const key = await textOf(keyFile, keyName);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    // The library's message is not repeated: it may quote the key.
    const message = `${certName.replace(":", "")} and ${keyName.replace(":", "")} are no PEM certificate with its key`;
    throw new EdgeError("tls_file", message, { cause });
  }
  return { cert, key };
}

async function textOf(path: string, name: string): Promise<string> {
  const content = await readTextFile(path);
  if (content.kind === "text") return content.text;
  const why = content.kind === "absent" ? "there is no such file" : content.fault.found;
  throw new EdgeError("tls_file", `${name} cannot be read (${why}): check path, owner and mode`);
}
