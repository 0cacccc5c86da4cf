/** The operations of commands: called through the control socket of a running appliance, or in the command's own process if none runs. */

import { basename } from "node:path";
import type { Caller } from "../../core/access/caller.ts";
import type { NewUser, UserChange } from "../../core/access/user.ts";
import type { ApiKeyRecord } from "../../core/api-key.ts";
import type { clusterJson } from "../../core/cluster.ts";
import { EdgeError, UsageError } from "../../core/errors.ts";
import type { NewException } from "../../core/exceptions/exception.ts";
import type { FeedName } from "../../core/feeds/feeds.ts";
import { batchSha256 } from "../../core/intake/hash.ts";
import type { Intake, IntakeAnswer, IntakeKind } from "../../core/intake/intake.ts";
import type { Clock } from "../../core/ports.ts";
import type { ReloadReport } from "../../core/settings/reload/changes.ts";
import type { TicketSystemName } from "../../core/tickets/ticket.ts";
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { MadeBackup } from "../../store/backup/make-backup.ts";
import type { LastBackup } from "../../store/backup/operations.ts";
import type { StoreFacts } from "../../store/database/integrity.ts";
import type { Store } from "../../store/open-store.ts";
import type { DeadLetterFilter } from "../../store/outbox/standing.ts";
import type { Accounts } from "../access/accounts.ts";
import { type AuditAuthor, type AuditLog, commandLine } from "../access/audit-log.ts";
import type { KeyRing, NewKey } from "../access/key-ring.ts";
import type { Rotated } from "../access/key-rotation.ts";
import { userJson } from "../api/administration.ts";
import { Exceptions } from "../api/exceptions.ts";
import type { BackupStatus, Backups } from "../backups/backups.ts";
import type { DestinationControl, ListedDestination } from "../feeds/destination-control.ts";
import { type SupportParts, supportBundle } from "../support/bundle.ts";
import { type DeadLetterGroup, DeadLetters } from "../tickets/dead-letters.ts";
import { renewTicket } from "../tickets/renew.ts";
import type { SettingsService } from "../tickets/settings-service.ts";
import { candidatesJson } from "../tickets/ticket-json.ts";
import type { LoopStatus } from "../upkeep/scheduler.ts";

type Json = Record<string, unknown>;

/** Whoever may use the data folder may do everything. */
const operator: Caller = {
  kind: "user",
  id: "",
  name: commandLine.who,
  role: "admin",
  scopes: [],
  entities: null,
  address: "",
};

/** A user as shown by `user list` and the API. */
export interface ListedUser {
  name: string;
  role: string;
  entities: string[];
  disabled: boolean;
  second_factor: boolean;
  created_at: string;
  last_login_at: string | null;
}

export interface ImportBatch {
  kind: IntakeKind;
  format: string;
  body: Uint8Array;
  /** A digest of the file up to here, "" at its start: a file may contain the same thousand lines many times. */
  before: string;
}

/** State that only a running appliance has. */
export interface RunningState {
  pid: number;
  version: string;
  uptimeSeconds: number;
  status: string;
  loops: LoopStatus[];
  destinations: { feed: FeedName; name: string; connected: boolean; queued: number; lastError: string | null }[];
  faults: { name: string; message: string }[];
  /** Null: this appliance is alone. */
  cluster: ReturnType<typeof clusterJson> | null;
}

export interface DoctorReport {
  store: StoreFacts;
  /** The faults that SQLite finds in the file; empty = none. */
  integrity: string[];
  destinations: ListedDestination[];
  /** Unfinished deliveries to ticket systems. */
  deliveries: { system: string; state: string; count: number }[];
  /** Known tickets by system. */
  tickets: { system: string; count: number; gone: number; unreadable: number }[];
  /** Rows of the API's lists of assets, and roles that logs have shown. */
  assets: { api: number; inferred: number };
  /** The last backup that succeeded; null = there was none. */
  lastBackup: LastBackup | null;
  /** Null if no appliance is running. */
  running: RunningState | null;
}

