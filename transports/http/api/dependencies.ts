/** What the API needs from the appliance. Rows travel as JSON objects or text: they are made where the data is. */

import type { AuditFilters } from "../../../core/access/audit.ts";
import type { Caller } from "../../../core/access/caller.ts";
import type { NewUser, UserChange } from "../../../core/access/user.ts";
import type { ApiKeyScope } from "../../../core/api-key.ts";
import type { Asset, AssetKind, ListedAsset } from "../../../core/assets/asset.ts";
import type { AssetChange } from "../../../core/assets/asset-list.ts";
import type { ReadAsset } from "../../../core/assets/asset-row.ts";
import type { EventKind, LoggedEvent } from "../../../core/event.ts";
import type { ExceptionChange, NewException } from "../../../core/exceptions/exception.ts";
import type { FeedName } from "../../../core/feeds/feeds.ts";
import type { CaseRequest, ChangedField, IncidentRequest, SeenState } from "../../../core/incident-change.ts";
import type { PageAnswer, PageRequest } from "../../../core/pages/page-request.ts";
import type { Sleep } from "../../../core/ports.ts";
import type { WebhookSystem } from "../../../core/tickets/ticket.ts";
import type { SettingsPort } from "./settings/settings-port.ts";
import type { TicketPort } from "./tickets/ticket-port.ts";

type Json = Record<string, unknown>;
export const logLevelNames = ["debug", "info", "warn", "error"] as const;
export type LogLevelName = (typeof logLevelNames)[number];

export interface Callers {
  /** The caller behind a key; null for one that is unknown, revoked or expired. */
  ofKey(key: string, address: string): Caller | null;
  /** The caller behind an access token that holds at the moment. `expiresAt`: epoch milliseconds. */
  ofToken(token: string, address: string): Promise<(Caller & TokenFacts) | null>;
  /** Calls the listener when rights were withdrawn: a key revoked, logins ended. Returns the function that unsubscribes. */
  onRevoked(listener: () => void): () => void;
  /** A caller has asked for what its role or scopes do not reach: `PATCH /api/incidents/:id`. Returns at once. */
  refused(caller: Caller, route: string): void;
}

interface TokenFacts {
  sessionId: string;
  expiresAt: number;
  mustChangePassword: boolean;
}

export interface LoginPort {
  login(request: { username: string; password: string; totp: string | null; address: string }): Promise<object>;
  refresh(token: string, address: string): Promise<object>;
  logout(caller: { sessionId: string } | null, refreshToken: string | null, address: string): Promise<void>;
  me(caller: Caller): Json;
  changePassword(caller: Caller, current: string, next: string): Promise<void>;
  beginTotp(caller: Caller, password: string): Promise<Json>;
  /** Answers recovery codes, none unless `withCodes`. */
  confirmTotp(caller: Caller, code: string, withCodes: boolean): Promise<string[]>;
  newRecoveryCodes(caller: Caller, password: string): Promise<string[]>;
  removeTotp(caller: Caller, password: string): Promise<void>;
}

export interface InvestigationPort {
  incident(caller: Caller, id: string): Promise<Json>;
  threatCase(caller: Caller, id: string): Promise<Json>;
  alert(caller: Caller, hash: string): Promise<Json>;
  /** One after the other, each with its row as JSON or why not; `seen`: what was seen of each, `changed`: what somebody else has set since. */
  changeIncidents(
    caller: Caller,
    ids: readonly string[],
    request: IncidentRequest,
    seen?: ReadonlyMap<string, SeenState>,
  ): Promise<
    (
      | { id: string; row: string }
      | { id: string; refused: { status: number; detail: string; changed?: ChangedField } }
    )[]
  >;
  changeIncident(caller: Caller, id: string, request: IncidentRequest): Promise<string>;
  changeCase(caller: Caller, id: string, request: CaseRequest): Promise<string>;
  promote(caller: Caller, request: { entity: string; actor: string; reason: string }): Promise<string>;
}

