/** Composes the API from its parts. */
import type { Caller } from "../../core/access/caller.ts";
import type { KeyRefusal } from "../../core/api-key.ts";
import type { FeedName } from "../../core/feeds/feeds.ts";
import { Continuity, continuityMs, type PollPosition } from "../../core/pages/continuity.ts";
import type { Clock, Sleep } from "../../core/ports.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { CorrelationSettings } from "../../core/settings.ts";
import type { Store } from "../../store/open-store.ts";
import { Accounts } from "../access/accounts.ts";
import { AuditLog } from "../access/audit-log.ts";
import { Authentication, type OnLogin } from "../access/authentication.ts";
import { ConsoleSessions } from "../access/console-sessions.ts";
import { ensureAdmin } from "../access/first-admin.ts";
import type { KeyRing } from "../access/key-ring.ts";
import { rotateSecrets } from "../access/key-rotation.ts";
import { Logins } from "../access/logins.ts";
import { RefusedAccess } from "../access/refused-access.ts";
import { RefusedKeys } from "../access/refused-keys.ts";
import type { StoredSecrets } from "../access/stored-secrets.ts";
import { Tokens } from "../access/tokens.ts";
import type { Backups } from "../backups/backups.ts";
import type { ServerCertificate } from "../certificate/server-certificate.ts";
import type { FeedSettingsService } from "../feeds/feed-settings.ts";
import type { Log } from "../runtime/log.ts";
import type { LogLevelSwitch } from "../runtime/log-level.ts";
import type { PasswordHasher } from "../runtime/passwords.ts";
import { version } from "../runtime/version.ts";
import type { TicketDispatcher } from "../tickets/dispatcher.ts";
import { SettingsService } from "../tickets/settings-service.ts";
import { TicketService } from "../tickets/ticket-service.ts";
import type { SearchUpkeep } from "../upkeep/search-upkeep.ts";
import { Administration } from "./administration.ts";
import { AssetLists } from "./assets.ts";
import { AuditReading } from "./audit.ts";
import { BackupAdministration } from "./backups.ts";
import { Campaigns } from "./campaigns.ts";
import { CertificateService } from "./certificate.ts";
import { clientAddress } from "./client-address.ts";
import { Cursors } from "./cursors.ts";
import { Exceptions } from "./exceptions.ts";
import { Investigation } from "./investigation.ts";
import { Overview, type RunningParts } from "./overview.ts";
import { OwnAccount } from "./own-account.ts";
import { Pages } from "./pages.ts";
import { SampleData } from "./sample-data.ts";
import { settingsPort } from "./settings.ts";
import { PackShelf } from "./system/packs.ts";
import { type MakeBundle, type ReloadParts, SystemControl } from "./system/system-control.ts";

export interface ApiParts {
  store: Store;
  clock: Clock;
  backups: Backups;
  /** Of logins, sessions and codes. */
  loginClock: Clock;
  sleep: Sleep;
  keys: KeyRing;
  log: Log;
  passwords: PasswordHasher;
  /** What is counted for metrics. */
  counts: {
    login: OnLogin;
    audited(outcome: "written" | "failed"): void;
    keyRefused(reason: KeyRefusal): void;
  };
  settings: {
    dataDir: string;
    adminPassword: string | null;
    correlation: CorrelationSettings;
  };
  defaultEntity(): string;
  trustedProxies(): readonly string[];
  /** Called after a list of assets has changed. */
  onAssets(): void;
  /** The master key and what hangs on it. */
  stored: StoredSecrets;
  stopping: AbortSignal;
  dispatcher: TicketDispatcher;
  feedSettings: FeedSettingsService;
  /** Puts in force what was saved. */
  reapply(): Promise<unknown>;
  /** The settings in force. */
  inForce(): ResolvedSettings;
  reloads: ReloadParts;
  supportBundle: MakeBundle;
  /** Null = the level of the log cannot be chosen. */
  logLevel: LogLevelSwitch | null;
  sendHeartbeat(feed: FeedName, name: string): void;
  search: SearchUpkeep;
  certificate: ServerCertificate;
  running: RunningParts;
}

