/** Checks the addresses that the service listens on, and the API's certificate. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createServer, isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { messageOf } from "../../core/errors.ts";
import type { CertificateFiles } from "../../core/settings/certificate-files.ts";
import type { ListenAddress, Settings } from "../../core/settings.ts";
import { dayMs } from "../../core/time.ts";
import { factsOf, hostOf as linkHost } from "../certificate/facts.ts";
import { readTextFile } from "../runtime/text-files.ts";
import type { Finding } from "./finding.ts";

/** How long before it expires a certificate causes a warning. */
const soonMs = 21 * dayMs;

/** The API's port and the health ports; if the appliance is running, it is the one that uses them. */
export async function checkPorts(settings: Settings, running: boolean): Promise<Finding[]> {
  const addresses: [string, ListenAddress][] = [
    ["API (RHYTHMX_LISTEN)", settings.listen],
    ["health of alerts (RHYTHMX_ALERT_HEALTH)", settings.alertHealth],
    ["health of incidents (RHYTHMX_INCIDENT_HEALTH)", settings.incidentHealth],
  ];
  const findings: Finding[] = [];
  const taken = new Map<string, string>();
  for (const [what, { host, port }] of addresses) {
    const where = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const other = port === 0 ? undefined : taken.get(where);
    taken.set(where, what);
    if (other !== undefined)
      findings.push({ level: "problem", line: `${what}: ${where} is that of ${other}: give each its own` });
    else if (running) findings.push({ level: "ok", line: `${what}: ${where}, in use by the running appliance` });
    else findings.push(await checkAddress(what, where, { host, port }));
  }
  return findings;
}

async function checkAddress(what: string, where: string, address: ListenAddress): Promise<Finding> {
  const error = await tryListening(address);
  if (error === null) return { level: "ok", line: `${what}: ${where} is free` };
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: "another program has this port: stop it, or take another one",
    EADDRNOTAVAIL: "this machine has no such address: `ip address` shows those that it has",
    ENOTFOUND: "this name is not known: use an IP address",
    EACCES: "ports below 1024 are root's: take a higher one, or give the service CAP_NET_BIND_SERVICE",
  };
  return { level: "problem", line: `${what}: ${where}: ${words[error.code ?? ""] ?? error.message}` };
}

function tryListening({ host, port }: ListenAddress): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/**
 * Checks the certificate: whether it exists, matches its key, is valid, and covers the host name in use. `files`: null = plain HTTP; `now`: epoch
 * milliseconds.
 */
export async function checkCertificate(
  files: CertificateFiles | null,
  { baseUrl, port }: { baseUrl: string | null; port: number },
  now: number,
): Promise<Finding[]> {
  if (files === null) return [];
  const { certFile: tlsCertFile, keyFile: tlsKeyFile, own } = files;
  const problem = (line: string): Finding[] => [{ level: "problem", line: `certificate ${line}` }];
  const [cert, key] = [await readTextFile(tlsCertFile), await readTextFile(tlsKeyFile)];
  if (own && cert.kind === "absent" && key.kind === "absent")
    return [{ level: "ok", line: `certificate ${tlsCertFile}: a self-signed one is made at the start` }];
  for (const [path, content] of [
    [tlsCertFile, cert],
    [tlsKeyFile, key],
  ] as const) {
    if (content.kind === "absent") return problem(`${path}: there is no such file`);
    if (content.kind === "fault")
      return problem(`${path}: found ${content.fault.found}; accepted: ${content.fault.accepted}`);
  }
  if (cert.kind !== "text" || key.kind !== "text") return [];
  // The most common mistake, and the library's message does not explain it.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(cert.text) && !cert.text.includes("-----BEGIN CERTIFICATE-----"))
    return problem(
      `${tlsCertFile}: is a private key: RHYTHMX_TLS_CERT_FILE takes the certificate, RHYTHMX_TLS_KEY_FILE the key`,
    );
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert.text);
  } catch {
    return problem(`${tlsCertFile}: is no certificate in PEM form (-----BEGIN CERTIFICATE-----)`);
  }
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(key.text)))
      return problem(`${tlsCertFile}: ${tlsKeyFile} is the key of another certificate`);
    createSecureContext({ cert: cert.text, key: key.text });
  } catch {
    return problem(`${tlsKeyFile}: is no private key in PEM form without a passphrase`);
  }
  return [...checkValidity(tlsCertFile, certificate, { baseUrl, now }), ...linksWithout(baseUrl, cert.text, port)];
}

/** Where links lead without `RHYTHMX_BASE_URL`. */
function linksWithout(baseUrl: string | null, cert: string, port: number): Finding[] {
  const facts = baseUrl === null ? factsOf(cert) : null;
  if (facts === null) return [];
  const where = linkHost(facts);
  const said =
    where === null
      ? "the address that the API listens on"
      : `https://${where}${port === 443 ? "" : `:${port}`}, the certificate's name`;
  return [{ level: "warning", line: `links lead to ${said}: set RHYTHMX_BASE_URL to the address that people use` }];
}

function checkValidity(
  path: string,
  certificate: X509Certificate,
  { baseUrl, now }: { baseUrl: string | null; now: number },
): Finding[] {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  if (now > to) return [{ level: "problem", line: `certificate ${path}: it ran out on ${day(to)}: renew it` }];
  if (now < from)
    return [{ level: "problem", line: `certificate ${path}: it holds from ${day(from)} on: check the clock` }];
  const findings: Finding[] = [
    to - now < soonMs
      ? { level: "warning", line: `certificate ${path}: it runs out on ${day(to)}: ${howToRenew(certificate)}` }
      : { level: "ok", line: `certificate ${path}: with its key, until ${day(to)}` },
  ];
  const host = hostOf(baseUrl);
  if (host !== null && (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) === undefined)
    findings.push({
      level: "problem",
      line: `certificate ${path}: it is not for ${host}, the name of RHYTHMX_BASE_URL (it is for ${namesOf(certificate)})`,
    });
  return findings;
}

function howToRenew(certificate: X509Certificate): string {
  return factsOf(certificate.toString())?.madeHere === true
    ? "the appliance renews it by itself while it runs"
    : "renew it, then `rhythmx reload`";
}

function hostOf(baseUrl: string | null): string | null {
  if (baseUrl === null) return null;
  try {
    return new URL(baseUrl).hostname.replace(/^\[|\]$/g, "");
  } catch (error) {
    throw new Error(`RHYTHMX_BASE_URL: ${messageOf(error)}`);
  }
}

function namesOf({ subjectAltName, subject }: X509Certificate): string {
  return (
    subjectAltName ??
    subject
      .split("\n")
      .find((line) => line.startsWith("CN="))
      ?.slice(3) ??
    "no name"
  ).slice(0, 200);
}
