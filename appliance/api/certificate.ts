/** The certificate of the HTTPS listener, for administrators: what it says, another one in its place. */
import type { Caller } from "../../core/access/caller.ts";
import { toIso } from "../../core/time.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import type { CertificateFacts } from "../certificate/facts.ts";
import type { ServerCertificate } from "../certificate/server-certificate.ts";

type Json = Record<string, unknown>;

export class CertificateService {
  readonly #certificate: ServerCertificate;
  readonly #audit: AuditLog;

  constructor(certificate: ServerCertificate, audit: AuditLog) {
    this.#certificate = certificate;
    this.#audit = audit;
  }

  /** Never with the key. */
  read(): Json {
    const { files, inUse } = this.#certificate;
    return {
      source: files === null ? "none" : !files.own ? "files" : inUse?.madeHere === false ? "uploaded" : "self_signed",
      file: files?.certFile ?? null,
      changeable: files?.own === true,
      certificate: inUse === null ? null : rowOf(inUse),
    };
  }

  /** `expected`: fingerprint of the present one; null = whichever. @throws EdgeError certificate_refused, certificate_pinned, certificate_changed, tls_file */
  async replace(
    caller: Caller,
    { cert, key }: { cert: string; key: string },
    expected: string | null = null,
  ): Promise<Json> {
    const { warnings } = await this.#certificate.store({ cert, key }, expected);
    return { ...(await this.#taken(caller, "certificate.replace")), warnings };
  }

  /** `expected` as of `replace`. @throws EdgeError certificate_pinned, certificate_changed, tls_file */
  async makeSelfSigned(caller: Caller, expected: string | null = null): Promise<Json> {
    await this.#certificate.makeNew(expected);
    return { ...(await this.#taken(caller, "certificate.self_signed")), warnings: [] };
  }

  async #taken(caller: Caller, action: string): Promise<Json> {
    const problems = await this.#certificate.renew();
    const { inUse } = this.#certificate;
    await this.#audit.note(auditAuthor(caller), action, "certificate", {
      subject: inUse?.subject ?? null,
      fingerprint: inUse?.fingerprint ?? null,
      not_after: inUse === null ? null : toIso(inUse.notAfter),
      ...(problems.length === 0 ? {} : { problems }),
    });
    return this.read();
  }
}

function rowOf(facts: CertificateFacts): Json {
  return {
    subject: facts.subject,
    issuer: facts.issuer,
    names: facts.names,
    self_signed: facts.selfSigned,
    renews_itself: facts.madeHere,
    not_before: toIso(facts.notBefore),
    not_after: toIso(facts.notAfter),
    fingerprint_sha256: facts.fingerprint,
    key: facts.key,
    chain: facts.chain.map(({ subject, issuer, notAfter }) => ({ subject, issuer, not_after: toIso(notAfter) })),
  };
}
