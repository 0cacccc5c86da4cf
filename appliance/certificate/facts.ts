/** What a certificate says. */
import { type KeyObject, X509Certificate } from "node:crypto";

/** In the subject of the certificates that the appliance makes. */
export const madeHere = { O: "RhythmX Edge", OU: "Self-signed by this appliance" } as const;

export interface CertificateFacts {
  /** `CN=edge.example, O=…`, as the certificate has it. */
  subject: string;
  issuer: string;
  /** Such as `DNS:edge.example` and `IP Address:10.0.0.5`. */
  names: string[];
  selfSigned: boolean;
  /** Made by this appliance, which renews it by itself. */
  madeHere: boolean;
  /** Epoch milliseconds. */
  notBefore: number;
  notAfter: number;
  /** SHA-256, hexadecimal with colons, as browsers show it. */
  fingerprint: string;
  /** Such as `ECDSA prime256v1` or `RSA 2048`. */
  key: string;
  /** The certificates that follow it in the file. */
  chain: { subject: string; issuer: string; notAfter: number }[];
}

// Ends at the next dashes, whatever they begin: a text with many beginnings and no end is read once, not once for each.
const block =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*(?:-(?!----)[^-]*)*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** The certificates of a PEM text, in its order. @throws if one of them is damaged */
export function certificatesOf(pem: string): X509Certificate[] {
  return (pem.match(block) ?? []).map((one) => new X509Certificate(one));
}

/** Null if the text holds no certificate that can be read. */
export function factsOf(pem: string): CertificateFacts | null {
  try {
    const [own, ...chain] = certificatesOf(pem);
    if (own === undefined) return null;
    return {
      subject: oneLine(own.subject),
      issuer: oneLine(own.issuer),
      names: own.subjectAltName?.split(", ") ?? [],
      selfSigned: isSelfSigned(own),
      madeHere: isMadeHere(own),
      notBefore: Date.parse(own.validFrom),
      notAfter: Date.parse(own.validTo),
      fingerprint: own.fingerprint256,
      key: keyOf(own.publicKey),
      chain: chain.map(({ subject, issuer, validTo }) => ({
        subject: oneLine(subject),
        issuer: oneLine(issuer),
        notAfter: Date.parse(validTo),
      })),
    };
  } catch {
    return null;
  }
}

/** The host that people reach the appliance by: the first name, else address, that is not this machine's alone; null if there is none. */
export function hostOf({ names }: Pick<CertificateFacts, "names">): string | null {
  const of = (kind: string) =>
    names.flatMap((name) => (name.startsWith(`${kind}:`) ? [name.slice(kind.length + 1)] : []));
  const name = of("DNS").find((one) => one !== "localhost" && !one.startsWith("*."));
  if (name !== undefined) return name;
  const address = of("IP Address").find((one) => !/^(?:127\.|0:0:0:0:0:0:0:1$|::1$)/.test(one));
  return address === undefined ? null : urlHost(address);
}

/** An address as it stands in a URL; certificates spell out all zeros of IPv6. */
export function urlHost(address: string): string {
  return address.includes(":") ? new URL(`https://[${address}]`).hostname : address;
}

/** `checkIssued` would also ask for the right to sign certificates, which one that is for servers only does not have. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
}

function isMadeHere(certificate: X509Certificate): boolean {
  const lines = certificate.subject.split("\n");
  return (
    isSelfSigned(certificate) && Object.entries(madeHere).every(([key, value]) => lines.includes(`${key}=${value}`))
  );
}

function keyOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { namedCurve, modulusLength } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === "ec") return `ECDSA ${namedCurve ?? ""}`.trim();
  if (asymmetricKeyType === "rsa") return `RSA ${modulusLength ?? ""}`.trim();
  return asymmetricKeyType ?? "unknown";
}

/** Names in certificates are whatever their maker wrote. */
function oneLine(name: string): string {
  return name.split("\n").join(", ").slice(0, 500);
}
