/** The master key as an appliance starts with it. */
import { randomBytes } from "node:crypto";
import { EdgeError } from "../../core/errors.ts";
import type { Faults } from "../../core/faults.ts";
import type { Store } from "../../store/open-store.ts";
import { openSecrets } from "./key-rotation.ts";
import { type MasterKeyPlaces, Secrets } from "./master-key.ts";

export interface StoredSecrets {
  places: MasterKeyPlaces;
  secrets: Secrets;
  cursorKey: Buffer;
}

/**
 * Without the master key, intake and feeds continue: logins are then valid until the next start, and stored secrets cannot be read. Cursors have
 * their own key. Earlier versions signed them with a key derived from the master key, so that one is stored first.
 */
export async function openStoredSecrets(
  { dataDir, masterKeyFile: file }: { dataDir: string; masterKeyFile: string | null },
  credentialsDir: string | null,
  { tickets, faults }: { tickets: Store["tickets"]; faults: Faults },
): Promise<StoredSecrets> {
  const places = { dataDir, file, credentialsDir };
  const secrets = await openSecrets(places, tickets).catch((error: unknown) => {
    if (!(error instanceof EdgeError) || error.code !== "master_key") throw error;
    faults.set("master_key", error.message);
    return new Secrets(randomBytes(32));
  });
  const kept = await tickets.cursorKey(secrets.key("cursors").toString("base64"));
  return { places, secrets, cursorKey: Buffer.from(kept, "base64") };
}
