/** Settings that are environment values: from the process environment, else from `.env.production`. */
import type { SettingOrigin } from "../settings.ts";
import type { EnvFile } from "./env-file.ts";
import {
  addressList,
  anyText,
  asText,
  commaList,
  entityName,
  etcdEndpoints,
  type Form,
  fraction,
  listenAddress,
  matching,
  nodeAddress,
  oneOf,
  path,
  trueOrFalseText,
  wholeNumber,
} from "./forms.ts";
import { nearestName, otherEnvironmentNames } from "./names.ts";
import { type Report, shown, shownKey } from "./problem.ts";
import { cron } from "./ticket-forms.ts";
import type { GivenValue } from "./tickets.ts";

/** One setting: values of type T, and of type F when nothing is set. */
interface EnvironmentSetting<T, F> {
  form: Form<T>;
  /** The value when nothing is set; null when the default is found elsewhere. */
  fallback: F;
  /** What happens while the value is wrong: no start, or another value with an explanation. */
  whenWrong: "fatal" | { use: T; effect: string };
}

function setting<T>(form: Form<T>, fallback: NoInfer<T>, whenWrong = { use: fallback, effect: "the default is used" }) {
  return { form, fallback, whenWrong } satisfies EnvironmentSetting<T, T>;
}

/** The appliance refuses to start with a wrong value: it would listen, or store data, somewhere unexpected. */
function essential<T, const F>(form: Form<T>, fallback: F) {
  return { form, fallback, whenWrong: "fatal" } as const satisfies EnvironmentSetting<T, F>;
}

/** How origins and problems call what the console saved. */
export const savedSource = "saved in the console";

/** What a fatal problem leads to. */
export const noStart = "the appliance does not start";
const longestRetention = 36_500;

const environmentSettings = {
  RHYTHMX_LISTEN: essential(listenAddress, null),
  // Of the systemd unit, so that `.env.production` can still say RHYTHMX_LISTEN.
  RHYTHMX_DEFAULT_LISTEN: essential(listenAddress, { host: "127.0.0.1", port: 8080 }),
  RHYTHMX_TLS_CERT_FILE: essential(path, null),
  RHYTHMX_TLS_KEY_FILE: essential(path, null),
  RHYTHMX_DATA_DIR: essential(path, null),
  // Unset: loopback, and the port of `daemon.health_port`.
  RHYTHMX_ALERT_HEALTH: {
    form: listenAddress,
    fallback: null,
    whenWrong: { use: { host: "127.0.0.1", port: 8888 }, effect: "127.0.0.1:8888 is used" },
  },
  RHYTHMX_INCIDENT_HEALTH: {
    form: listenAddress,
    fallback: null,
    whenWrong: { use: { host: "127.0.0.1", port: 8889 }, effect: "127.0.0.1:8889 is used" },
  },
  RHYTHMX_TRUSTED_PROXIES: setting(addressList, []),
  RHYTHMX_MASTER_KEY_FILE: { form: path, fallback: null, whenWrong: { use: null, effect: "the default is used" } },
  // The first start alone uses it.
  RHYTHMX_ADMIN_PASSWORD: {
    form: anyText,
    fallback: null,
    whenWrong: { use: null, effect: "the first start ends" },
  },
  RHYTHMX_DEFAULT_ENTITY: setting(entityName, "Primary Site"),
  RHYTHMX_LOG_LEVEL: setting(oneOf(["debug", "info", "warn", "error"]), "info"),
  RHYTHMX_LOG_FORMAT: setting(oneOf(["json", "text"]), "json"),
  // The default could delete data that was meant to be kept.
  RHYTHMX_RETENTION_DAYS: setting(asText(wholeNumber(1, longestRetention)), 90, {
    use: longestRetention,
    effect: "nothing is deleted for its age",
  }),
  RHYTHMX_AUDIT_RETENTION_DAYS: setting(asText(wholeNumber(1, longestRetention)), 365, {
    use: longestRetention,
    effect: "no audit entry is deleted for its age",
  }),
  RHYTHMX_RETENTION_SCHEDULE: { form: cron, fallback: null, whenWrong: { use: null, effect: "it is done every hour" } },
  RHYTHMX_BACKUP_SCHEDULE: { form: cron, fallback: null, whenWrong: { use: null, effect: "no backups are made" } },
  RHYTHMX_BACKUP_DIR: { form: path, fallback: null, whenWrong: { use: null, effect: "the default is used" } },
  RHYTHMX_BACKUP_KEEP: setting(asText(wholeNumber(1, 1000)), 7, { use: 1000, effect: "none is removed" }),
  // A node that started alone by mistake would take what the others never see.
  RHYTHMX_CLUSTER: essential(etcdEndpoints, []),
  RHYTHMX_CLUSTER_NODE: essential(
    matching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "a name of up to 63 lower-case letters, digits and hyphens"),
    null,
  ),
  RHYTHMX_CLUSTER_ADDRESS: essential(nodeAddress, null),
  RHYTHMX_CLUSTER_CA_FILE: essential(path, null),
  RHYTHMX_CLUSTER_CERT_FILE: essential(path, null),
  RHYTHMX_CLUSTER_KEY_FILE: essential(path, null),
  RHYTHMX_CLUSTER_PREFIX: essential(matching(/^[\w.-]+\/$/, "a word with a slash at its end"), "rhythmx/"),
  RHYTHMX_CLUSTER_LEASE_SECONDS: essential(asText(fraction(1, 60)), 5),
  RHYTHMX_CLUSTER_LOG_MIB: essential(asText(wholeNumber(16, 65_536)), 256),
  RHYTHMX_MIN_FREE_BYTES: setting(asText(wholeNumber(0, Number.MAX_SAFE_INTEGER)), 1_073_741_824),
  RHYTHMX_MIN_FREE_PERCENT: setting(asText(fraction(0, 99)), 5),
  QUALIFY_MIN_SCORE: setting(asText(wholeNumber(1, 100)), 40),
  SHARED_ACCOUNTS: setting(commaList, ["administrator", "admin", "root", "guest", "defaultaccount"]),
  HOST_SHORT_NAMES: setting(trueOrFalseText, false),
} as const;

