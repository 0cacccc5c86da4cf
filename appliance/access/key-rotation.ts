/**
 * Another master key for everything that is encrypted. The new key lies beside the old one before the database is written, and takes its
 * place afterwards; which of the two holds after a crash in between is told by a known text in the database.
 */
import { randomBytes } from "node:crypto";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { EdgeError } from "../../core/errors.ts";
import type { Store } from "../../store/open-store.ts";
import { givenKey, loadMasterKey, type MasterKeyPlaces, ownKey, readKey, Secrets } from "./master-key.ts";

const checkText = "rhythmx";
const checkPlace = "meta/key_check";

/** The secrets of this appliance. @throws EdgeError master_key: no key, or not the one that the database was written with */
export async function openSecrets(places: MasterKeyPlaces, tickets: Store["tickets"]): Promise<Secrets> {
  const check = await tickets.readKeyCheck();
  const own = ownKey(places.dataDir);
  const next = `${own}.next`;
  if (givenKey(places.file, places.credentialsDir) === null && existsSync(next)) {
    // A rotation was interrupted: the database says how far it had come.
    if (check !== null && opens(readKey(next), check)) renameSync(next, own);
    else rmSync(next);
  }
  const master = loadMasterKey(places);
  const secrets = new Secrets(master);
  if (check === null) await tickets.reseal([], secrets.seal(checkText, checkPlace));
  else if (!opens(master, check))
    throw new EdgeError(
      "master_key",
      "this is not the master key that secrets were encrypted with: put the right one back, or enter passwords and tokens again",
    );
  return secrets;
}

/** Encrypts everything anew. Returns how many secrets. @throws EdgeError key_elsewhere without a new key for a file kept elsewhere */
export async function rotateSecrets(
  places: MasterKeyPlaces,
  tickets: Store["tickets"],
  secrets: Secrets,
  newKeyFile: string | null,
): Promise<{ secrets: number; keyFile: string }> {
  const elsewhere = givenKey(places.file, places.credentialsDir);
  if (elsewhere !== null && newKeyFile === null)
    throw new EdgeError(
      "key_elsewhere",
      `the master key is kept in ${elsewhere}: give the next one with --new-key FILE, and put it in its place before the next start`,
    );
  const own = ownKey(places.dataDir);
  const master = newKeyFile === null ? randomBytes(32) : readKey(newKeyFile);
  const renewed = new Secrets(master);
  const sealed = await tickets.listSealed();
  const values = sealed.map(({ place, value }) => ({ place, value: renewed.seal(secrets.open(value, place), place) }));
  if (elsewhere === null) writeFileSync(`${own}.next`, `${master.toString("base64")}\n`, { mode: 0o600 });
  await tickets.reseal(values, renewed.seal(checkText, checkPlace));
  if (elsewhere === null) renameSync(`${own}.next`, own);
  secrets.replace(master);
  return { secrets: values.length, keyFile: elsewhere ?? own };
}

function opens(master: Buffer, check: string): boolean {
  try {
    return new Secrets(master).open(check, checkPlace) === checkText;
  } catch {
    return false;
  }
}
