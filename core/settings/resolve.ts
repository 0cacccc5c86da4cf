/** Resolves all sources of settings: precedence, checks, and all problems at once. */
import { readAssetsFile } from "../assets/assets-file.ts";
import type { FeedName } from "../feeds/feeds.ts";
import type { SettingOrigin, Settings } from "../settings.ts";
import { type EnvFile, parseEnvFile } from "./env-file.ts";
import { environmentNames, environmentReader, noStart, savedSource } from "./environment.ts";
import { type FeedDocument, type FeedForm, feedForms, readFeed } from "./feed.ts";
import { type Problem, type Report, type SectionProblems, settingsSections } from "./problem.ts";
import type { SavedSettings, SettingsFile, SettingsSources } from "./sources.ts";
import { readCasePatterns } from "./tables/case-patterns.ts";
import { readFloors } from "./tables/floors.ts";
import { ticketSettingNames } from "./ticket-definitions.ts";
import { type GivenValue, readTicketSettings } from "./tickets.ts";

export interface ResolvedSettings {
  /** Always complete: an invalid value is replaced by its default or left out. */
  settings: Settings;
  /** Values that are wrong. With a `fatal` one the appliance must not start. */
  problems: Problem[];
  /** Remarks that change no setting. */
  warnings: Problem[];
  /** By environment name, `syslog`, `daemon.batch_size` …: where each value comes from. */
  origins: Record<string, SettingOrigin>;
  /** Ticket system settings from environment and files; these cannot be changed in the console. */
  ticketValues: ReadonlyMap<string, GivenValue>;
  /** The same problems, by the part of the configuration that they concern. */
  wrong: SectionProblems;
  /** What files and environment say of the other settings; these cannot be changed in the console either. */
  pinnedValues: ReadonlyMap<string, GivenValue>;
  /** The same sources with what was saved. */
  withSaved(saved: SavedSettings): ResolvedSettings;
  /** With this text in the place of a feed's file and of what was saved of it: for trying values that are not saved. */
  alone(feed: FeedName, text: string): ResolvedSettings;
}

