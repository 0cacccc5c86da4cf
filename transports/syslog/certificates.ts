/** Certificates in words, and the chain that a receiver shows whether it is trusted or not. */
import { X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect, type DetailedPeerCertificate } from "node:tls";
import { messageOf } from "../../core/errors.ts";
import type { ShownCertificate } from "../../core/tickets/ticket-system.ts";
import type { SenderContext, TlsMaterial } from "./options.ts";

/** What a handshake shows while nothing is checked. */
export interface Inspection {
  /** The TCP connection stood. */
  connected: boolean;
  /** Null = there was no handshake. */
  handshake: { protocol: string; cipher: string; certificates: ShownCertificate[] } | null;
  /** Why it ended before the handshake; null if it did not. */
  error: string | null;
}

/** Longer chains do not exist in practice; a loop would have no end. */
const longestChain = 10;

export function certificateFacts(certificate: X509Certificate): ShownCertificate {
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: (certificate.subjectAltName ?? "").replace(/\b(?:DNS|IP Address):/g, ""),
    valid_from: new Date(certificate.validFrom).toISOString(),
    valid_to: new Date(certificate.validTo).toISOString(),
  };
}

/** Shakes hands with one address without judging its certificate, and closes. `way`: a connection that leads there. Never rejects. */
export function inspectTls(
  context: Pick<SenderContext, "host" | "port"> & { limits: Pick<SenderContext["limits"], "connectMs"> },
  address: string,
  material: Pick<TlsMaterial, "serverName" | "cert" | "key">,
  way: Socket | null = null,
): Promise<Inspection> {
  const found: Inspection = { connected: way !== null, handshake: null, error: null };
  return new Promise((resolve) => {
    const serverName = material.serverName ?? context.host;
    const options: ConnectionOptions = {
      ...(way === null ? { host: address, port: context.port } : { socket: way }),
      minVersion: "TLSv1.2",
      rejectUnauthorized: false,
      ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
      ...(material.cert === undefined ? {} : { cert: material.cert }),
      ...(material.key === undefined ? {} : { key: material.key }),
    };
    let socket: ReturnType<typeof connect>;
    try {
      socket = connect(options);
    } catch (error) {
      resolve({ ...found, error: messageOf(error) });
      return;
    }
    const end = (error: string | null) => {
      clearTimeout(late);
      socket.removeAllListeners();
      socket.on("error", () => {});
      socket.destroy();
      way?.destroy();
      resolve({ ...found, error });
    };
    const late = setTimeout(() => end("it did not answer in time"), context.limits.connectMs);
    (socket as Socket).once("connect", () => {
      found.connected = true;
    });
    socket.once("secureConnect", () => {
      found.connected = true;
      found.handshake = {
        protocol: (socket.getProtocol() ?? "").replace("TLSv", "TLS "),
        cipher: socket.getCipher()?.standardName ?? "",
        certificates: chainOf(socket.getPeerCertificate(true)),
      };
      end(null);
    });
    socket.once("error", (error) => end(messageOf(error)));
    socket.once("close", () => end("it closed the connection"));
  });
}

function chainOf(first: DetailedPeerCertificate): ShownCertificate[] {
  const chain: ShownCertificate[] = [];
  const seen = new Set<string>();
  let next: DetailedPeerCertificate | undefined = first;
  while (next?.raw !== undefined && chain.length < longestChain) {
    const id = next.raw.toString("base64");
    if (seen.has(id)) break;
    seen.add(id);
    try {
      chain.push(certificateFacts(new X509Certificate(next.raw)));
    } catch {
      break;
    }
    next = next.issuerCertificate;
  }
  return chain;
}

/** The common name of a distinguished name, which has one attribute a line; else all of it. */
function nameOf(name: string | undefined): string {
  const lines = (name ?? "").split("\n").filter((line) => line !== "");
  return lines.findLast((line) => line.startsWith("CN="))?.slice(3) ?? lines.join(", ");
}