export interface Operations {
  createKey(request: NewKey): Promise<{ key: string; id: string }>;
  listKeys(): Promise<ApiKeyRecord[]>;
  revokeKey(id: string): Promise<{ revoked: boolean }>;
  createUser(user: NewUser): Promise<void>;
  listUsers(): Promise<ListedUser[]>;
  changeUser(name: string, change: UserChange): Promise<void>;
  /** Encrypts every stored secret with a new master key; it is given where the key is kept elsewhere. */
  rotateSecrets(newKey: Buffer | null): Promise<Rotated>;
  listDeadLetters(): Promise<DeadLetterGroup[]>;
  /** What `retryDeliveries` would send again, `toDiscard`: `discardDeliveries` would give up; and the newest ten, as the API shows them. */
  matchingDeliveries(which: DeadLetterFilter, toDiscard: boolean): Promise<{ count: number; first: Json[] }>;
  /** Another ticket in the place of one that was deleted in its target. @throws EdgeError ticket_there, ticket_doubtful; DeliveryError */
  renewTicket(incidentId: string, system: TicketSystemName, reason: string | null): Promise<void>;
  retryDeliveries(which: DeadLetterFilter): Promise<{ retried: number }>;
  discardDeliveries(which: DeadLetterFilter, reason: string): Promise<{ discarded: number }>;
  /** The tickets that the target shows for a create that waits to be named, as the API shows them. */
  listCandidates(id: string): Promise<{ candidates: Json[]; doubt: string | null }>;
  /** Names the ticket that a create made and that could not be identified. */
  identifyDelivery(id: string, number: string): Promise<void>;
  listExceptions(): Promise<Json[]>;
  addException(request: NewException): Promise<Json>;
  /** What one would have suppressed; saves nothing. */
  tryException(request: NewException): Promise<Json>;
  removeException(id: string): Promise<void>;
  /** Exceptions proposed from one incident; null = from recent false positives. */
  proposedExceptions(incidentId: string | null): Promise<Json[]>;
  /** Tests the configured ticket systems without writing to them. */
  testTickets(): Promise<{ system: string; steps: TestStep[] }[]>;
  /** `countReplay` returns what `replay` would send. */
  countReplay: DestinationControl["count"];
  replay: DestinationControl["replay"];
  listDestinations: DestinationControl["list"];
  /** The `count…` functions return the messages that the other two would skip. */
  countSkip: DestinationControl["countSkip"];
  skipDestination: DestinationControl["skip"];
  countForget: DestinationControl["countForget"];
  forgetDestination: DestinationControl["forget"];
  importBatch(batch: ImportBatch): Promise<IntakeAnswer>;
  /** Makes a backup in the folder of backups, for the command to take from there. @throws EdgeError not_running: the command makes one by itself */
  makeBackup(): Promise<MadeBackup>;
  /** Tells where the command has put it. */
  backupTaken(from: string, to: string): Promise<void>;
  /** Null: no appliance is running. */
  backupStatus(): Promise<BackupStatus | null>;
  doctor(): Promise<DoctorReport>;
  /** The support bundle, a tar archive with gzip (`support/bundle.ts`); the audit log says who took it. */
  supportBundle(author?: AuditAuthor): Promise<Uint8Array>;
  /** Reloads files and certificates, and notes it in the audit log. @throws EdgeError not_running */
  reload(): Promise<ReloadReport>;
}

export interface OperationsTools {
  store: Store;
  keys: KeyRing;
  accounts: Accounts;
  audit: AuditLog;
  clock: Clock;
  ticketSettings: SettingsService;
  rotateSecrets(newKey: Buffer | null): Promise<Rotated>;
  intake: Intake;
  destinations: DestinationControl;
  running(): RunningState | null;
  /** Only a running appliance has a schedule for them. */
  backups?: Pick<Backups, "make" | "moved" | "status">;
  /** Called when there may be something to send to ticket systems. */
  wakeTickets(): void;
  support: SupportParts;
  /** Only a running appliance can reload. */
  reload?: (author: AuditAuthor) => Promise<ReloadReport>;
}

