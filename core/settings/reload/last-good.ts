/** What a reload takes over: a section with something wrong keeps its last good settings, the others change (CONTRACT 1). */
import type { AlertFeedSettings, FeedSettings, Settings } from "../../settings.ts";
import { environmentNames, type SettingName } from "../environment.ts";
import { type Problem, type SectionProblems, settingsSections } from "../problem.ts";
import type { ResolvedSettings } from "../resolve.ts";
import { ticketSections } from "../sections/sections.ts";
import { type TicketSettingName, ticketDefinitions, ticketSettingNames } from "../ticket-definitions.ts";
import type { GivenValue } from "../tickets.ts";

const effect = "the last good settings stay in force";

/** `next` with the settings of `last` where `next` has something wrong; its problems say so. */
export function keepLastGood(last: ResolvedSettings, next: ResolvedSettings): ResolvedSettings {
  const merging = new Merging(last, next);
  const { environment, tickets } = next.wrong;
  // Values of the file cannot be told from values that are not there any more.
  const unreadable = environment.some(({ key }) => !isEnvironmentName(key) && !isTicketName(key));
  if (unreadable) {
    for (const name of environmentNames) merging.keep(name);
    merging.ticketValues = new Map(last.ticketValues);
    merging.kept.push(...environment, ...tickets);
  } else {
    for (const problem of environment) if (isEnvironmentName(problem.key)) merging.keep(problem.key, problem);
    for (const problem of [...environment, ...tickets])
      if (isTicketName(problem.key)) merging.keepTickets(problem.key, problem);
  }
  const noFolder = environment.some(({ key }) => key === "RHYTHMX_CONFIG_DIR");
  if (noFolder || keepsFeed(last, next, "alerts", ({ alertFeed }) => alertFeed)) {
    const { alertFeed, alertHealth } = last.settings;
    merging.settings = { ...merging.settings, alertFeed, alertHealth };
    merging.kept.push(...next.wrong.alerts);
  }
  if (noFolder || keepsFeed(last, next, "incidents", ({ incidentFeed }) => incidentFeed)) {
    const { incidentFeed, incidentHealth } = last.settings;
    merging.settings = { ...merging.settings, incidentFeed, incidentHealth };
    merging.kept.push(...next.wrong.incidents);
  }
  const { patterns, floors, assets } = last.settings.correlation;
  if (noFolder || keepsTable(last, next, "case_patterns")) merging.keepTable("case_patterns", { patterns });
  if (noFolder || keepsTable(last, next, "floors")) merging.keepTable("floors", { floors });
  if (noFolder || keepsTable(last, next, "assets")) merging.keepTable("assets", { assets });
  return merging.resolved();
}

/** Sections whose settings are one table of the correlation. */
type Table = "case_patterns" | "floors" | "assets";

class Merging {
  readonly #last: ResolvedSettings;
  readonly #next: ResolvedSettings;
  settings: Settings;
  ticketValues: Map<string, GivenValue>;
  /** Problems of what was not taken over. */
  readonly kept: Problem[] = [];

  constructor(last: ResolvedSettings, next: ResolvedSettings) {
    this.#last = last;
    this.#next = next;
    this.settings = next.settings;
    this.ticketValues = new Map(next.ticketValues);
  }

