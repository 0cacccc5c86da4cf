/** Gives commands the appliance's operations: through the control socket if it runs, else on the database directly. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { lchown, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { EdgeError } from "../../core/errors.ts";
import { Faults } from "../../core/faults.ts";
import { feedNames, readerName } from "../../core/feeds/feeds.ts";
import { Intake } from "../../core/intake/intake.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { SavedSettings } from "../../core/settings/sources.ts";
import type { Settings } from "../../core/settings.ts";
import { openStore, type Store } from "../../store/open-store.ts";
import { Accounts } from "../access/accounts.ts";
import { AuditLog } from "../access/audit-log.ts";
import { forgetInitialPassword } from "../access/first-admin.ts";
import { KeyRing } from "../access/key-ring.ts";
import { openSecrets, rotateSecrets } from "../access/key-rotation.ts";
import { credentialsFolder, givenKey, ownKey, readKey, Secrets } from "../access/master-key.ts";
import { otherDataDir } from "../config/unit-file.ts";
import { connectControl, noAccess } from "../control/control-client.ts";
import { createOperations, type Operations } from "../control/operations.ts";
import { DestinationControl } from "../feeds/destination-control.ts";
import { readSaved } from "../feeds/feed-settings.ts";
import type { ReadTlsFile } from "../feeds/syslog-feed.ts";
import { destinationNames } from "../feeds/syslog-feeds.ts";
import { TlsUploads } from "../feeds/tls-uploads.ts";
import { createLog } from "../runtime/log.ts";
import { argon2id } from "../runtime/passwords.ts";
import { readRegularFile } from "../runtime/regular-file.ts";
import { systemClock, systemSleep } from "../runtime/time.ts";
import { version } from "../runtime/version.ts";
import { TicketDispatcher } from "../tickets/dispatcher.ts";
import { SettingsService } from "../tickets/settings-service.ts";
import type { CommandContext, Terminal } from "./command.ts";

export interface Access {
  terminal: Pick<Terminal, "err">;
  serviceUnit: CommandContext["serviceUnit"];
  resolved: Pick<ResolvedSettings, "settings" | "ticketValues" | "pinnedValues" | "withSaved">;
  /**
   * A command that only reads neither creates nor changes a file. One that changes what there is makes no database either: in a folder
   * without one it was given the wrong folder.
   */
  mode: "look" | "change" | "make";
}

/** Runs `work` with the appliance's operations; `running`: through the control socket. Warns if the service has another version or data folder. */
export async function withOperations<T>(
  { terminal, serviceUnit, resolved, mode }: Access,
  work: (operations: Operations, running: boolean) => Promise<T>,
): Promise<T> {
  const { withSaved } = resolved;
  const { dataDir } = resolved.settings;
  const control = await connectControl(dataDir, (running) => terminal.err(otherVersion(running)));
  if (control !== null) return work(control, true);
  const elsewhere = otherDataDir(dataDir, await serviceUnit());
  if (elsewhere !== null) terminal.err(`warning: ${elsewhere}\n`);
  const path = join(dataDir, "rhythmx.db");
  if (mode === "make") await makeDataDir(dataDir);
  else await expectDatabase(dataDir, path);
  const store = await openStore({ path, clock: systemClock, mode: mode === "look" ? "look" : "change" }).catch(
    async (error: unknown) => {
      // The lock's file may be new, and the service could not take it.
      await giveToOwner(dataDir);
      throw error;
    },
  );
  try {
    const saved = await readSaved(store.tickets);
    const { settings } = withSaved(saved);
    const keys = await KeyRing.load(store.admin, systemClock);
    const intake = new Intake({ store, clock: systemClock, defaultEntity: () => settings.defaultEntity });
    if (mode !== "look") {
      await placeReaders(store, settings);
      await store.incidents.configureCorrelation(settings.correlation);
      while (await store.incidents.assessLeft(systemClock.now(), true));
    }
    const destinations = new DestinationControl({
      store,
      names: () => destinationNames(settings),
      live: () => null,
      move: async (feed, name, { position, skips }) => {
        await store.events.saveSkips(readerName(feed, name), skips);
        await store.events.savePosition(readerName(feed, name), position);
      },
    });
    const accounts = await Accounts.load(store.admin, systemClock, argon2id());
    forgetInitialPassword(accounts, settings.dataDir);
    const audit = new AuditLog(store.admin, systemClock);
    const own = await readSettings(store, settings, mode === "look" ? null : resolved);
    const running = () => null;
    const wakeTickets = () => {};
    const { ticketSettings } = own;
    const uploads = await TlsUploads.load(store.tickets, presentSecrets(settings));
    const support = {
      ...{ resolved: () => withSaved(saved), ticketSettings, running: null, now: () => systemClock.now() },
      readFile: (file: string) => uploads.read(file),
    };
    const tools = {
      ...own,
      clock: systemClock,
      store,
      keys,
      accounts,
      audit,
      intake,
      destinations,
      running,
      wakeTickets,
      support,
    };
    return await work(createOperations(tools), false);
  } finally {
    await store.close();
    await giveToOwner(dataDir);
  }
}

