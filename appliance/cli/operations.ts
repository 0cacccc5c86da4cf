/** How a command reaches the appliance: over the control socket of the one that runs, else on the database itself. */
import { randomBytes } from "node:crypto";
import { lchown, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { EdgeError } from "../../core/errors.ts";
import { feedNames, readerName } from "../../core/feeds/feeds.ts";
import { Intake } from "../../core/intake/intake.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { Settings } from "../../core/settings.ts";
import { openStore, type Store } from "../../store/open-store.ts";
import { Accounts } from "../access/accounts.ts";
import { AuditLog } from "../access/audit-log.ts";
import { forgetInitialPassword } from "../access/first-admin.ts";
import { KeyRing } from "../access/key-ring.ts";
import { openSecrets, rotateSecrets } from "../access/key-rotation.ts";
import { Secrets } from "../access/master-key.ts";
import { connectControl } from "../control/control-client.ts";
import { createOperations, type Operations } from "../control/operations.ts";
import { type Replayed, replayPlace } from "../feeds/syslog-feed.ts";
import { destinationNames, findDestination } from "../feeds/syslog-feeds.ts";
import { createLog } from "../runtime/log.ts";
import { argon2id } from "../runtime/passwords.ts";
import { systemClock } from "../runtime/time.ts";
import { TicketDispatcher } from "../tickets/dispatcher.ts";
import { SettingsService } from "../tickets/settings-service.ts";

/** Runs `work` with the appliance's operations; `running` tells which way it went. */
export async function withOperations<T>(
  { settings, ticketValues }: Pick<ResolvedSettings, "settings" | "ticketValues">,
  work: (operations: Operations, running: boolean) => Promise<T>,
): Promise<T> {
  const control = await connectControl(settings.dataDir);
  if (control !== null) return work(control, true);
  await mkdir(settings.dataDir, { recursive: true, mode: 0o700 });
  const store = await openStore({ path: join(settings.dataDir, "rhythmx.db"), clock: systemClock });
  try {
    const keys = await KeyRing.load(store.admin, systemClock);
    const intake = new Intake({ store, clock: systemClock, defaultEntity: () => settings.defaultEntity });
    await placeReaders(store, settings);
    await store.incidents.configureCorrelation(settings.correlation);
    while (await store.incidents.assessLeft(systemClock.now(), true));
    const replay = (destination: string, from: number) => replayOffline(store, settings, destination, from);
    const accounts = await Accounts.load(store.admin, systemClock, argon2id());
    forgetInitialPassword(accounts, settings.dataDir);
    const audit = new AuditLog(store.admin, systemClock);
    const own = await readSettings(store, settings, ticketValues);
    const tools = { ...own, clock: systemClock, store, keys, accounts, audit, intake, replay, running: () => null };
    return await work(createOperations(tools), false);
  } finally {
    await store.close();
    await giveToOwner(settings.dataDir);
  }
}

/** Settings of ticket systems and the secrets among them; nothing is sent from here. */
async function readSettings(
  store: Store,
  { dataDir, masterKeyFile: file }: Settings,
  pinned: ResolvedSettings["ticketValues"],
) {
  const places = { dataDir, file, credentialsDir: process.env.CREDENTIALS_DIRECTORY ?? null };
  // Without the right key everything but the secrets can be done.
  let wrongKey: unknown = null;
  const secrets = await openSecrets(places, store.tickets).catch((error: unknown) => {
    wrongKey = error;
    return new Secrets(randomBytes(32));
  });
  const log = createLog({ level: "error", format: "text", clock: systemClock, write: () => {} });
  const dispatcher = new TicketDispatcher({
    store,
    clock: systemClock,
    random: Math.random,
    log,
    defaultBaseUrl: () => "",
  });
  await dispatcher.stop(0);
  const ticketSettings = new SettingsService({ store, clock: systemClock, log, secrets, dispatcher });
  await ticketSettings.load(pinned);
  const rotate = async (newKey: string | null) => {
    if (wrongKey !== null) throw wrongKey;
    return rotateSecrets(places, store.tickets, secrets, newKey);
  };
  return { ticketSettings, rotateSecrets: rotate };
}

/** What root has made here belongs to the user whose folder it is: the service has to be able to write it. */
async function giveToOwner(dataDir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dataDir);
  for (const name of await readdir(dataDir)) await lchown(join(dataDir, name), uid, gid);
}

/** A destination starts where the log ended when it was first seen: what is imported before the first start is sent then. */
async function placeReaders({ events }: Store, settings: Settings): Promise<void> {
  const known = destinationNames(settings);
  for (const feed of feedNames) {
    for (const name of known[feed]) {
      const reader = readerName(feed, name);
      if ((await events.position(reader)) === null) await events.savePosition(reader, await events.end());
    }
  }
}

async function replayOffline(store: Store, settings: Settings, asked: string, from: number): Promise<Replayed> {
  const { feed, name } = findDestination(asked, destinationNames(settings));
  const { seq, replayed } = await replayPlace(store.events, feed, name, from);
  await store.events.savePosition(readerName(feed, name), seq);
  return replayed;
}

/** For commands that only look: an error when there is no data folder yet. */
export function noDatabase(dataDir: string): EdgeError {
  return new EdgeError(
    "no_database",
    `there is no database in ${dataDir} yet: start \`rhythmx serve\` first, or set RHYTHMX_DATA_DIR`,
  );
}