/** Resolves the settings; never throws, whatever the texts hold. */
export function resolveSettings(sources: SettingsSources): ResolvedSettings {
  const warnings: Problem[] = [];
  const reportOf = (): Report => ({ problems: [], warnings });
  const report = reportOf();
  const feedReports = { alerts: reportOf(), incidents: reportOf() };
  const tableReports = { case_patterns: reportOf(), floors: reportOf(), assets: reportOf() };
  const origins: Record<string, SettingOrigin> = {};
  const {
    envFile,
    alertFeedFile,
    incidentFeedFile = null,
    casePatternsFile = null,
    assetsFile = null,
    riskFloorsFile = null,
    saved,
  } = sources;
  const environment = environmentReader(
    {
      environment: sources.environment,
      envFile: envFile && readEnvFile(envFile, report),
      ...(saved?.values === undefined ? {} : { saved: saved.values }),
    },
    report,
    origins,
  );
  const alerts = readFeed(
    feedForms.alerts,
    documentsOf(alertFeedFile, saved?.alerts, sources),
    feedReports.alerts,
    origins,
  );
  const incidents = readFeed(
    feedForms.incidents,
    documentsOf(incidentFeedFile, saved?.incidents, sources),
    feedReports.incidents,
    origins,
  );
  const health = (name: "RHYTHMX_ALERT_HEALTH" | "RHYTHMX_INCIDENT_HEALTH", form: FeedForm, port: number) => {
    const address = environment.read(name);
    const origin = origins[`${form.origin}daemon.health_port`];
    if (address === null && origin) origins[name] = origin;
    return address ?? { host: "127.0.0.1", port };
  };
  const savedTable = (name: TableName) => tableOf(saved?.values?.get(name), sources);
  const [listen, defaultListen] = [environment.read("RHYTHMX_LISTEN"), environment.read("RHYTHMX_DEFAULT_LISTEN")];
  const settings: Settings = {
    configDir: sources.configDir,
    dataDir: environment.read("RHYTHMX_DATA_DIR") ?? sources.defaultDataDir,
    listen: listen ?? defaultListen,
    tlsCertFile: environment.read("RHYTHMX_TLS_CERT_FILE"),
    tlsKeyFile: environment.read("RHYTHMX_TLS_KEY_FILE"),
    alertHealth: health("RHYTHMX_ALERT_HEALTH", feedForms.alerts, alerts.healthPort),
    incidentHealth: health("RHYTHMX_INCIDENT_HEALTH", feedForms.incidents, incidents.healthPort),
    trustedProxies: environment.read("RHYTHMX_TRUSTED_PROXIES"),
    masterKeyFile: environment.read("RHYTHMX_MASTER_KEY_FILE"),
    adminPassword: environment.read("RHYTHMX_ADMIN_PASSWORD"),
    defaultEntity: environment.read("RHYTHMX_DEFAULT_ENTITY"),
    logLevel: environment.read("RHYTHMX_LOG_LEVEL"),
    logFormat: environment.read("RHYTHMX_LOG_FORMAT"),
    retentionDays: environment.read("RHYTHMX_RETENTION_DAYS"),
    auditRetentionDays: environment.read("RHYTHMX_AUDIT_RETENTION_DAYS"),
    retentionSchedule: environment.read("RHYTHMX_RETENTION_SCHEDULE"),
    backup: {
      schedule: environment.read("RHYTHMX_BACKUP_SCHEDULE"),
      dir: environment.read("RHYTHMX_BACKUP_DIR"),
      keep: environment.read("RHYTHMX_BACKUP_KEEP"),
    },
    cluster: {
      endpoints: environment.read("RHYTHMX_CLUSTER"),
      node: environment.read("RHYTHMX_CLUSTER_NODE"),
      address: environment.read("RHYTHMX_CLUSTER_ADDRESS"),
      caFile: environment.read("RHYTHMX_CLUSTER_CA_FILE"),
      certFile: environment.read("RHYTHMX_CLUSTER_CERT_FILE"),
      keyFile: environment.read("RHYTHMX_CLUSTER_KEY_FILE"),
      prefix: environment.read("RHYTHMX_CLUSTER_PREFIX"),
      leaseSeconds: environment.read("RHYTHMX_CLUSTER_LEASE_SECONDS"),
      logMib: environment.read("RHYTHMX_CLUSTER_LOG_MIB"),
    },
    minFreeBytes: environment.read("RHYTHMX_MIN_FREE_BYTES"),
    minFreePercent: environment.read("RHYTHMX_MIN_FREE_PERCENT"),
    alertFeed: { ...alerts.feed, hourlyIntervalMinutes: alerts.hourlyIntervalMinutes },
    incidentFeed: incidents.feed,
    correlation: {
      actors: {
        sharedAccounts: environment.read("SHARED_ACCOUNTS"),
        hostShortNames: environment.read("HOST_SHORT_NAMES"),
      },
      patterns: readCasePatterns(casePatternsFile ?? savedTable("CASE_PATTERNS"), tableReports.case_patterns),
      floors: readFloors(riskFloorsFile ?? savedTable("FLOORS"), tableReports.floors),
      minScore: environment.read("QUALIFY_MIN_SCORE"),
      assets: readAssetsFile(assetsFile, tableReports.assets),
    },
  };
  checkCertificate(settings, origins, report);
  checkCluster(settings.cluster, origins, report);
  const ticketValues = environment.given(ticketSettingNames);
  const pinnedValues = new Map([
    ...environment.given(environmentNames),
    ...pinnedTable("CASE_PATTERNS", casePatternsFile),
    ...pinnedTable("FLOORS", riskFloorsFile),
  ]);
  const wrong: SectionProblems = {
    environment: report.problems,
    alerts: feedReports.alerts.problems,
    incidents: feedReports.incidents.problems,
    case_patterns: tableReports.case_patterns.problems,
    floors: tableReports.floors.problems,
    assets: tableReports.assets.problems,
    tickets: readTicketSettings(ticketValues).problems,
  };
  const problems = settingsSections.flatMap((section) => wrong[section]);
  const withSaved = (all: SavedSettings) => resolveSettings({ ...sources, saved: all });
  const alone = (feed: FeedName, text: string) => {
    const file = feed === "alerts" ? { alertFeedFile: null } : { incidentFeedFile: null };
    return resolveSettings({ ...sources, ...file, saved: { ...saved, [feed]: text } });
  };
  return { settings, problems, warnings, origins, ticketValues, pinnedValues, wrong, withSaved, alone };
}