type KeyPlaces = Pick<Settings, "dataDir" | "masterKeyFile" | "configDir">;

/** The saved feed settings with their certificates and keys, for a command without operations; nothing if the database cannot be read. */
export async function savedSettings(settings: KeyPlaces): Promise<{ saved: SavedSettings; readFile: ReadTlsFile }> {
  const { dataDir } = settings;
  const nothing = { saved: {}, readFile: readRegularFile };
  const path = join(dataDir, "rhythmx.db");
  if (!existsSync(path)) return nothing;
  try {
    const store = await openStore({ path, clock: systemClock, mode: "look" });
    try {
      const uploads = await TlsUploads.load(store.tickets, presentSecrets(settings));
      return { saved: await readSaved(store.tickets), readFile: (file) => uploads.read(file) };
    } finally {
      await store.close();
      await giveToOwner(dataDir);
    }
  } catch {
    // It has another schema or is damaged, which other commands report.
    return nothing;
  }
}

/** With the master key that there is; none is made. Without it uploaded keys cannot be read, and everything else can. */
function presentSecrets({ dataDir, masterKeyFile: file, configDir }: KeyPlaces): Secrets {
  try {
    return new Secrets(readKey(givenKey(file, credentialsFolder(process.env, configDir)) ?? ownKey(dataDir)));
  } catch {
    return new Secrets(randomBytes(32));
  }
}

function otherVersion(running: string): string {
  const what = /^\d/.test(running) ? `version ${running}` : running;
  return `warning: the running service is ${what}, this program is version ${version}: restart the service\n`;
}

/** @throws EdgeError no_database, no_access */
export async function expectDatabase(dataDir: string, path: string): Promise<void> {
  try {
    await stat(path);
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    throw code === "EACCES" || code === "EPERM" ? noAccess(dataDir) : noDatabase(dataDir);
  }
}

async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (code === "EACCES" || code === "EPERM") throw noAccess(dataDir);
    if (code === "EEXIST" || code === "ENOTDIR")
      throw new EdgeError("no_folder", `the data folder ${dataDir} is a file, not a folder: set RHYTHMX_DATA_DIR`);
    throw error;
  }
}

/** The settings of ticket systems with their secrets; nothing is sent from here. */
async function readSettings(
  store: Store,
  { dataDir, configDir, masterKeyFile: file }: Settings,
  /** Null for a command that only reads: it needs no secret, and must not create a key. */
  pinned: Pick<ResolvedSettings, "ticketValues" | "pinnedValues"> | null,
) {
  const places = { dataDir, file, credentialsDir: credentialsFolder(process.env, configDir) };
  // Without the right key everything works except secrets.
  let wrongKey: unknown = null;
  const none = () => new Secrets(randomBytes(32));
  const secrets =
    pinned === null
      ? none()
      : await openSecrets(places, store.tickets).catch((error: unknown) => {
          wrongKey = error;
          return none();
        });
  const log = createLog({ level: "error", format: "text", clock: systemClock, write: () => {} });
  const dispatcher = new TicketDispatcher({
    store,
    clock: systemClock,
    sleep: systemSleep,
    random: Math.random,
    log,
    faults: new Faults(() => systemClock.now()),
    defaultBaseUrl: () => "",
    targetKey: () => secrets.key("ticket targets"),
    userNames: () => [],
  });
  await dispatcher.stop(0);
  const ticketSettings = new SettingsService({ store, clock: systemClock, log, secrets, dispatcher });
  if (pinned !== null) await ticketSettings.load(pinned);
  const rotate = async (newKey: Buffer | null) => {
    if (wrongKey !== null) throw wrongKey;
    return rotateSecrets(places, store.tickets, secrets, newKey);
  };
  return { ticketSettings, rotateSecrets: rotate };
}

/** Gives files that root created to the owner of the folder, because the service has to be able to write them. */
export async function giveToOwner(dataDir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dataDir);
  for (const name of await readdir(dataDir)) await lchown(join(dataDir, name), uid, gid);
}

/** Registers destinations at the end of the log, so that records imported before the first start are sent after it. */
async function placeReaders({ events }: Store, settings: Settings): Promise<void> {
  const known = destinationNames(settings);
  for (const feed of feedNames) {
    for (const name of known[feed]) {
      const reader = readerName(feed, name);
      if ((await events.position(reader)) === null) await events.savePosition(reader, await events.end());
    }
  }
}

/** For commands that create no database. */
function noDatabase(dataDir: string): EdgeError {
  return new EdgeError(
    "no_database",
    `there is no database in ${dataDir} yet: start \`rhythmx serve\` first, or set RHYTHMX_DATA_DIR`,
  );
}