export type SettingName = keyof typeof environmentSettings;
type ValueOf<N extends SettingName> =
  (typeof environmentSettings)[N] extends EnvironmentSetting<infer T, infer F> ? T | F : never;

/** Names in the order in which they are reported. */
export const environmentNames = Object.keys(environmentSettings) as SettingName[];

/** What each takes and what holds without it, for people; "" = nothing, or it is found elsewhere. */
export function environmentForms(): {
  name: SettingName;
  form: Form<unknown>;
  accepted: string;
  fallback: string;
}[] {
  return environmentNames.map((name) => {
    const { form, fallback }: EnvironmentSetting<unknown, unknown> = environmentSettings[name];
    const address = fallback as { host?: string; port?: number } | null;
    const words = address?.host === undefined ? String(fallback ?? "") : `${address.host}:${address.port}`;
    return { name, form, accepted: form.accepted, fallback: words };
  });
}

const knownNames: readonly string[] = [...environmentNames, ...otherEnvironmentNames];
/** Prefixes of our names in `.env.production`. */
const ourNames = /^(?:RHYTHMX|JIRA|SERVICENOW|PROACTIVE|SNOW|RETRY|AUTO_PUSH|SLA)_/;

/** Environment values by where they stand, strongest first. */
interface EnvironmentSources {
  /** The process environment. */
  environment: Readonly<Record<string, string | undefined>>;
  /** `.env.production` and what it is called in problems. */
  envFile: { source: string; file: EnvFile } | null;
  /** Saved in the console. */
  saved?: ReadonlyMap<string, string>;
}

/** Names that programs also have in lower case, which then counts first. */
const ofPlatform: ReadonlySet<string> = new Set(["HTTPS_PROXY", "NO_PROXY"]);

interface EnvironmentReader {
  /** The value of a setting; a wrong one is reported. */
  read<N extends SettingName>(name: N): ValueOf<N>;
  /** The given ones of these names, unparsed. */
  given(names: readonly string[]): Map<string, GivenValue>;
}

