/** Opens what an appliance keeps: its database, its secrets, and what was saved of the settings. */
import type { Faults } from "../core/faults.ts";
import type { Sleep } from "../core/ports.ts";
import { expectFirstPassword } from "./access/first-admin.ts";
import { openStoredSecrets } from "./access/stored-secrets.ts";
import { followerStore } from "./cluster/follower-store.ts";
import { readSaved } from "./feeds/feed-settings.ts";
import { TlsUploads } from "./feeds/tls-uploads.ts";
import type { ApplianceOptions } from "./options.ts";
import { openStoreWhenPossible, retryWhileBlocked } from "./upkeep/start-retry.ts";

/** The fault while they cannot be read. */
export const notYet = { name: "destinations", what: "the destinations cannot be set up yet" };

/** `onOpen` is called with how to close the database as soon as it is open. */
export async function openData(
  options: ApplianceOptions,
  parts: { faults: Faults; sleep: Sleep; onBroken(error: Error): void; onOpen(close: () => Promise<void>): void },
) {
  const { log, node, resolved } = options;
  const { faults, sleep, onBroken, onOpen } = parts;
  const leads = node?.role !== "follower";
  const { settings } = resolved;
  const opened = await openStoreWhenPossible(settings.dataDir, { ...options, faults, sleep, onBroken });
  const store = leads ? opened : followerStore(opened, log);
  onOpen(() => store.close());
  node?.opened(opened, faults);
  const { tickets } = store;
  // Opening secrets writes at a first start, and their check may: the file may be locked, or the disk full.
  const read = await retryWhileBlocked(notYet, { faults, sleep }, async () => {
    if (leads) await expectFirstPassword(store.admin, resolved);
    const stored = await openStoredSecrets(settings, options.credentialsDir ?? null, { tickets, faults });
    const uploads = await TlsUploads.load(tickets, stored.secrets);
    return { stored, uploads, inForce: resolved.withSaved(await readSaved(tickets)) };
  });
  return { store, ...read };
}
