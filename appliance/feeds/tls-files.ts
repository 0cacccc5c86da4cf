/** Certificates and keys for TLS, as people give them: read, judged and put in words. Never repeats a key. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { ShownCertificate } from "../../core/tickets/ticket-system.ts";
import { certificateFacts } from "../../transports/syslog/certificates.ts";

export const tlsFileKinds = ["ca_file", "cert_file", "key_file"] as const;
export type TlsFileKind = (typeof tlsFileKinds)[number];

/** What a file holds: certificates, or the kind of a key. */
export interface TlsFileFacts {
  certificates: ShownCertificate[];
  /** `EC prime256v1`, `RSA 2048`; null for certificates. */
  key: string | null;
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*(?:-(?!----)[^-]*)*-----END \1-----/g;
/** The chain of a certificate, or the authorities of a company; a whole system's list has about 150. */
const mostCertificates = 300;

/** One line end, none missing: the same file has the same name. */
export function normalPem(text: string): string {
  return `${text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").trim()}\n`;
}

/** What a file holds, or what is wrong with it and how to mend it. */
export function readTlsFile(kind: TlsFileKind, text: string): TlsFileFacts | { problem: string } {
  const blocks = [...text.matchAll(block)].map(([whole, label = ""]) => ({ label, whole }));
  const keys = blocks.filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const certificates = blocks.filter(({ label }) => label === "CERTIFICATE" || label === "TRUSTED CERTIFICATE");
  if (blocks.length === 0)
    return {
      problem:
        "is no PEM file: it has no line -----BEGIN …-----. A DER file becomes PEM by `openssl x509 -inform der -in FILE`, a .pfx or .p12 by `openssl pkcs12 -in FILE -nodes`",
    };
  if (kind === "key_file") return readKey(keys, certificates.length > 0);
  if (certificates.length === 0)
    return {
      problem:
        keys.length > 0
          ? "is a private key, and a certificate is wanted here"
          : `holds ${blocks[0]?.label.toLowerCase()}, and no certificate`,
    };
  if (keys.length > 0)
    return {
      problem:
        "holds a private key beside the certificate: give the certificates alone here, and the key in its own place",
    };
  if (certificates.length > mostCertificates) return { problem: `holds more than ${mostCertificates} certificates` };
  try {
    return { certificates: certificates.map(({ whole }) => certificateFacts(new X509Certificate(whole))), key: null };
  } catch {
    return { problem: "holds a certificate that cannot be read: part of it is missing or was changed" };
  }
}

function readKey(
  keys: readonly { label: string; whole: string }[],
  hasCertificate: boolean,
): TlsFileFacts | { problem: string } {
  const [first, second] = keys;
  if (first === undefined)
    return {
      problem: hasCertificate ? "is a certificate, and its private key is wanted here" : "holds no private key",
    };
  if (second !== undefined) return { problem: "holds several private keys: give the one of the certificate" };
  if (first.label.startsWith("ENCRYPTED") || first.whole.includes("Proc-Type: 4,ENCRYPTED"))
    return {
      problem: "is protected by a passphrase: take it off by `openssl pkey -in FILE`; it is kept encrypted here",
    };
  try {
    return { certificates: [], key: kindOf(createPrivateKey(first.whole)) };
  } catch {
    return { problem: "is a private key that cannot be read: part of it is missing or was changed" };
  }
}

/** To which certificate of a file a key belongs, from 0; -1 = to none of them, null = one of them cannot be read. */
export function placeOfKey(certificates: string, key: string): number | null {
  try {
    const own = createPrivateKey(key);
    const all = [...certificates.matchAll(block)].filter(([, label = ""]) => label.endsWith("CERTIFICATE"));
    return all.length === 0 ? null : all.findIndex(([whole]) => new X509Certificate(whole).checkPrivateKey(own));
  } catch {
    return null;
  }
}

/** One line about a file, for the audit log and error messages. */
export function tlsFileLine({ certificates, key }: TlsFileFacts): string {
  const [first] = certificates;
  if (key !== null) return `private key, ${key}`;
  if (first === undefined) return "nothing";
  const more = certificates.length > 1 ? ` and ${certificates.length - 1} more` : "";
  return `${first.subject}, until ${first.valid_to.slice(0, 10)}${more}`;
}

function kindOf(key: KeyObject): string {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const kind = (key.asymmetricKeyType ?? "unknown").toUpperCase();
  return [kind, namedCurve ?? modulusLength].filter((part) => part !== undefined).join(" ");
}
