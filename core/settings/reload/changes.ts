/** What is different between two sets of settings, for the people who changed a file: setting by setting, secrets without their values. */
import type { DestinationSettings, FeedSettings, ListenAddress, Settings } from "../../settings.ts";
import { environmentNames, type SettingName } from "../environment.ts";
import { shown, withoutLogin } from "../problem.ts";
import type { ResolvedSettings } from "../resolve.ts";
import { ticketDefinitions, ticketSettingNames } from "../ticket-definitions.ts";

/** One thing that is different. */
export interface SettingChange {
  /** `RHYTHMX_RETENTION_DAYS`, `destination alerts/siem`, `case pattern impact`, `asset dc01`, `certificate`. */
  setting: string;
  /** What it was and what it is, short, for people; null = it was not there, or is not there any more. "(secret)" for a secret. */
  from: string | null;
  to: string | null;
  /** Why it does not hold before the next start; null = it is in force. */
  restart: string | null;
}

/** A setting that is wrong; the last good one stays in force. */
export interface RefusedSetting {
  /** The file with its line, "environment", or "certificate". */
  place: string;
  /** "" = the whole of it. */
  key: string;
  /** Null for a certificate, whose message says it. */
  accepted: string | null;
  /** All of that, and what was found, on one line. */
  message: string;
}

/** The result of a reload. */
export interface ReloadReport {
  /** ISO 8601. */
  at: string;
  /** Who asked for it: a user's name, `command line`, `signal`. */
  by: string;
  outcome: "taken" | "refused";
  changes: SettingChange[];
  refused: RefusedSetting[];
  /** The messages of `refused`, for commands of earlier versions. */
  problems: string[];
}

type Compared = Pick<ResolvedSettings, "settings" | "ticketValues">;

const secret = "(secret)";
const longest = 200;

/** The value of each setting of the environment among settings. */
const readers: Readonly<Record<SettingName, (settings: Settings) => unknown>> = {
  RHYTHMX_LISTEN: ({ listen }) => addressOf(listen),
  // Seen in the address that results.
  RHYTHMX_DEFAULT_LISTEN: () => null,
  RHYTHMX_TLS_CERT_FILE: ({ tlsCertFile }) => tlsCertFile,
  RHYTHMX_TLS_KEY_FILE: ({ tlsKeyFile }) => tlsKeyFile,
  RHYTHMX_DATA_DIR: ({ dataDir }) => dataDir,
  RHYTHMX_ALERT_HEALTH: ({ alertHealth }) => addressOf(alertHealth),
  RHYTHMX_INCIDENT_HEALTH: ({ incidentHealth }) => addressOf(incidentHealth),
  RHYTHMX_TRUSTED_PROXIES: ({ trustedProxies }) => trustedProxies,
  RHYTHMX_MASTER_KEY_FILE: ({ masterKeyFile }) => masterKeyFile,
  RHYTHMX_ADMIN_PASSWORD: ({ adminPassword }) => adminPassword,
  RHYTHMX_DEFAULT_ENTITY: ({ defaultEntity }) => defaultEntity,
  RHYTHMX_LOG_LEVEL: ({ logLevel }) => logLevel,
  RHYTHMX_LOG_FORMAT: ({ logFormat }) => logFormat,
  RHYTHMX_RETENTION_DAYS: ({ retentionDays }) => retentionDays,
  RHYTHMX_AUDIT_RETENTION_DAYS: ({ auditRetentionDays }) => auditRetentionDays,
  RHYTHMX_RETENTION_SCHEDULE: ({ retentionSchedule }) => retentionSchedule,
  RHYTHMX_BACKUP_SCHEDULE: ({ backup }) => backup.schedule,
  RHYTHMX_BACKUP_DIR: ({ backup }) => backup.dir,
  RHYTHMX_BACKUP_KEEP: ({ backup }) => backup.keep,
  RHYTHMX_CLUSTER: ({ cluster }) => (cluster.endpoints.length === 0 ? null : cluster.endpoints),
  RHYTHMX_CLUSTER_NODE: ({ cluster }) => cluster.node,
  RHYTHMX_CLUSTER_ADDRESS: ({ cluster }) => cluster.address,
  RHYTHMX_CLUSTER_CA_FILE: ({ cluster }) => cluster.caFile,
  RHYTHMX_CLUSTER_CERT_FILE: ({ cluster }) => cluster.certFile,
  RHYTHMX_CLUSTER_KEY_FILE: ({ cluster }) => cluster.keyFile,
  RHYTHMX_CLUSTER_PREFIX: ({ cluster }) => cluster.prefix,
  RHYTHMX_CLUSTER_LEASE_SECONDS: ({ cluster }) => cluster.leaseSeconds,
  RHYTHMX_CLUSTER_LOG_MIB: ({ cluster }) => cluster.logMib,
  RHYTHMX_MIN_FREE_BYTES: ({ minFreeBytes }) => minFreeBytes,
  RHYTHMX_MIN_FREE_PERCENT: ({ minFreePercent }) => minFreePercent,
  QUALIFY_MIN_SCORE: ({ correlation }) => correlation.minScore,
  SHARED_ACCOUNTS: ({ correlation }) => correlation.actors.sharedAccounts,
  HOST_SHORT_NAMES: ({ correlation }) => correlation.actors.hostShortNames,
};

