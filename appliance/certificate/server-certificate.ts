/**
 * The certificate of the API's listener: from the files that settings name, or from the appliance's own place in the data folder, where a
 * self-signed one is made if there is none, renewed before it ends, and replaced by one that somebody uploads.
 */
import { EdgeError, messageOf } from "../../core/errors.ts";
import type { Faults } from "../../core/faults.ts";
import type { Clock } from "../../core/ports.ts";
import { type CertificateFiles, certificateFiles } from "../../core/settings/certificate-files.ts";
import { isLoopback } from "../../core/settings/forms.ts";
import type { SettingChange } from "../../core/settings/reload/changes.ts";
import type { Settings } from "../../core/settings.ts";
import { dayMs, toIso } from "../../core/time.ts";
import type { Log } from "../runtime/log.ts";
import { type CheckedPair, checkPair } from "./check-pair.ts";
import { type CertificateFacts, factsOf, hostOf } from "./facts.ts";
import { machineNames } from "./machine-names.ts";
import { fits, settleFolder, storedPair, storePair } from "./own-folder.ts";
import { type Pair, readPair } from "./read-pair.ts";
import { makeSelfSigned } from "./self-signed.ts";

/** How long before its end our own self-signed certificate is replaced. */
const renewBeforeMs = 30 * dayMs;

interface CertificateParts {
  settings(): Pick<Settings, "dataDir" | "listen" | "tlsCertFile" | "tlsKeyFile">;
  clock: Pick<Clock, "now">;
  log: Log;
  faults: Faults;
  /** The API's listener. */
  listener(): { renew(): Promise<boolean>; readonly port: number; readonly url: string };
  /** Names and addresses for a self-signed certificate; default: those of the machine. */
  names?: typeof machineNames;
}

export class ServerCertificate {
  readonly #parts: CertificateParts;
  /** Changes of the files come one after the other. */
  #changing: Promise<unknown> = Promise.resolve();
  /** What the listener has read last. */
  #inUse: CertificateFacts | null = null;
  /** Whether the fault is that it has ended. */
  #saidEnd = false;

  constructor(parts: CertificateParts) {
    this.#parts = parts;
  }

