/** Checks a certificate and key that somebody uploads, before they replace those in use. */
import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { EdgeError } from "../../core/errors.ts";
import { dayMs, toIso } from "../../core/time.ts";
import { certificatesOf, factsOf, hostOf, isSelfSigned } from "./facts.ts";
import type { Pair } from "./read-pair.ts";

/** No public chain is longer; more is somebody's whole store. */
const longestChain = 10;
const curves = ["prime256v1", "secp384r1"];
const smallestRsa = 2048;
const serverAuth = "1.3.6.1.5.5.7.3.1";
const soonMs = 21 * dayMs;

export interface CheckedPair extends Pair {
  /** What works, but not for everybody, one sentence each. */
  warnings: string[];
}

/**
 * Returns the certificates and the key as PEM, without anything else that stood in the texts. `now`: epoch milliseconds.
 * @throws EdgeError certificate_refused, with what is wrong and how to mend it; never with a part of the key
 */
export function checkPair(given: Pair, now: number): CheckedPair {
  const chain = readChain(given.cert);
  const key = readKey(given.key);
  const [leaf, ...issuers] = chain;
  if (leaf === undefined) throw refused("the certificate file holds no certificate");
  if (!leaf.checkPrivateKey(key)) {
    const at = chain.findIndex((one) => one.checkPrivateKey(key));
    throw refused(
      at === -1
        ? `the key does not belong to ${chain.length === 1 ? "the certificate" : `any of the ${chain.length} certificates`}: ${nameOf(leaf)} has another one`
        : `the key belongs to certificate ${at + 1} of the file (${nameOf(chain[at] ?? leaf)}): put this one first, then those that issued it`,
    );
  }
  issuers.forEach((issuer, index) => {
    const issued = chain[index] ?? leaf;
    if (!issued.checkIssued(issuer) || !issued.verify(issuer.publicKey))
      throw refused(
        `certificate ${index + 2} (${nameOf(issuer)}) has not issued certificate ${index + 1} (${nameOf(issued)}): the order is the server's certificate, then the one that issued it, and so on`,
      );
  });
  for (const one of chain) checkDates(one, now);
  checkUse(leaf);
  const pair = {
    cert: chain
      .map((one) => one.toString().trimEnd())
      .join("\n")
      .concat("\n"),
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
  };
  try {
    createSecureContext(pair);
  } catch {
    throw refused("the TLS library does not accept this certificate with this key");
  }
  return { ...pair, warnings: warningsOf(leaf, issuers, now) };
}

function readChain(text: string): X509Certificate[] {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    throw refused(
      "the certificate file holds a private key: give the certificate in one field and the key in the other",
    );
  let chain: X509Certificate[];
  try {
    chain = certificatesOf(text);
  } catch {
    throw refused("one of the certificates is damaged: copy the file again, from -----BEGIN to -----END");
  }
  if (chain.length === 0)
    throw refused(
      "the certificate is not in PEM form (-----BEGIN CERTIFICATE-----); of a .pfx file it comes with `openssl pkcs12 -in FILE -nokeys`, of a .cer file with `openssl x509 -inform DER -in FILE`",
    );
  if (chain.length > longestChain)
    throw refused(`the file holds ${chain.length} certificates: give the server's and those that issued it`);
  return chain;
}

function readKey(text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type:\s*4,ENCRYPTED/.test(text))
    throw refused(
      "the key is encrypted with a passphrase, which nobody types at a start: take it off with `openssl pkey -in KEY -out NEW-KEY`",
    );
  const [block] = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^-]*(?:-(?!----)[^-]*)*-----END \1-----/.exec(text) ?? [];
  if (block === undefined)
    throw refused(
      "the key is not in PEM form (-----BEGIN PRIVATE KEY-----); of a .pfx file it comes with `openssl pkcs12 -in FILE -nocerts -noenc`, of a DER file with `openssl pkey -inform DER -in FILE`",
    );
  let key: KeyObject;
  try {
    key = createPrivateKey(block);
  } catch {
    // The library's message may quote the key.
    throw refused("the private key is damaged: copy the file again, from -----BEGIN to -----END");
  }
  const { namedCurve = "", modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const usable =
    (key.asymmetricKeyType === "rsa" && modulusLength >= smallestRsa) ||
    (key.asymmetricKeyType === "ec" && curves.includes(namedCurve));
  if (!usable)
    throw refused(
      `browsers do not accept this kind of key (${key.asymmetricKeyType} ${namedCurve || modulusLength || ""}`.trimEnd() +
        `): take ECDSA P-256, P-384, or RSA with ${smallestRsa} bits or more`,
    );
  return key;
}

function checkDates(certificate: X509Certificate, now: number): void {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (now > to) throw refused(`${nameOf(certificate)} ended on ${toIso(to).slice(0, 10)}: it has to be issued anew`);
  if (now < from)
    throw refused(
      `${nameOf(certificate)} holds from ${toIso(from)} on, and it is ${toIso(now)} here: wait, or set the clock`,
    );
}

function checkUse(leaf: X509Certificate): void {
  // In Node's words these are the extended uses.
  const uses: readonly string[] | undefined = leaf.keyUsage;
  if (uses !== undefined && uses.length > 0 && !uses.includes(serverAuth))
    throw refused(`${nameOf(leaf)} is not for TLS servers (extended key usage ${uses.join(", ").slice(0, 200)})`);
  if (leaf.subjectAltName === undefined)
    throw refused(
      `${nameOf(leaf)} has no subject alternative name: browsers do not look at the common name any more; have it issued with one`,
    );
}

function warningsOf(leaf: X509Certificate, issuers: readonly X509Certificate[], now: number): string[] {
  const warnings: string[] = [];
  const to = Date.parse(leaf.validTo);
  if (to - now < soonMs) warnings.push(`It ends on ${toIso(to).slice(0, 10)}.`);
  if (isSelfSigned(leaf)) warnings.push("It is self-signed: browsers and clients have to be told to trust it.");
  else if (issuers.length === 0)
    warnings.push("No certificate of its issuer follows it: clients that do not have that one refuse it.");
  const facts = factsOf(leaf.toString());
  if (facts !== null && hostOf(facts) === null)
    warnings.push("It names no host, only a wildcard or this machine itself.");
  return warnings;
}

function nameOf({ subject }: X509Certificate): string {
  const lines = (subject ?? "").split("\n");
  const name = lines.find((line) => line.startsWith("CN="))?.slice(3) ?? lines[0] ?? "";
  return JSON.stringify(name.slice(0, 100));
}

function refused(message: string): EdgeError {
  return new EdgeError("certificate_refused", message);
}