/** A value that is empty or blank counts as not set, so that a stronger source does not hide a weaker one by mistake. */
export function environmentReader(
  sources: EnvironmentSources,
  report: Report,
  origins: Record<string, SettingOrigin>,
): EnvironmentReader {
  const find = (name: string): { text: string; source: string; pinned: boolean } | null => {
    const own =
      (ofPlatform.has(name) && sources.environment[name.toLowerCase()]?.trim()) || sources.environment[name]?.trim();
    if (own) return { text: own, source: "environment", pinned: true };
    const entry = sources.envFile?.file.entries.get(name);
    const text = entry?.value.trim();
    if (entry && text) return { text, source: `${sources.envFile?.source} line ${entry.line}`, pinned: true };
    const saved = sources.saved?.get(name);
    return saved === undefined ? null : { text: saved, source: savedSource, pinned: false };
  };
  reportEnvFile(sources, report);
  reportUnknown(sources, report);
  return {
    read<N extends SettingName>(name: N): ValueOf<N> {
      const { form, fallback, whenWrong }: EnvironmentSetting<unknown, unknown> = environmentSettings[name];
      const found = find(name);
      origins[name] = { source: found?.source ?? "default", pinned: found?.pinned ?? false };
      if (found === null) return fallback as ValueOf<N>;
      const value = form.read(found.text);
      if (value !== undefined) return value as ValueOf<N>;
      const fatal = whenWrong === "fatal";
      const effect = fatal ? noStart : whenWrong.effect;
      report.problems.push({
        source: found.source,
        key: name,
        found: shown(found.text),
        accepted: form.accepted,
        effect,
        fatal,
      });
      return (fatal ? fallback : whenWrong.use) as ValueOf<N>;
    },
    given(names) {
      const found = names.map((name) => [name, find(name)] as const);
      return new Map(found.flatMap(([name, value]) => (value?.pinned ? [[name, value]] : [])));
    },
  };
}

/** Lines of `.env.production` that could not be read, and keys given twice. */
function reportEnvFile({ environment, envFile }: EnvironmentSources, report: Report): void {
  if (envFile === null) return;
  for (const { line, key, found, accepted } of envFile.file.faults) {
    const fatal = environmentNames.some(
      (name) => name === key && environmentSettings[name].whenWrong === "fatal" && !environment[name]?.trim(),
    );
    const effect = fatal ? noStart : "the line is ignored";
    const place = { source: `${envFile.source} line ${line}`, key: key === null ? "" : shownKey(key) };
    report.problems.push({ ...place, found, accepted, effect, fatal });
  }
  const ownFolder = envFile.file.entries.get("RHYTHMX_CONFIG_DIR");
  if (ownFolder !== undefined) {
    const accepted = "RHYTHMX_CONFIG_DIR in the environment of the process: this file is found through it";
    const place = { source: `${envFile.source} line ${ownFolder.line}`, key: "RHYTHMX_CONFIG_DIR", found: "a folder" };
    report.warnings.push({ ...place, accepted, effect: "it is ignored", fatal: false });
  }
  for (const { key, line, firstLine } of envFile.file.repeated) {
    const entry = {
      key: shownKey(key),
      found: `the key once more (first on line ${firstLine})`,
      accepted: "each key once",
      effect: "the last one counts",
    };
    report.warnings.push({ source: `${envFile.source} line ${line}`, ...entry, fatal: false });
  }
}

/** In the process environment only RHYTHMX_ names can be ours; `.env.production` also takes those that look like a setting's. */
function reportUnknown({ environment, envFile }: EnvironmentSources, report: Report): void {
  const warn = (source: string, key: string, nearest: string | null) => {
    const accepted = nearest === null ? "the names of docs/settings.md" : `${nearest} (the nearest known key)`;
    report.warnings.push({
      source,
      key: shownKey(key),
      found: "an unknown key",
      accepted,
      effect: "it is ignored",
      fatal: false,
    });
  };
  for (const name of Object.keys(environment)) {
    if (name.startsWith("RHYTHMX_") && !knownNames.includes(name))
      warn("environment", name, nearestName(name, knownNames));
  }
  for (const [name, { line }] of envFile?.file.entries ?? []) {
    if (knownNames.includes(name)) continue;
    const nearest = nearestName(name, knownNames);
    if (nearest !== null || ourNames.test(name)) warn(`${envFile?.source} line ${line}`, name, nearest);
  }
}