  /** Null: the API speaks plain HTTP, on loopback. */
  get files(): CertificateFiles | null {
    return certificateFiles(this.#parts.settings());
  }

  /** What the certificate in use says; null if there is none. */
  get inUse(): CertificateFacts | null {
    return this.#inUse;
  }

  /**
   * The certificate for the listener; makes or renews our own self-signed one where that is due. Null = plain HTTP.
   * @throws EdgeError `tls_file`, with file and setting
   */
  read(): Promise<Pair | null> {
    return this.#inTurn(async () => {
      const { files } = this;
      if (files === null) {
        this.#inUse = null;
        return null;
      }
      if (files.own) await this.#ensure(files);
      const pair = await readPair(files);
      this.#inUse = factsOf(pair.cert);
      return pair;
    });
  }

  /** Has the listener use what the files hold now; what is no use leaves the present certificate. Returns what is wrong, for people. */
  async renew(): Promise<string[]> {
    const { listener, faults, log } = this.#parts;
    try {
      if (await listener().renew()) log.info("certificate renewed", { fingerprint: this.#inUse?.fingerprint });
      faults.clear("certificate");
      this.#nameEnd();
      return [];
    } catch (error) {
      const problem = `${messageOf(error)}; the certificate in use stays`;
      faults.set("certificate", problem);
      return [problem];
    }
  }

  /** The same for a reload, which says what has changed. */
  async reloaded(): Promise<{ problems: string[]; changes: SettingChange[] }> {
    const before = this.#inUse;
    const problems = await this.renew();
    const after = this.#inUse;
    if (problems.length > 0 || before?.fingerprint === after?.fingerprint) return { problems, changes: [] };
    return {
      problems,
      changes: [{ setting: "certificate", from: inWords(before), to: inWords(after), restart: null }],
    };
  }

  /** Renews our own self-signed certificate when that is due, and names a certificate that has ended. */
  async tick(): Promise<void> {
    const facts = this.#inUse;
    if (facts === null) return;
    if (this.files?.own === true && isDue(facts, this.#now)) await this.renew();
    else this.#nameEnd();
  }

  #nameEnd(): void {
    const facts = this.#inUse;
    if (facts === null || this.#now <= facts.notAfter) {
      if (this.#saidEnd) this.#parts.faults.clear("certificate");
      this.#saidEnd = false;
      return;
    }
    const where =
      this.files?.own === true ? "upload another one" : `renew ${this.files?.certFile}, then \`rhythmx reload\``;
    this.#parts.faults.set("certificate", `the certificate ended on ${toIso(facts.notAfter).slice(0, 10)}: ${where}`);
    this.#saidEnd = true;
  }

  /**
   * Puts an uploaded certificate in the place of the present one. The listener has to read it then. `expected`: SHA-256 fingerprint that the
   * present one must have; null = whichever. @throws EdgeError certificate_refused, certificate_pinned, certificate_changed
   */
  store(given: Pair, expected: string | null = null): Promise<CheckedPair> {
    return this.#inTurn(async () => {
      const files = this.#changeable(expected);
      const checked = checkPair(given, this.#now);
      write(files, checked);
      return checked;
    });
  }

  /** Puts a new self-signed certificate in the place of the present one; `expected` as of `store`. @throws EdgeError certificate_pinned, certificate_changed */
  makeNew(expected: string | null = null): Promise<void> {
    return this.#inTurn(async () => this.#make(this.#changeable(expected)));
  }

  /** The address that links lead to: by the certificate's name where the API can be reached from elsewhere. */
  get linkUrl(): string {
    const { port, url } = this.#parts.listener();
    const host = this.#inUse === null || isLoopback(this.#parts.settings().listen.host) ? null : hostOf(this.#inUse);
    return host === null ? url : `https://${host}${port === 443 ? "" : `:${port}`}`;
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  #changeable(expected: string | null): CertificateFiles {
    const { files } = this;
    if (files === null)
      throw new EdgeError(
        "certificate_pinned",
        "the API speaks plain HTTP on loopback and uses no certificate: set RHYTHMX_LISTEN to an address that others reach",
      );
    if (!files.own)
      throw new EdgeError(
        "certificate_pinned",
        `RHYTHMX_TLS_CERT_FILE says that the certificate is ${files.certFile}: replace that file and run \`rhythmx reload\`, or take the setting out`,
      );
    if (expected !== null && factsOf(storedPair(files).cert ?? "")?.fingerprint !== expected)
      throw new EdgeError(
        "certificate_changed",
        "the certificate was replaced by somebody else meanwhile, so nothing was changed: look at it again",
      );
    return files;
  }

  async #ensure(files: CertificateFiles): Promise<void> {
    settleFolder(files);
    const { cert, key } = storedPair(files);
    const facts = cert === null ? null : factsOf(cert);
    // What others have made stays, whatever is wrong with it: the listener names that.
    const usable =
      cert !== null && (facts === null || !facts.madeHere || (fits(cert, key) && !isDue(facts, this.#now)));
    if (!usable) await this.#make(files);
  }

  async #make(files: CertificateFiles): Promise<void> {
    const { log, names = machineNames } = this.#parts;
    const made = await makeSelfSigned(names(), this.#now);
    write(files, made);
    const facts = factsOf(made.cert);
    if (facts === null) return;
    log.info("self-signed certificate made", {
      file: files.certFile,
      until: toIso(facts.notAfter),
      fingerprint: facts.fingerprint,
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(work);
    this.#changing = done.catch(() => {});
    return done;
  }
}

/** Also where the clock was ahead when it was made. */
function isDue({ madeHere, notBefore, notAfter }: CertificateFacts, now: number): boolean {
  return madeHere && (now > notAfter - renewBeforeMs || now < notBefore);
}

/** @throws EdgeError tls_file */
function write(files: CertificateFiles, pair: Pair): void {
  try {
    storePair(files, pair);
  } catch (cause) {
    throw new EdgeError(
      "tls_file",
      `${files.certFile} cannot be written (${messageOf(cause)}): check disk, owner and mode of its folder`,
      { cause },
    );
  }
}

/** Whose it is, until when, and by what it is recognised. */
function inWords(facts: CertificateFacts | null): string | null {
  return (
    facts && `${facts.subject} until ${toIso(facts.notAfter).slice(0, 10)} (SHA-256 ${facts.fingerprint.slice(0, 23)}…)`
  );
}
