/** Turns what node:net, node:tls and the resolver throw into a sentence that says what to check. */
import { DeliveryError, messageOf } from "../../core/errors.ts";

export interface Endpoint {
  host: string;
  port: number;
  /** The name that the certificate must carry; default: the host. */
  serverName?: string;
}

type Explanation = readonly [reason: string, text: (at: string, endpoint: Endpoint) => string];

const CLIENT_CERTIFICATE: Explanation = [
  "tls_client_certificate",
  (at) =>
    `${at} refused our client certificate (or demands one); check cert_file and key_file against the receiver's CA`,
];
const UNTRUSTED: Explanation = [
  "tls_untrusted",
  (at) => `the certificate of ${at} is signed by a CA that is not trusted here; set ca_file to the CA that issued it`,
];
const UNRESOLVED: Explanation = [
  "unresolved",
  (_, { host }) => `the name ${host} cannot be resolved; check the spelling and DNS`,
];
const UNREACHABLE: Explanation = ["unreachable", (at) => `no route to ${at}; check network and firewall`];

const FORBIDDEN: Explanation = [
  "forbidden",
  (at) => `this machine does not let packets to ${at} out; check its firewall (nftables, iptables)`,
];

const BY_CODE: Readonly<Record<string, Explanation>> = {
  // Bun reports an unreachable host like this too.
  ECONNREFUSED: [
    "refused",
    (at) => `nothing listens on ${at}, or there is no way to it; check host, port, network and that the receiver runs`,
  ],
  ECONNRESET: ["reset", (at) => `${at} reset the connection`],
  EPIPE: ["reset", (at) => `${at} closed the connection`],
  ETIMEDOUT: ["timeout", (at) => `${at} did not answer in time; check host, port and firewall`],
  ENOTFOUND: UNRESOLVED,
  EAI_AGAIN: UNRESOLVED,
  DNS_ENOTFOUND: UNRESOLVED,
  ENETUNREACH: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  EPERM: FORBIDDEN,
  EACCES: FORBIDDEN,
  EMFILE: ["too_many_files", () => "too many open files here; raise the limit of open files (LimitNOFILE)"],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "tls_name",
    (at, { host, serverName }) =>
      `the certificate of ${at} is not for ${serverName ?? host}; set server_name to a name that it carries`,
  ],
  CERT_HAS_EXPIRED: ["tls_expired", (at) => `the certificate of ${at} has expired (or the clock here is wrong)`],
  CERT_NOT_YET_VALID: ["tls_expired", (at) => `the certificate of ${at} is not valid yet (or the clock here is wrong)`],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
};

const PLAIN_TEXT: Explanation = [
  "tls_not_spoken",
  (at) => `${at} does not speak TLS; check the port, or use protocol tcp`,
];
const TLS_VERSION: Explanation = ["tls_version", (at) => `${at} offers no TLS 1.2 or newer`];

function find(code: string, message: string): Explanation | null {
  const known = BY_CODE[code];
  if (known) return known;
  const text = `${code} ${message}`.toUpperCase().replaceAll(" ", "_");
  if (/ALERT_(CERTIFICATE|UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/.test(text))
    return CLIENT_CERTIFICATE;
  if (/ALERT_(UNKNOWN_CERTIFICATE|HANDSHAKE_FAILURE|DECRYPT_ERROR|BAD_CERT)/.test(text)) return CLIENT_CERTIFICATE;
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(text)) return TLS_VERSION;
  if (/WRONG_VERSION_NUMBER|HTTP_REQUEST/.test(text)) return PLAIN_TEXT;
  return null;
}

/** A failed or broken connection as a `DeliveryError`: always retryable, since receivers come back and certificates get replaced. */
export function connectError(error: unknown, endpoint: Endpoint): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const at = `${endpoint.host}:${endpoint.port}`;
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  const [reason, text] = find(code, messageOf(error)) ?? ["connection", () => `${at}: ${messageOf(error)}`];
  return new DeliveryError(reason, text(at, endpoint), { retryable: true, cause: error });
}
