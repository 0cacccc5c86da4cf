/** When the certificates that are in use expire. */
import { X509Certificate } from "node:crypto";
import { readTextFile } from "../../runtime/text-files.ts";

/** `own`: what we prove ourselves with; `authority`: what others are checked against. */
export interface CertificatePlace {
  usage: "server" | "destination_client" | "destination_ca" | "ticket_ca";
  /** Of the API, a destination (`alerts/siem`) or a ticket system. */
  name: string;
  /** PEM text, or the file that has it. */
  pem: { text: string } | { file: string };
}

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Epoch milliseconds; null where the text has no certificate. Of a certificate of our own the first counts, which others look at; of authorities
 * the one that lasts longest, because an old one in a bundle harms nobody.
 */
function expiryOf(pem: string, usage: CertificatePlace["usage"]): number | null {
  const isOwn = usage === "server" || usage === "destination_client";
  const times = [...pem.matchAll(block)].flatMap(([text]) => {
    try {
      const time = Date.parse(new X509Certificate(text).validTo);
      return Number.isNaN(time) ? [] : [time];
    } catch {
      return [];
    }
  });
  if (times.length === 0) return null;
  return isOwn ? (times[0] ?? null) : Math.max(...times);
}

/** Reads the files; a certificate that cannot be read is left out, because a fault or the connection's error names it. */
export class CertificateExpiry {
  /** By the text, because parsing costs more than reading. */
  #known = new Map<string, number | null>();

  async read(places: readonly CertificatePlace[]): Promise<{ usage: string; name: string; expiresAt: number }[]> {
    const known = new Map<string, number | null>();
    const found = [];
    for (const { usage, name, pem } of places) {
      const text = "text" in pem ? pem.text : await textOf(pem.file);
      if (text === null) continue;
      const key = `${usage}\n${text}`;
      const expiresAt = this.#known.has(key) ? (this.#known.get(key) ?? null) : expiryOf(text, usage);
      known.set(key, expiresAt);
      if (expiresAt !== null) found.push({ usage, name, expiresAt });
    }
    this.#known = known;
    return found;
  }
}

async function textOf(file: string): Promise<string | null> {
  const content = await readTextFile(file);
  return content.kind === "text" ? content.text : null;
}
