/** Makes the self-signed certificate with which an appliance starts. */
import { randomBytes } from "node:crypto";
import { dayMs, hourMs } from "../../core/time.ts";
import { madeHere } from "./facts.ts";
import type { MachineNames } from "./machine-names.ts";
import type { Pair } from "./read-pair.ts";

/** The longest that Apple's systems accept of a certificate that is no authority's. */
const days = 825;
/** Clients whose clocks are slow should not refuse it. */
const earlierMs = hourMs;
/** A common name may not be longer (RFC 5280). */
const longestName = 64;

/** ECDSA P-256, for TLS servers only, valid from `now` (epoch milliseconds) for 825 days; with names and addresses as subject alternative names. */
export async function makeSelfSigned({ names, addresses }: MachineNames, now: number): Promise<Pair> {
  // The library registers its parts by metadata of decorators. It is loaded only here: once in two years.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
  const keys = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // Positive, with at most 20 bytes (RFC 5280, 4.1.2.2).
    serialNumber: `01${randomBytes(15).toString("hex")}`,
    name: [{ CN: [commonName(names)] }, { O: [madeHere.O] }, { OU: [madeHere.OU] }],
    notBefore: new Date(now - earlierMs),
    notAfter: new Date(now - earlierMs + days * dayMs - 1000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: "dns", value }) as const),
        ...addresses.map((value) => ({ type: "ip", value }) as const),
      ]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    cert: `${certificate.toString("pem")}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}(?=.)/g, "$&\n")}\n-----END PRIVATE KEY-----\n`,
  };
}

function commonName(names: readonly string[]): string {
  const short = names.find((name) => name.length <= longestName);
  return short ?? "localhost";
}