export function createOperations(tools: OperationsTools): Operations {
  const { store, keys, accounts, audit, ticketSettings, intake, destinations, running, clock, wakeTickets } = tools;
  const deadLetters = new DeadLetters({
    store,
    clock,
    audit,
    systemOf: ({ system, entity }) => ticketSettings.adapterOf(system, entity),
    expectEnabled: (system) => ticketSettings.expectEnabled(system),
    wake: wakeTickets,
  });
  const exceptions = new Exceptions(store, clock, audit, () => commandLine);
  const doctor = async (): Promise<DoctorReport> => ({
    store: await store.admin.facts(),
    integrity: await store.integrityCheck(),
    destinations: await destinations.list(),
    deliveries: await store.tickets.countDeliveries(),
    tickets: await store.tickets.countTickets(),
    assets: await store.incidents.countAssets(),
    lastBackup: await store.admin.lastBackup(),
    running: running(),
  });
  return {
    createKey: async (request) => {
      if (request.name.trim() === "" || request.name.length > 100)
        throw new UsageError("NAME: 1 to 100 characters, to recognise the key by");
      const made = await keys.create(request, commandLine.who);
      await audit.note(commandLine, "key.create", made.id, { ...request });
      return made;
    },
    listKeys: () => keys.list(),
    revokeKey: async (id) => {
      const revoked = await keys.revoke(id);
      if (revoked) await audit.note(commandLine, "key.revoke", id);
      return { revoked };
    },
    createUser: async (user) => {
      const { name, role, entities } = await accounts.create(user);
      await audit.note(commandLine, "user.create", name, { role, entities });
    },
    listUsers: async () => accounts.list().map((user) => userJson(user) as unknown as ListedUser),
    changeUser: async (name, change) => {
      const { user, detail } = await accounts.change(name, change);
      await audit.note(commandLine, "user.change", user.name, detail);
    },
    rotateSecrets: async (newKey) => {
      const rotated = await tools.rotateSecrets(newKey);
      await audit.note(commandLine, "secrets.rotate", "master key", { secrets: rotated.secrets });
      return rotated;
    },
    listDeadLetters: () => deadLetters.list(null),
    matchingDeliveries: (which, toDiscard) => deadLetters.matching(which, toDiscard),
    renewTicket: async (incidentId, system, reason) => {
      const gone = await store.reading.findTicket(incidentId, system);
      if (gone === null)
        throw new EdgeError("ticket_there", `${incidentId.slice(0, 32)} has no ticket in ${system} that could be gone`);
      const target = ticketSettings.adapterOf(system, gone.entity);
      const planned = { payload: null, level: null };
      await renewTicket(gone, planned, reason, commandLine, { store, clock, audit, target });
      wakeTickets();
    },
    retryDeliveries: async (which) => {
      if (which.id === undefined) return deadLetters.retryAll(commandLine, which);
      await deadLetters.retry(commandLine, await deadLetters.find(which.id), null);
      return { retried: 1 };
    },
    discardDeliveries: async (which, reason) => {
      if (which.id === undefined) return deadLetters.discardAll(commandLine, which, reason);
      await deadLetters.discard(commandLine, await deadLetters.find(which.id), reason);
      return { discarded: 1 };
    },
    listCandidates: async (id) => candidatesJson(await deadLetters.candidates(await deadLetters.find(id), () => true)),
    identifyDelivery: async (id, number) =>
      deadLetters.identify(commandLine, await deadLetters.find(id), number, () => true),
    listExceptions: () => exceptions.list(operator),
    addException: (request) => exceptions.add(operator, request),
    tryException: (request) => exceptions.trial(operator, request),
    removeException: (id) => exceptions.remove(operator, id),
    proposedExceptions: (incidentId) => exceptions.proposals(operator, incidentId),
    testTickets: () => ticketSettings.connections.testAll(),
    countReplay: (request) => destinations.count(request),
    replay: async (request) => {
      const replayed = await destinations.replay(request);
      const { from, to } = request;
      await audit.note(commandLine, "feed.replay", replayed.reader, { from: toIso(from), to: isoOrNull(to) });
      return replayed;
    },
    listDestinations: () => destinations.list(),
    countSkip: (destination, to) => destinations.countSkip(destination, to),
    skipDestination: async (destination, to) => {
      const skipped = await destinations.skip(destination, to);
      await audit.note(commandLine, "feed.skip", skipped.reader, { messages: skipped.messages, to: isoOrNull(to) });
      return skipped;
    },
    countForget: (destination) => destinations.countForget(destination),
    forgetDestination: async (destination) => {
      const forgotten = await destinations.forget(destination);
      await audit.note(commandLine, "feed.forget", forgotten.reader, { messages: forgotten.messages });
      return forgotten;
    },
    // The key is made from the content: repeating an interrupted import completes it and counts nothing twice.
    importBatch: ({ kind, format, body, before }) => {
      const bodySha256 = batchSha256(kind, format, body);
      const idempotency = { key: `${before} ${bodySha256}`, bodySha256 };
      return intake.ingest({ kind, body, format, owner: "import", entities: null, idempotency });
    },
    makeBackup: async () => {
      if (tools.backups === undefined) throw new EdgeError("not_running", "no appliance runs on this data folder");
      const made = await tools.backups.make(true);
      await audit.note(commandLine, "backup.create", basename(made.path), { bytes: made.bytes, sha256: made.sha256 });
      return made;
    },
    backupTaken: async (from, to) => tools.backups?.moved(from, to),
    backupStatus: async () => tools.backups?.status() ?? null,
    doctor,
    supportBundle: async (author = commandLine) => {
      const bundle = await supportBundle(await doctor(), tools.support);
      await audit.note(author, "support.bundle", "support bundle", { bytes: bundle.length });
      return bundle;
    },
    reload: async () => {
      if (tools.reload === undefined)
        throw new EdgeError(
          "not_running",
          "no appliance runs on this data folder: it reads its settings when it starts",
        );
      return tools.reload(commandLine);
    },
  };
}
