/**
 * The support bundle: what somebody who helps needs to know, in one archive, without secrets, without the text of logs and without any detection.
 * What is in it is said in its README.
 */
import { cpus, freemem, loadavg, release, totalmem, uptime } from "node:os";
import { gzipSync } from "node:zlib";
import { messageOf } from "../../core/errors.ts";
import { type ReloadReport, settingValues } from "../../core/settings/reload/changes.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import { settingsSectionNames } from "../../core/settings/sections/sections.ts";
import { toIso } from "../../core/time.ts";
import { checkSettings } from "../checks/check-settings.ts";
import type { TestTickets } from "../checks/check-tickets.ts";
import { type Finding, worstFirst } from "../checks/finding.ts";
import type { ReadTlsFile } from "../feeds/syslog-feed.ts";
import { tar } from "../packaging/archives/archive.ts";
import type { KeptLine } from "../runtime/log.ts";
import { versionInfo } from "../runtime/version.ts";
import type { SettingsService } from "../tickets/settings-service.ts";
import { redactor } from "./redact.ts";

export interface SupportParts {
  /** In force. */
  resolved(): ResolvedSettings;
  ticketSettings: Pick<SettingsService, "section" | "secretValues">;
  /** Gives certificates and keys of destinations. */
  readFile: ReadTlsFile;
  /** What only a running appliance has; null without one. */
  running: {
    testTickets: TestTickets;
    log(): readonly KeptLine[];
    metrics(): Promise<string>;
    lastReload(): ReloadReport | null;
  } | null;
  /** Epoch milliseconds. */
  now(): number;
}

/** How long the check may take: an administrator waits for it. */
const checkMs = 20_000;

/** Files with text that is not ours alone. */
const worded = new Set(["doctor.json", "check.txt", "reload.json", "log.txt"]);

const readme = `Support bundle of RhythmX Edge

doctor.json     what \`rhythmx doctor\` says: integrity, counts, destinations, loops, faults
check.txt       what \`rhythmx check\` says, the worst first
settings.json   every setting with its value and where it comes from
reload.json     what came of the last reload
log.txt         the last lines of the appliance's own log
metrics.txt     metrics, as Prometheus reads them
system.json     machine and process

Left out: passwords, tokens, keys and other secrets; logs of hosts and the text of
detections, incidents and tickets; what ticket systems have answered. Names of
entities, hosts and users do not stand in it, but for those in settings.
Names of settings, destinations and files, and addresses of receivers do.
Look through it before you hand it on.
`;

/** Makes the bundle, a tar archive with gzip. `doctor`: what `rhythmx doctor --json` says. */
export async function supportBundle(doctor: object, parts: SupportParts): Promise<Uint8Array> {
  const { running, now } = parts;
  const resolved = parts.resolved();
  const at = now();
  const redact = redactor(secretsOf(resolved, parts));
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  const files: Record<string, string> = {
    "README.txt": readme,
    "doctor.json": json({ ...versionInfo(), data_dir: resolved.settings.dataDir, ...doctor }),
    "check.txt": (await checked(resolved, parts, at)).map(({ level, line }) => `${level}: ${line}\n`).join(""),
    "settings.json": json(settingsOf(resolved, parts)),
    "system.json": json(system(at)),
  };
  if (running !== null) {
    files["reload.json"] = json(running.lastReload());
    files["log.txt"] = running.log().map(logLine).join("");
    files["metrics.txt"] = await running.metrics().catch((error: unknown) => `${messageOf(error)}\n`);
  }
  const root = `rhythmx-support-${toIso(at).slice(0, 16).replace(/[-:]/g, "")}/`;
  const packed = Object.entries(files).map(([path, content]) => ({
    path,
    content: redact(content, worded.has(path)),
    mode: 0o600,
  }));
  return gzipSync(await tar(packed, { root, time: Math.floor(at / 1000) }));
}

/** A name for the file. `at`: epoch milliseconds. */
export function bundleName(at: number): string {
  return `rhythmx-support-${toIso(at).slice(0, 16).replace(/[-:]/g, "")}.tar.gz`;
}

async function checked(
  resolved: ResolvedSettings,
  { running, readFile }: SupportParts,
  now: number,
): Promise<Finding[]> {
  const late = new Promise<Finding[]>((resolve) => {
    const timer = setTimeout(() => resolve([{ level: "note", line: "the check was not through in time" }]), checkMs);
    timer.unref();
  });
  const check = checkSettings(resolved, { running: running?.testTickets ?? null, readFile, now }).then(
    worstFirst,
    (error: unknown): Finding[] => [{ level: "note", line: `the check failed: ${messageOf(error)}` }],
  );
  return Promise.race([check, late]);
}

/** Every setting, secrets as whether there is one. */
function settingsOf(resolved: ResolvedSettings, { ticketSettings }: SupportParts): object {
  const { settings, origins } = resolved;
  return {
    environment: settingValues(settings).map(({ name, value }) => ({ name, value, ...origins[name] })),
    alert_feed: settings.alertFeed,
    incident_feed: settings.incidentFeed,
    case_patterns: settings.correlation.patterns.filter(({ isBuiltIn }) => !isBuiltIn).length,
    floors: settings.correlation.floors.length,
    assets: settings.correlation.assets.length,
    sections: settingsSectionNames.map((section) => ticketSettings.section(section)),
    other: [...resolved.ticketValues].map(([name, { source }]) => ({ name, source })),
  };
}

/** What must not be in it, whatever it stands in. */
function secretsOf({ settings }: ResolvedSettings, { ticketSettings }: SupportParts): string[] {
  return [...(settings.adminPassword === null ? [] : [settings.adminPassword]), ...ticketSettings.secretValues()];
}

/** Fields that hold what others have said, which may repeat a detection. */
const words = new Set(["detail", "error"]);

function logLine({ time, level, msg, fields }: KeptLine): string {
  const ofTickets = "system" in fields || "delivery" in fields;
  const kept = Object.entries(fields).map(([key, value]) => [key, ofTickets && words.has(key) ? "(left out)" : value]);
  return `${JSON.stringify({ time, level, msg, ...Object.fromEntries(kept) })}\n`;
}

function system(now: number): object {
  const memory = process.memoryUsage();
  return {
    at: toIso(now),
    kernel: release(),
    processors: cpus().length,
    load: loadavg(),
    memory_bytes: { total: totalmem(), free: freemem() },
    machine_uptime_seconds: Math.floor(uptime()),
    process: { pid: process.pid, uid: process.getuid?.() ?? null, rss_bytes: memory.rss, heap_bytes: memory.heapUsed },
  };
}