/** The file wins over what was saved in the console, key by key. */
function documentsOf(
  file: SettingsFile | null,
  saved: string | undefined,
  { configDir }: Pick<SettingsSources, "configDir">,
): FeedDocument[] {
  const documents: FeedDocument[] = file === null ? [] : [{ ...file, pinned: true }];
  if (saved !== undefined)
    documents.push({ source: savedSource, folder: configDir, pinned: false, content: { text: saved } });
  return documents;
}

type TableName = "CASE_PATTERNS" | "FLOORS";

/** A table that was saved, in the place of its file. */
function tableOf(text: string | undefined, { configDir }: Pick<SettingsSources, "configDir">): SettingsFile | null {
  return text === undefined ? null : { source: savedSource, folder: configDir, content: { text } };
}

/** A file counts as a whole, whatever was saved. */
function pinnedTable(name: TableName, file: SettingsFile | null): [string, GivenValue][] {
  if (file === null) return [];
  const text = "text" in file.content ? file.content.text : "";
  return [[name, { text, source: file.source, pinned: true }]];
}

function readEnvFile({ source, content }: SettingsFile, report: Report): { source: string; file: EnvFile } | null {
  if ("text" in content) return { source, file: parseEnvFile(content.text) };
  report.problems.push({ source, key: "", ...content.fault, effect: "none of its settings hold", fatal: false });
  return null;
}

/** A client certificate and its key come as a pair. */
function checkCluster(
  { certFile, keyFile }: Settings["cluster"],
  origins: ResolvedSettings["origins"],
  report: Report,
) {
  if ((certFile === null) === (keyFile === null)) return;
  const [given, missing] = certFile === null ? ["KEY", "CERT"] : ["CERT", "KEY"];
  report.problems.push({
    source: origins[`RHYTHMX_CLUSTER_${given}_FILE`]?.source ?? "environment",
    key: `RHYTHMX_CLUSTER_${missing}_FILE`,
    found: "nothing",
    accepted: "a path: RHYTHMX_CLUSTER_CERT_FILE and RHYTHMX_CLUSTER_KEY_FILE are given together or not at all",
    effect: noStart,
    fatal: true,
  });
}

/** Certificate and key come as a pair. Without them the appliance has its own (certificate-files.ts), or only this machine reaches it. */
function checkCertificate(settings: Settings, origins: ResolvedSettings["origins"], report: Report): void {
  const problem = (key: string, found: string, accepted: string, source: string) =>
    report.problems.push({ source, key, found, accepted, effect: noStart, fatal: true });
  const { tlsCertFile, tlsKeyFile } = settings;
  const wrong = (key: string) => report.problems.some((one) => one.key === key);
  if (wrong("RHYTHMX_TLS_CERT_FILE") || wrong("RHYTHMX_TLS_KEY_FILE")) return;
  if ((tlsCertFile === null) !== (tlsKeyFile === null)) {
    const [given, missing] = tlsCertFile === null ? ["KEY", "CERT"] : ["CERT", "KEY"];
    const source = origins[`RHYTHMX_TLS_${given}_FILE`]?.source ?? "environment";
    const accepted = "a path: RHYTHMX_TLS_CERT_FILE and RHYTHMX_TLS_KEY_FILE are given together or not at all";
    problem(`RHYTHMX_TLS_${missing}_FILE`, "nothing", accepted, source);
  }
}