const joined = "this node has joined its cluster with it";

/** Settings that are read at the start only, and why. */
const startOnly: Readonly<Partial<Record<SettingName, string>>> = {
  RHYTHMX_LISTEN: "clients are connected to the present address",
  RHYTHMX_DATA_DIR: "the database in it is open",
  RHYTHMX_MASTER_KEY_FILE: "logins and stored secrets hang on the key that was read at the start",
  RHYTHMX_CLUSTER: joined,
  RHYTHMX_CLUSTER_NODE: joined,
  RHYTHMX_CLUSTER_ADDRESS: joined,
  RHYTHMX_CLUSTER_CA_FILE: joined,
  RHYTHMX_CLUSTER_CERT_FILE: joined,
  RHYTHMX_CLUSTER_KEY_FILE: joined,
  RHYTHMX_CLUSTER_PREFIX: joined,
  RHYTHMX_CLUSTER_LEASE_SECONDS: joined,
  RHYTHMX_CLUSTER_LOG_MIB: joined,
  RHYTHMX_ADMIN_PASSWORD: "only the first start reads it: `rhythmx user password admin` sets another one",
};

/** Every difference, in the order of the documentation. */
export function settingChanges(before: Compared, after: Compared): SettingChange[] {
  const [old, next] = [before.settings, after.settings];
  return [
    ...environmentNames.flatMap((name) => {
      return differ(name, readers[name](old), readers[name](next), startOnly[name] ?? null, isSecret(name));
    }),
    ...ticketSettingNames.flatMap((name) =>
      differ(
        name,
        withoutLogin(before.ticketValues.get(name)?.text ?? "") || null,
        withoutLogin(after.ticketValues.get(name)?.text ?? "") || null,
        null,
        ticketDefinitions[name].secret,
      ),
    ),
    ...feedChanges("alerts", old.alertFeed, next.alertFeed),
    ...differ(
      "alerts hourly_interval_minutes",
      old.alertFeed.hourlyIntervalMinutes,
      next.alertFeed.hourlyIntervalMinutes,
    ),
    ...feedChanges("incidents", old.incidentFeed, next.incidentFeed),
    ...rowChanges("case pattern", old.correlation.patterns, next.correlation.patterns, ({ type }) => type),
    ...rowChanges("floor", old.correlation.floors, next.correlation.floors, ({ name }) => name),
    ...rowChanges("asset", old.correlation.assets, next.correlation.assets, ({ entity, name }) =>
      entity === null ? name : `${name} of ${entity}`,
    ),
  ];
}

/** The value of each setting of the environment, as text for people; null = not set, "(secret)" for a secret. */
export function settingValues(settings: Settings): { name: SettingName; value: string | null }[] {
  return environmentNames.map((name) => {
    const value = readers[name](settings);
    return { name, value: value === null ? null : isSecret(name) ? secret : text(value) };
  });
}