  keep(name: SettingName, problem?: Problem): void {
    this.settings = holders[name](this.settings, this.#last.settings);
    if (problem !== undefined) this.kept.push(problem);
  }

  keepTable(section: Table, table: Partial<Settings["correlation"]>): void {
    this.settings = { ...this.settings, correlation: { ...this.settings.correlation, ...table } };
    this.kept.push(...this.#next.wrong[section]);
  }

  /** The whole connection stays: a new password must not go to an old address. */
  keepTickets(name: TicketSettingName, problem: Problem): void {
    const { section } = ticketDefinitions[name];
    const isWhole = (ticketSections as readonly string[]).includes(section);
    const names = ticketSettingNames.filter((one) =>
      isWhole ? ticketDefinitions[one].section === section : one === name,
    );
    const wasWrong = [...this.#last.wrong.tickets, ...this.#last.wrong.environment];
    // No last good settings: the same as at a start.
    if (wasWrong.some(({ key }) => names.some((one) => one === key))) return;
    for (const one of names) {
      const value = this.#last.ticketValues.get(one);
      if (value === undefined) this.ticketValues.delete(one);
      else this.ticketValues.set(one, value);
    }
    this.kept.push(problem);
  }

  resolved(): ResolvedSettings {
    const { settings, ticketValues } = this;
    const kept = new Set(this.kept);
    const wrong = Object.fromEntries(
      settingsSections.map((section) => [section, this.#next.wrong[section].filter((problem) => !kept.has(problem))]),
    ) as unknown as SectionProblems;
    const problems = this.#next.problems.map((problem) =>
      kept.has(problem) ? { ...problem, effect, fatal: false } : problem,
    );
    return { ...this.#next, settings, ticketValues, problems, wrong };
  }
}

/** Running destinations are kept when the file has a mistake. */
function keepsFeed(
  last: ResolvedSettings,
  next: ResolvedSettings,
  section: "alerts" | "incidents",
  of: (settings: Settings) => FeedSettings | AlertFeedSettings,
): boolean {
  if (next.wrong[section].length === 0) return false;
  if (of(next.settings).destinations.length === 0) return true;
  return last.wrong[section].length === 0 && of(last.settings).destinations.length > 0;
}

/** A table with a mistake in it does not replace one that has none. */
function keepsTable(last: ResolvedSettings, next: ResolvedSettings, section: Table): boolean {
  return next.wrong[section].length > 0 && last.wrong[section].length === 0;
}

function isEnvironmentName(key: string): key is SettingName {
  return environmentNames.some((name) => name === key);
}

function isTicketName(key: string): key is TicketSettingName {
  return ticketSettingNames.some((name) => name === key);
}

/** How each setting of the environment is taken from other settings. */
const holders: Readonly<Record<SettingName, (to: Settings, from: Settings) => Settings>> = {
  RHYTHMX_LISTEN: (to, { listen }) => ({ ...to, listen }),
  RHYTHMX_DEFAULT_LISTEN: (to, { listen }) => ({ ...to, listen }),
  // A pair.
  RHYTHMX_TLS_CERT_FILE: (to, { tlsCertFile, tlsKeyFile }) => ({ ...to, tlsCertFile, tlsKeyFile }),
  RHYTHMX_TLS_KEY_FILE: (to, { tlsCertFile, tlsKeyFile }) => ({ ...to, tlsCertFile, tlsKeyFile }),
  RHYTHMX_DATA_DIR: (to, { dataDir }) => ({ ...to, dataDir }),
  RHYTHMX_ALERT_HEALTH: (to, { alertHealth }) => ({ ...to, alertHealth }),
  RHYTHMX_INCIDENT_HEALTH: (to, { incidentHealth }) => ({ ...to, incidentHealth }),
  RHYTHMX_TRUSTED_PROXIES: (to, { trustedProxies }) => ({ ...to, trustedProxies }),
  RHYTHMX_MASTER_KEY_FILE: (to, { masterKeyFile }) => ({ ...to, masterKeyFile }),
  RHYTHMX_ADMIN_PASSWORD: (to, { adminPassword }) => ({ ...to, adminPassword }),
  RHYTHMX_DEFAULT_ENTITY: (to, { defaultEntity }) => ({ ...to, defaultEntity }),
  RHYTHMX_LOG_LEVEL: (to, { logLevel }) => ({ ...to, logLevel }),
  RHYTHMX_LOG_FORMAT: (to, { logFormat }) => ({ ...to, logFormat }),
  RHYTHMX_RETENTION_DAYS: (to, { retentionDays }) => ({ ...to, retentionDays }),
  RHYTHMX_AUDIT_RETENTION_DAYS: (to, { auditRetentionDays }) => ({ ...to, auditRetentionDays }),
  RHYTHMX_RETENTION_SCHEDULE: (to, { retentionSchedule }) => ({ ...to, retentionSchedule }),
  RHYTHMX_BACKUP_SCHEDULE: (to, { backup }) => withBackup(to, { schedule: backup.schedule }),
  RHYTHMX_BACKUP_DIR: (to, { backup }) => withBackup(to, { dir: backup.dir }),
  RHYTHMX_BACKUP_KEEP: (to, { backup }) => withBackup(to, { keep: backup.keep }),
  RHYTHMX_CLUSTER: withCluster,
  RHYTHMX_CLUSTER_NODE: withCluster,
  RHYTHMX_CLUSTER_ADDRESS: withCluster,
  RHYTHMX_CLUSTER_CA_FILE: withCluster,
  RHYTHMX_CLUSTER_CERT_FILE: withCluster,
  RHYTHMX_CLUSTER_KEY_FILE: withCluster,
  RHYTHMX_CLUSTER_PREFIX: withCluster,
  RHYTHMX_CLUSTER_LEASE_SECONDS: withCluster,
  RHYTHMX_CLUSTER_LOG_MIB: withCluster,
  RHYTHMX_MIN_FREE_BYTES: (to, { minFreeBytes }) => ({ ...to, minFreeBytes }),
  RHYTHMX_MIN_FREE_PERCENT: (to, { minFreePercent }) => ({ ...to, minFreePercent }),
  QUALIFY_MIN_SCORE: (to, { correlation: { minScore } }) => ({ ...to, correlation: { ...to.correlation, minScore } }),
  SHARED_ACCOUNTS: (to, { correlation: { actors } }) => withActors(to, { sharedAccounts: actors.sharedAccounts }),
  HOST_SHORT_NAMES: (to, { correlation: { actors } }) => withActors(to, { hostShortNames: actors.hostShortNames }),
};

/** Together: half of another cluster is none. */
function withCluster(to: Settings, { cluster }: Settings): Settings {
  return { ...to, cluster };
}

function withBackup(to: Settings, backup: Partial<Settings["backup"]>): Settings {
  return { ...to, backup: { ...to.backup, ...backup } };
}

function withActors(to: Settings, actors: Partial<Settings["correlation"]["actors"]>): Settings {
  return { ...to, correlation: { ...to.correlation, actors: { ...to.correlation.actors, ...actors } } };
}