export interface OverviewPort {
  /** `since`: epoch milliseconds; null = the last 24 hours. */
  overview(caller: Caller, since: number | null): Promise<Json>;
  activity(caller: Caller, query: { entity: string | null; hours: number }): Promise<Json>;
  system(caller: Caller): Promise<Json>;
  /** What is kept, and what retention removes; `days`: as if so many were kept, null = as configured. */
  retention(days: number | null): Promise<Json>;
}

export interface SystemPort {
  lastReload(): object | null;
  /** @throws EdgeError cannot_reload */
  reload(caller: Caller): Promise<object>;
  /** A tar archive with gzip. */
  supportBundle(caller: Caller): Promise<Uint8Array>;
  /** Null = it cannot be chosen. */
  logLevel(): object | null;
  /** Until the next restart; null = that of the settings. @throws EdgeError log_level_fixed */
  chooseLogLevel(caller: Caller, level: LogLevelName | null): Promise<object>;
  heartbeats(): object[];
  /** @throws EdgeError destination_unknown, heartbeat_waits */
  sendHeartbeat(caller: Caller, feed: FeedName, name: string): Promise<void>;
}

export interface CampaignPort {
  /** @throws EdgeError campaign_unknown, also for one of an entity that the caller may not see */
  campaign(caller: Caller, id: string): Promise<Json>;
  list(caller: Caller, query: { entity: string | null; limit: number; offset: number }): Promise<Json>;
}

export interface ExceptionPort {
  list(caller: Caller): Promise<Json[]>;
  add(caller: Caller, request: NewException): Promise<Json>;
  /** `revision`: which it must have; null = whichever. @throws EdgeError exception_changed */
  change(caller: Caller, id: string, change: ExceptionChange, revision: string | null): Promise<Json>;
  /** It, and the newest alerts that it covers. */
  matches(caller: Caller, id: string): Promise<Json>;
  remove(caller: Caller, id: string, revision?: string | null): Promise<void>;
  trial(caller: Caller, request: NewException): Promise<Json>;
  /** Of one incident; null = of recent false positives, those that no exception covers yet. */
  proposals(caller: Caller, incidentId: string | null): Promise<Json[]>;
}

export interface AdministrationPort {
  users(caller: Caller): Json[];
  createUser(caller: Caller, user: NewUser): Promise<Json>;
  /** `revision`: which the user must have; null = whichever. @throws EdgeError user_changed */
  changeUser(caller: Caller, name: string, change: UserChange, revision: string | null): Promise<Json>;
  removeUser(caller: Caller, name: string, revision?: string | null): Promise<void>;
  keys(caller: Caller): Promise<Json[]>;
  createKey(
    caller: Caller,
    key: { name: string; scopes: readonly ApiKeyScope[]; entities: readonly string[]; expiresInDays: number | null },
  ): Promise<Json>;
  revokeKey(caller: Caller, id: string): Promise<void>;
}

export interface AuditPort {
  /** Newest first. `before`: the number of an entry, those before it. */
  page(query: { before: number | null; limit: number; filters: AuditFilters }): Promise<{
    entries: Json[];
    nextBefore: number | null;
  }>;
  /** All of it, as it is read. `mayGoOn` is asked before each part. */
  export(
    caller: Caller,
    filters: AuditFilters,
    format: "csv" | "ndjson",
    mayGoOn: () => Promise<boolean>,
  ): Promise<ReadableStream<Uint8Array>>;
}

export interface CertificatePort {
  read(): Json;
  /** PEM texts. `expected`: fingerprint of the present one; null = whichever. @throws EdgeError certificate_refused, certificate_pinned, certificate_changed, tls_file */
  replace(caller: Caller, pair: { cert: string; key: string }, expected?: string | null): Promise<Json>;
  /** `expected` as of `replace`. @throws EdgeError certificate_pinned, certificate_changed, tls_file */
  makeSelfSigned(caller: Caller, expected?: string | null): Promise<Json>;
}