export async function createApi(parts: ApiParts) {
  const { store, clock, loginClock, keys, log, passwords, settings, stopping, dispatcher, feedSettings, counts } =
    parts;
  const { secrets, cursorKey, places } = parts.stored;
  const tokens = new Tokens(secrets, loginClock);
  const audit = new AuditLog(store.admin, clock, (outcome) => counts.audited(outcome));
  const accounts = await Accounts.load(store.admin, clock, passwords);
  await ensureAdmin(accounts, settings, log);
  const forLogins = { admin: store.admin, clock: loginClock, accounts, secrets, audit };
  const authentication = new Authentication({
    ...forLogins,
    onLogin: (source, outcome) => counts.login(source, outcome),
  });
  const logins = await Logins.load({ ...forLogins, authentication, tokens });
  const sessions = await ConsoleSessions.load({ ...forLogins, authentication });
  const refusedKeys = new RefusedKeys(audit, clock);
  keys.onRefused((record, reason, address) => {
    counts.keyRefused(reason);
    refusedKeys.refused(record, reason, address);
  });
  const refusedAccess = new RefusedAccess(audit, clock);
  const revoked = new Set<() => void>();
  const onRevoked = () => {
    for (const listener of [...revoked]) listener();
  };
  keys.onRevoked(onRevoked);
  logins.onEnded(onRevoked);
  sessions.onEnded(onRevoked);
  const generation = await store.admin.readGeneration();
  const continuity = new Continuity(await store.admin.listPollPositions());
  const save = (positions: readonly PollPosition[]) =>
    store.admin.savePollPositions(positions, clock.now() - continuityMs);
  const savePositions = async () => {
    const changed = continuity.takeChanges();
    if (changed.length > 0) await save(changed);
  };
  const { reading } = store;
  let rotating: Promise<unknown> = Promise.resolve();
  const tickets = new TicketService(store, dispatcher, clock, audit);
  const ownAccount = new OwnAccount(accounts, authentication, logins, audit);
  const ticketSettings = new SettingsService({ store, clock, log, secrets, dispatcher, reapply: parts.reapply });
  const sample = await SampleData.open({
    dataDir: settings.dataDir,
    clock,
    log,
    events: store.events,
    audit,
    running: parts.running,
    correlation: settings.correlation,
  });
  return {
    sample,
    ticketSettings,
    // One after the other, because two rotations would write the same file.
    rotateSecrets: (newKey: Buffer | null) => {
      const rotated = rotating.then(() =>
        accounts.exclusively(() =>
          rotateSecrets(places, store.tickets, secrets, newKey, () => accounts.rereadSecondFactors()),
        ),
      );
      rotating = rotated.catch(() => {});
      return rotated;
    },
    accounts,
    sessions,
    ownAccount,
    audit,
    /** Removes expired logins and sample data, and stores the positions of pollers. */
    tick: async () => {
      await logins.tick();
      await sessions.tick();
      await savePositions();
      await sample.retire(clock.now());
    },
    close: async () => {
      await sample.close();
      await savePositions();
    },
    dependencies: {
      callers: {
        ofKey: (key: string, address: string): Caller | null => {
          const record = keys.find(key, address);
          if (record === null) return null;
          const { id, name, scopes, entities } = record;
          const limit = entities.length === 0 ? null : entities;
          return { kind: "key" as const, id, name: `key ${name}`, role: null, scopes, entities: limit, address };
        },
        ofToken: (token: string, address: string) => logins.callerOf(token, address),
        refused: (caller: Caller, route: string) => refusedAccess.refused(caller, route),
        onRevoked: (listener: () => void) => {
          revoked.add(listener);
          return () => void revoked.delete(listener);
        },
      },
      logins: ownAccount,
      pages: new Pages({
        reading,
        cursors: new Cursors(cursorKey, generation),
        continuity,
        clock,
        search: parts.search,
        savePosition: (position) => save([position]),
      }),
      investigation: new Investigation(store, clock, audit, (incidentId) => tickets.ofIncident(incidentId)),
      overview: new Overview({
        reading,
        clock,
        running: parts.running,
        search: parts.search,
        dataDir: settings.dataDir,
      }),
      campaigns: new Campaigns(reading),
      exceptions: new Exceptions(store, clock, audit),
      tickets,
      webhooks: dispatcher.webhooks,
      settings: settingsPort({
        ...{ tickets: ticketSettings, feeds: feedSettings, audit, reading: store.reading, clock },
        inForce: parts.inForce,
      }),
      assets: new AssetLists({
        store,
        clock,
        audit,
        defaultEntity: parts.defaultEntity,
        onChanged: parts.onAssets,
      }),
      backups: new BackupAdministration(parts.backups, audit),
      packs: new PackShelf(),
      administration: new Administration(accounts, keys, audit, {
        lockedUntil: () => authentication.lockedUntil(),
        sessionsOf: (userId) => logins.countOf(userId) + sessions.countOf(userId),
      }),
      audit: new AuditReading(reading, audit),
      certificate: new CertificateService(parts.certificate, audit),
      system: new SystemControl({
        reloads: parts.reloads,
        makeBundle: parts.supportBundle,
        logLevel: parts.logLevel,
        audit,
        heartbeats: () => parts.running.heartbeats(),
        sendHeartbeat: parts.sendHeartbeat,
      }),
      stream: {
        generation,
        end: () => store.events.end(),
        oldest: () => reading.oldestEvent(),
        read: reading.readEvents,
        onAppend: (listener: () => void) => store.events.onAppend(listener),
        stopping,
        now: () => clock.now(),
        sleep: parts.sleep,
      },
      clientAddress: clientAddress(() => parts.trustedProxies()),
      version,
    },
  };
}
