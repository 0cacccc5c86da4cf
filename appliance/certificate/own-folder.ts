/**
 * The folder of the appliance's own certificate. A pair is replaced in two renames: first the key, then the certificate. Whatever a crash leaves
 * in between, the next look completes or undoes.
 */
import { createPrivateKey } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { CertificateFiles } from "../../core/settings/certificate-files.ts";
import { syncPath } from "../../store/disk/sync.ts";
import { certificatesOf } from "./facts.ts";
import type { Pair } from "./read-pair.ts";

type Files = Pick<CertificateFiles, "certFile" | "keyFile">;

/** Replaces the pair; durable when this returns. Throws the operating system's error where it cannot be written. */
export function storePair(files: Files, { cert, key }: Pair): void {
  mkdirSync(dirname(files.certFile), { recursive: true, mode: 0o700 });
  const next = nextOf(files);
  try {
    writeWhole(next.keyFile, key, 0o600);
    // Last: with it the new pair is complete.
    writeWhole(next.certFile, cert, 0o644);
  } catch (error) {
    for (const path of [next.certFile, next.keyFile]) rmSync(path, { force: true });
    throw error;
  }
  renameSync(next.keyFile, files.keyFile);
  renameSync(next.certFile, files.certFile);
  syncPath(dirname(files.certFile));
}

/** Completes what a crash interrupted. */
export function settleFolder(files: Files): void {
  const next = nextOf(files);
  const cert = textOf(next.certFile);
  if (cert !== null && fits(cert, textOf(next.keyFile))) {
    renameSync(next.keyFile, files.keyFile);
    renameSync(next.certFile, files.certFile);
  } else if (cert !== null && fits(cert, textOf(files.keyFile))) renameSync(next.certFile, files.certFile);
  for (const path of [next.certFile, next.keyFile]) rmSync(path, { force: true });
}

/** The texts as they are there; null if one is missing or cannot be read. */
export function storedPair(files: Files): { cert: string | null; key: string | null } {
  return { cert: textOf(files.certFile), key: textOf(files.keyFile) };
}

/** Whether the key is that of the first certificate. */
export function fits(cert: string, key: string | null): boolean {
  try {
    return key !== null && certificatesOf(cert)[0]?.checkPrivateKey(createPrivateKey(key)) === true;
  } catch {
    return false;
  }
}

function nextOf({ certFile, keyFile }: Files): Files {
  return { certFile: `${certFile}.next`, keyFile: `${keyFile}.next` };
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** A file of its own: neither a link's target nor a file that somebody has open gets the content. */
function writeWhole(path: string, text: string, mode: number): void {
  rmSync(path, { force: true });
  const file = openSync(path, "wx", mode);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