/** Settings that stay as they are until the next start. */
export function withStartOnly(next: Settings, present: Settings): Settings {
  const { dataDir, listen, masterKeyFile, adminPassword, cluster } = present;
  return { ...next, dataDir, listen, masterKeyFile, adminPassword, cluster };
}

function isSecret(name: SettingName): boolean {
  return name === "RHYTHMX_ADMIN_PASSWORD";
}

function differ(
  setting: string,
  from: unknown,
  to: unknown,
  restart: string | null = null,
  hidden = false,
): SettingChange[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  const words = (value: unknown) => (value === null ? null : hidden ? secret : text(value));
  return [{ setting, from: words(from), to: words(to), restart }];
}

function feedChanges(feed: string, old: FeedSettings, next: FeedSettings): SettingChange[] {
  return [
    ...differ(`${feed} poll_interval_seconds`, old.pollIntervalSeconds, next.pollIntervalSeconds),
    ...differ(`${feed} batch_size`, old.batchSize, next.batchSize),
    ...rowChanges(`destination ${feed}/`, old.destinations, next.destinations, ({ name }) => name, whereTo),
  ];
}

/** Rows that are known by a name: those that came, went, or are different, with the fields that are. */
function rowChanges<Row extends object>(
  what: string,
  old: readonly Row[],
  next: readonly Row[],
  nameOf: (row: Row) => string,
  describe: (row: Row) => string = () => "listed",
): SettingChange[] {
  const named = (row: Row) => `${what}${what.endsWith("/") ? "" : " "}${nameOf(row)}`;
  const [before, after] = [byName(old, nameOf), byName(next, nameOf)];
  const changes: SettingChange[] = [];
  for (const [name, row] of after) {
    const other = before.get(name);
    if (other === undefined) changes.push({ setting: named(row), from: null, to: describe(row), restart: null });
    else
      for (const { setting, from, to } of fieldsThatDiffer(flat(other), flat(row)))
        changes.push({ setting: `${named(row)} ${setting}`, from, to, restart: null });
  }
  for (const [name, row] of before)
    if (!after.has(name)) changes.push({ setting: named(row), from: describe(row), to: null, restart: null });
  return changes;
}

/** Rows by name; of several with one name each has its number. */
function byName<Row>(rows: readonly Row[], nameOf: (row: Row) => string): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const row of rows) {
    const name = nameOf(row);
    let key = name;
    for (let number = 2; found.has(key); number++) key = `${name} (${number})`;
    found.set(key, row);
  }
  return found;
}

/** A row's fields, those of its parts too: `message.maxBytes` as `max_bytes`. */
function flat(row: object): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [key, value] of Object.entries(row)) {
    if (typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof RegExp))
      for (const [inner, content] of flat(value))
        fields.set(key === "message" ? inner : `${snake(key)}.${inner}`, content);
    else fields.set(snake(key), value);
  }
  return fields;
}

function fieldsThatDiffer(old: Map<string, unknown>, next: Map<string, unknown>): SettingChange[] {
  const names = new Set([...old.keys(), ...next.keys()]);
  return [...names].flatMap((name) => differ(name, old.get(name) ?? null, next.get(name) ?? null));
}

function whereTo({ protocol, host, port }: DestinationSettings): string {
  return `${protocol} to ${addressOf({ host, port })}`;
}

function addressOf({ host, port }: ListenAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** `maxBytes` as the files have it: `max_bytes`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function text(value: unknown): string {
  const words = Array.isArray(value)
    ? value.map((one) => (typeof one === "object" ? JSON.stringify(one) : String(one))).join(", ") || "none"
    : typeof value === "object" && value !== null
      ? JSON.stringify(value)
      : String(value);
  const short = words.length > longest ? `${words.slice(0, longest)}...` : words;
  // On one line, without anything that a terminal would obey.
  return /^[\x20-\x7e]*$/.test(short) ? short : shown(short).slice(1, -1);
}