export interface AssetsPort {
  /** Null = the caller's only entity, else the default one. @throws EdgeError entity_foreign */
  list(
    caller: Caller,
    entity: string | null,
    filters?: { from?: string; kind?: string; role?: string; criticality?: string; text?: string },
  ): Promise<{ entity: string; revision: number; rows: ListedAsset[] }>;
  /**
   * `revision`: which the list must have; null = whichever. `isTrial`: says what it would change, and writes nothing.
   * @throws EdgeError entity_foreign, assets_changed, assets_limit
   */
  replace(
    caller: Caller,
    entity: string | null,
    list: { rows: readonly ReadAsset[]; revision: number | null; isTrial?: boolean },
  ): Promise<AssetsChanged>;
  /** `was`: a row as somebody saw it; null = there was none. @throws as `replace`; assets_refused for a name that another row has */
  change(
    caller: Caller,
    entity: string | null,
    change: {
      set: readonly Asset[];
      remove: readonly Pick<Asset, "kind" | "name">[];
      was?: { kind: AssetKind; name: string; row: Asset | null };
    },
    revision: number | null,
  ): Promise<AssetsChanged>;
}

/** How a list of assets differs from the one before. */
export interface AssetsChanged {
  entity: string;
  revision: number;
  hosts: number;
  accounts: number;
  added: number;
  changed: number;
  removed: number;
  leftOut: number;
  /** The first of them. */
  changes: readonly AssetChange[];
}

export interface StreamPort {
  /** Generation of the database; 0 = it was never restored. */
  generation: number;
  end(): Promise<number>;
  /** Sequence number of the oldest event kept; null in an empty log. */
  oldest(): Promise<number | null>;
  read(after: number, limit: number, kinds: readonly EventKind[]): Promise<LoggedEvent[]>;
  /** Calls the listener after every commit that appended; returns the function that unsubscribes. */
  onAppend(listener: () => void): () => void;
  /** Aborts when the appliance stops. */
  stopping: AbortSignal;
  now(): number;
  sleep: Sleep;
}

export interface WebhookPort {
  /** Checks that need no body. @throws EdgeError webhook_off, webhook_signature, webhook_outdated */
  expect(system: WebhookSystem, header: (name: string) => string | undefined): void;
  /** `body` as it was sent. @throws EdgeError webhook_off, webhook_signature, webhook_outdated, webhook_unreadable */
  receive(
    system: WebhookSystem,
    header: (name: string) => string | undefined,
    body: Uint8Array,
  ): Promise<"accepted" | "ignored" | "repeated">;
}

export interface BackupPort {
  status(): Json;
  /** Resolves once it is begun. @throws EdgeError backup_running */
  begin(caller: Caller): Promise<void>;
  /** @throws EdgeError unknown_backup */
  file(caller: Caller, name: string): Promise<{ path: string; name: string }>;
  /** @throws EdgeError unknown_backup */
  remove(caller: Caller, name: string): Promise<void>;
}

/** Files by which SIEMs, SOARs and monitors are connected; they are part of the program. */
export interface PackPort {
  list(): Promise<Json[]>;
  /** With its files and README. @throws EdgeError pack_unknown */
  find(name: string): Promise<Json>;
  /** A tar archive with gzip. @throws EdgeError pack_unknown */
  archive(name: string): Promise<{ file: string; bytes: Uint8Array }>;
}

export interface ApiDependencies {
  packs: PackPort;
  backups: BackupPort;
  tickets: TicketPort;
  webhooks: WebhookPort;
  settings: SettingsPort;
  callers: Callers;
  logins: LoginPort;
  pages: { page(caller: Caller, request: PageRequest): Promise<PageAnswer> };
  investigation: InvestigationPort;
  overview: OverviewPort;
  campaigns: CampaignPort;
  exceptions: ExceptionPort;
  assets: AssetsPort;
  administration: AdministrationPort;
  audit: AuditPort;
  certificate: CertificatePort;
  system: SystemPort;
  stream: StreamPort;
  /** IP address of the client, through proxies that are trusted. */
  clientAddress(peer: string, forwardedFor: string | undefined): string;
  version: string;
}
