/** The master key, which encrypts all other secrets of the appliance, and the keys derived from it. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EdgeError, messageOf } from "../../core/errors.ts";
import { syncPath } from "../../store/disk/sync.ts";

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
/** 64 hexadecimal digits with white space; a larger file is no key. */
const largestKeyFile = 1024;
/** Instead of a key: there is none here. */
const noKey = "none";

export interface MasterKeyPlaces {
  dataDir: string;
  /** RHYTHMX_MASTER_KEY_FILE. */
  file: string | null;
  /** systemd's folder of credentials. */
  credentialsDir: string | null;
}

/**
 * Reads the 32 bytes from the configured file, the systemd credential `master.key`, or `master.key` in the data folder, which is created if
 * it is missing. @throws EdgeError `master_key`, with the file and how to fix it
 */
export function loadMasterKey({ dataDir, file, credentialsDir }: MasterKeyPlaces): Buffer {
  const given = givenKey(file, credentialsDir);
  if (given !== null) return readKey(given);
  const own = ownKey(dataDir);
  if (existing(own) !== null) return readKey(own);
  const key = randomBytes(keyBytes);
  try {
    writeKey(own, key);
  } catch (cause) {
    throw new EdgeError(
      "master_key",
      `${own} cannot be written (${messageOf(cause)}): check the folder's owner and mode`,
      {
        cause,
      },
    );
  }
  return key;
}

/** The key file of the data folder. */
export function ownKey(dataDir: string): string {
  return join(dataDir, "master.key");
}

/** The key file kept elsewhere; null = the one in the data folder is used. @throws EdgeError `master_key`, if it may not be looked at */
export function givenKey(file: string | null, credentialsDir: string | null): string | null {
  if (file !== null || credentialsDir === null) return file;
  const credential = join(credentialsDir, "master.key");
  return existing(credential) === null || isNone(credential) ? null : credential;
}

/**
 * systemd's folder of credentials; for commands, and where no systemd runs, the folder from which the unit takes them. Null if there is neither.
 */
export function credentialsFolder(
  environment: Readonly<Record<string, string | undefined>>,
  configDir: string,
): string | null {
  const installed = join(configDir, "credentials");
  return environment.CREDENTIALS_DIRECTORY ?? (existsSync(installed) ? installed : null);
}

/** What the unit has systemd give where no key is kept (`SetCredential=`). */
function isNone(path: string): boolean {
  return statSync(path).size <= noKey.length + 1 && readFileSync(path, "utf8").trim() === noKey;
}

function existing(path: string): string | null {
  try {
    return statSync(path).isFile() ? path : null;
  } catch (cause) {
    // Another key must not be made in the place of one that is there.
    if ((cause as { code?: unknown }).code === "EACCES") throw rootsAlone(path, cause);
    return null;
  }
}

function rootsAlone(path: string, cause: unknown): EdgeError {
  return new EdgeError(
    "master_key",
    `${path} may not be read by this user: systemd gives it to the service; for anything else do this as root, or check owner and mode`,
    { cause },
  );
}

/** Writes a new file (0600), which is durable when this returns: what the key encrypts is lost without it. */
export function writeKey(path: string, key: Buffer): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeFileSync(file, `${key.toString("base64")}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncPath(dirname(path));
}

/** Replaces a key file by another; durable when this returns. */
export function moveKey(from: string, to: string): void {
  renameSync(from, to);
  syncPath(dirname(to));
}

/** Base64, hexadecimal or raw. */
export function readKey(path: string): Buffer {
  let bytes: Buffer;
  try {
    const found = statSync(path);
    // Reading a pipe might never end.
    if (!found.isFile()) throw new Error("it is no regular file");
    if (found.size > largestKeyFile) throw new Error(`it has ${found.size} bytes`);
    bytes = readFileSync(path);
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "EACCES") throw rootsAlone(path, cause);
    throw new EdgeError("master_key", `${path} cannot be read (${messageOf(cause)}): check path, owner and mode`, {
      cause,
    });
  }
  if (bytes.length === keyBytes) return bytes;
  const text = bytes.toString("latin1").trim();
  const key = /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, "hex") : Buffer.from(text, "base64");
  if (key.length === keyBytes && /^[0-9A-Za-z+/=]+$/.test(text)) return key;
  throw new EdgeError("master_key", `${path} holds no key: 32 bytes, raw, in base64 or as 64 hexadecimal digits`);
}

/** Encrypts and decrypts with keys derived from the master key, one for each purpose (HKDF-SHA-256, RFC 5869). */
export class Secrets {
  #master: Buffer;
  /** The other of the two keys during a rotation, for reading. */
  #other: Buffer | null = null;
  readonly #keys = new Map<string, Buffer>();

  constructor(master: Buffer) {
    this.#master = master;
  }

  /** From now on values sealed with `next` can be read too; nothing is sealed with it yet. */
  prepare(next: Buffer): void {
    this.#other = next;
  }

  /** Discards the prepared key. */
  abandon(): void {
    this.#other = null;
  }

  /** From now on values are sealed with the prepared key; those under the earlier one can still be read. */
  replace(master: Buffer): void {
    this.#other = this.#master;
    this.#master = master;
    this.#keys.clear();
  }

  /** The key of a purpose, derived from the present master key. Do not keep it: a rotation changes it. */
  key(purpose: string): Buffer {
    const known = this.#keys.get(purpose) ?? derived(this.#master, purpose);
    this.#keys.set(purpose, known);
    return known;
  }

  /** Encrypts with AES-256-GCM; `place` (table, row, column) is authenticated, so that a value copied elsewhere cannot be read. */
  seal(plain: string, place: string): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv("aes-256-gcm", this.key("seal"), iv);
    cipher.setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
    return `v1.${Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString("base64url")}`;
  }

  /** @throws EdgeError `secret_unreadable`: sealed with another master key, or damaged */
  open(sealed: string, place: string): string {
    try {
      return opened(sealed, place, this.key("seal"));
    } catch (cause) {
      try {
        if (this.#other !== null) return opened(sealed, place, derived(this.#other, "seal"));
      } catch {
        // Report the failure of the first key.
      }
      throw new EdgeError("secret_unreadable", `${place} was encrypted under another master key: set it again`, {
        cause,
      });
    }
  }
}

function derived(master: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", master, "", `rhythmx ${purpose}`, keyBytes));
}

function opened(sealed: string, place: string, key: Buffer): string {
  const bytes = Buffer.from(sealed.replace(/^v1\./, ""), "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes));
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]).toString("utf8");
}
