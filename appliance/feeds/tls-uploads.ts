/**
 * Certificates and keys that were uploaded in the console, kept in the database in the place of files. Keys are encrypted under the master
 * key like every stored secret, and are never given out.
 */
import { createHash } from "node:crypto";
import { EdgeError, messageOf } from "../../core/errors.ts";
import { isUploaded, uploadedName } from "../../core/settings/destination.ts";
import type { Store } from "../../store/open-store.ts";
import { readRegularFile } from "../runtime/regular-file.ts";
import { normalPem, readTlsFile, type TlsFileFacts, type TlsFileKind, tlsFileKinds, tlsFileLine } from "./tls-files.ts";

/** Encrypts and decrypts, bound to a place. */
interface Sealing {
  seal(plain: string, place: string): string;
  open(sealed: string, place: string): string;
}

/** A row to save; a value of null removes it. */
export interface UploadRow {
  name: string;
  value: string | null;
  secret: boolean;
}

const prefix = "UPLOAD_";
const longest = 512 * 1024;
/** More of them than one form has; an administrator who tries many is asked for the oldest again. */
const mostSent = 24;

export class TlsUploads {
  readonly #tickets: Pick<Store["tickets"], "listSavedSettings">;
  readonly #secrets: Sealing;
  /** Saved texts by `uploaded:…`; an error where one cannot be read. */
  #files = new Map<string, string | EdgeError>();
  /** Those that somebody has sent and not saved yet, the newest last. */
  readonly #sent = new Map<string, string>();

  constructor(tickets: Pick<Store["tickets"], "listSavedSettings">, secrets: Sealing) {
    this.#tickets = tickets;
    this.#secrets = secrets;
  }

  static async load(tickets: Pick<Store["tickets"], "listSavedSettings">, secrets: Sealing): Promise<TlsUploads> {
    const uploads = new TlsUploads(tickets, secrets);
    await uploads.load();
    return uploads;
  }

  /** Reads what is saved. */
  async load(): Promise<void> {
    const files = new Map<string, string | EdgeError>();
    for (const { name, value, secret } of await this.#tickets.listSavedSettings()) {
      if (!name.startsWith(prefix)) continue;
      files.set(uploadedName(name.slice(prefix.length)), secret ? this.#opened(name, value) : value);
    }
    this.#files = files;
    for (const file of files.keys()) this.#sent.delete(file);
  }

  /** The content of a file: an uploaded one, or one of this machine by its path. @throws EdgeError tls_file; what reading throws */
  read(file: string): Buffer {
    if (!isUploaded(file)) return readRegularFile(file);
    const found = this.#files.get(file) ?? this.#sent.get(file);
    if (found === undefined)
      throw new EdgeError("tls_file", `the uploaded file ${file.slice(0, 24)}… is not there any more: upload it again`);
    if (found instanceof EdgeError) throw found;
    return Buffer.from(found);
  }

  /** Where a certificate is: the text of an uploaded one ("" where it is not there any more), else its path. */
  place(file: string): { text: string } | { file: string } {
    if (!isUploaded(file)) return { file };
    const found = this.#files.get(file);
    return { text: typeof found === "string" ? found : "" };
  }

  has(file: string): boolean {
    return this.#files.has(file) || this.#sent.has(file);
  }

  /** What a file holds, or why it cannot be said; null for a path, since the console does not look into files of the machine. */
  facts(kind: TlsFileKind, file: string): TlsFileFacts | { problem: string } | null {
    if (!isUploaded(file)) return null;
    try {
      return readTlsFile(kind, this.read(file).toString());
    } catch (error) {
      return { problem: messageOf(error) };
    }
  }

  /** A text with what the uploaded files in it are, for the audit log. */
  explained(text: string): string {
    return text.replace(/uploaded:[0-9a-f]{32}/g, (file) => {
      const facts = tlsFileKinds
        .map((kind) => this.facts(kind, file))
        .find((one) => one !== null && !("problem" in one));
      const line = facts && !("problem" in facts) ? ` (${tlsFileLine(facts)})` : "";
      return `${file.slice(0, uploadedName("").length + 8)}…${line}`;
    });
  }

  /** Takes a file that a person sent, and says by which name it is meant from now on. It is kept once `rows` has been saved. */
  take(kind: TlsFileKind, text: string): { file: string } | { problem: string } {
    if (text.length > longest) return { problem: `is longer than ${longest / 1024} KiB` };
    const pem = normalPem(text);
    const facts = readTlsFile(kind, pem);
    if ("problem" in facts) return facts;
    const file = uploadedName(createHash("sha256").update(pem).digest("hex").slice(0, 32));
    this.#sent.delete(file);
    this.#sent.set(file, pem);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > mostSent && oldest !== undefined) this.#sent.delete(oldest);
    return { file };
  }

  /** What has to be saved and removed so that exactly what these texts name is kept. */
  rows(saved: ReadonlySet<string>, settings: readonly string[]): UploadRow[] {
    const named = new Set(settings.flatMap((text) => text.match(/uploaded:[0-9a-f]{32}/g) ?? []));
    const rows: UploadRow[] = [];
    for (const [file, text] of [...this.#files, ...this.#sent]) {
      const name = rowName(file);
      if (!named.has(file)) {
        if (saved.has(name)) rows.push({ name, value: null, secret: false });
      } else if (!saved.has(name) && typeof text === "string") {
        const secret = text.includes("PRIVATE KEY-----");
        rows.push({ name, secret, value: secret ? this.#secrets.seal(text, placeOf(name)) : text });
      }
    }
    return rows;
  }

  #opened(name: string, value: string): string | EdgeError {
    try {
      return this.#secrets.open(value, placeOf(name));
    } catch (error) {
      if (error instanceof EdgeError) return error;
      throw error;
    }
  }
}

function rowName(file: string): string {
  return `${prefix}${file.slice(uploadedName("").length)}`;
}

/** As the rotation of the master key finds it. */
function placeOf(name: string): string {
  return `saved_settings/${name}/value`;
}
