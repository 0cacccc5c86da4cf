/**
 * Rotates the master key. The new key is stored beside the old one before the database is written, and replaces it afterwards; after a
 * crash in between, a known text in the database shows which of the two is in force.
 */
import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { EdgeError, UsageError } from "../../core/errors.ts";
import type { Store } from "../../store/open-store.ts";
import {
  givenKey,
  loadMasterKey,
  type MasterKeyPlaces,
  moveKey,
  ownKey,
  readKey,
  Secrets,
  writeKey,
} from "./master-key.ts";

/** The text of `meta.key_check`, and what it is bound to. */
export const checkText = "rhythmx";
export const checkPlace = "meta/key_check";
/** The most passes: values sealed during the first pass are found by the next one; after the first nothing new is under the old key. */
const mostPasses = 3;

/** Opens the secrets of this appliance. @throws EdgeError master_key: no key, or not the one that the database was written with */
export async function openSecrets(places: MasterKeyPlaces, tickets: Store["tickets"]): Promise<Secrets> {
  const check = await tickets.readKeyCheck();
  if (givenKey(places.file, places.credentialsDir) === null && check !== null) {
    finishRotation(places.dataDir, check);
    const own = ownKey(places.dataDir);
    // A new one would open nothing, and be in the way of the right one.
    if (!existsSync(own))
      throw new EdgeError(
        "master_key",
        `the master key is missing: put it back as ${own}, or give it as RHYTHMX_MASTER_KEY_FILE`,
      );
  }
  const master = loadMasterKey(places);
  const secrets = new Secrets(master);
  if (check === null) await tickets.reseal([], secrets.seal(checkText, checkPlace));
  else if (!opensCheck(master, check)) throw wrongKey();
  return secrets;
}

function wrongKey(): EdgeError {
  return new EdgeError(
    "master_key",
    "this is not the master key that secrets were encrypted with: put the right one back, or enter passwords and tokens again",
  );
}

/** Completes or undoes an interrupted rotation, depending on the database. A key that opens it is never replaced by one that does not. */
function finishRotation(dataDir: string, check: string): void {
  const own = ownKey(dataDir);
  const next = nextTo(own);
  if (keyOpens(own, check)) {
    rmSync(next, { force: true, recursive: true });
    return;
  }
  if (keyOpens(next, check)) moveKey(next, own);
}

/** `isInPlace`: the new key is where the next start reads it; otherwise somebody has to put it into `keyFile` before that. */
export interface Rotated {
  secrets: number;
  keyFile: string;
  isInPlace: boolean;
}

/** Re-encrypts everything under `newKey`; null = one is made. @throws EdgeError key_elsewhere if the key is kept elsewhere and no new one is given */
export async function rotateSecrets(
  places: MasterKeyPlaces,
  tickets: Store["tickets"],
  secrets: Secrets,
  newKey: Buffer | null,
  /** Called when the encrypted values have changed, for parts that keep copies. */
  onResealed: () => Promise<void> = async () => {},
): Promise<Rotated> {
  const elsewhere = givenKey(places.file, places.credentialsDir);
  if (elsewhere !== null && newKey === null)
    throw new EdgeError(
      "key_elsewhere",
      `the master key is kept in ${elsewhere}: give the next one with --new-key FILE, and put it in its place before the next start`,
    );
  const own = ownKey(places.dataDir);
  const master = newKey ?? randomBytes(32);
  const check = await tickets.readKeyCheck();
  if (check !== null && !isOpenedBy(secrets, check)) throw wrongKey();
  if (check !== null && opensCheck(master, check))
    throw new UsageError("--new-key: this is the key that holds now; make another one");
  if (elsewhere === null) {
    // A failed rotation may have left it; it is created again, so that mode and owner are right and no link is followed.
    rmSync(nextTo(own), { force: true, recursive: true });
    writeKey(nextTo(own), master);
  }
  secrets.prepare(master);
  const renewed = new Secrets(master);
  const sealedNow = async () =>
    (await tickets.listSealed()).flatMap(({ place, value }) => {
      const plain = plainUnderOld(secrets, renewed, value, place);
      return plain === null ? [] : [{ place, before: value, value: renewed.seal(plain, place) }];
    });
  let values: Awaited<ReturnType<typeof sealedNow>>;
  try {
    values = await sealedNow();
    await tickets.reseal(values, renewed.seal(checkText, checkPlace));
  } catch (error) {
    secrets.abandon();
    throw error;
  }
  if (elsewhere === null) moveKey(nextTo(own), own);
  secrets.replace(master);
  await onResealed();
  for (let look = 0; look < mostPasses; look++) {
    const late = await sealedNow();
    if (late.length === 0) break;
    await tickets.reseal(late, renewed.seal(checkText, checkPlace));
  }
  return { secrets: values.length, keyFile: elsewhere ?? own, isInPlace: elsewhere === null };
}

function nextTo(own: string): string {
  return `${own}.next`;
}

/** Null if the value already uses the new key, or cannot be read with either key: then it is left, and has to be entered again. */
function plainUnderOld(secrets: Secrets, renewed: Secrets, value: string, place: string): string | null {
  try {
    renewed.open(value, place);
    return null;
  } catch {
    try {
      return secrets.open(value, place);
    } catch {
      return null;
    }
  }
}

function keyOpens(path: string, check: string): boolean {
  try {
    return opensCheck(readKey(path), check);
  } catch {
    return false;
  }
}

/** Whether this is the master key that the check was encrypted with. */
export function opensCheck(master: Buffer, check: string): boolean {
  return isOpenedBy(new Secrets(master), check);
}

function isOpenedBy(secrets: Secrets, check: string): boolean {
  try {
    return secrets.open(check, checkPlace) === checkText;
  } catch {
    return false;
  }
}
