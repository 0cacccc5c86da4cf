/** Reads the files of the configuration folder and resolves the settings from them and the environment (CONTRACT 1). */
import { dirname, join, resolve } from "node:path";
import { feedForms } from "../../core/settings/feed.ts";
import { type Problem, shown } from "../../core/settings/problem.ts";
import { type ResolvedSettings, resolveSettings } from "../../core/settings/resolve.ts";
import type { SettingsFile, SettingsSources } from "../../core/settings/sources.ts";
import { folderState, readTextFile } from "../runtime/text-files.ts";

const defaultConfigDir = "/etc/rhythmx";
/** The folder of the earlier product; a file is read from there if the configuration folder has none of that name (CONTRACT 1). */
const historicConfigDir = "/opt/Sigma_ML_MSSP/siem_sender";
const serviceDataDir = "/var/lib/rhythmx";
const checkoutDataDir = "./data";

export interface LoadOptions {
  /** The process environment. */
  env: Readonly<Record<string, string | undefined>>;
  /** True when `main.ts` runs, false in the compiled binary: decides where data goes by default. */
  fromCheckout: boolean;
  /** What was saved in the console. */
  saved?: NonNullable<SettingsSources["saved"]>;
  /** Default: `/opt/Sigma_ML_MSSP/siem_sender`. */
  historicDir?: string;
}

/** Where files of the configuration are looked for, the first folder first. */
export function configFolders(configDir: string, historicDir: string = historicConfigDir): string[] {
  return [configDir, historicDir];
}

/** Reads all files; called again on SIGHUP. Never rejects because of the files' content or absence, which is in `problems`. Paths of folders are absolute. */
export async function loadSettings(options: LoadOptions): Promise<ResolvedSettings> {
  const { env, fromCheckout, saved, historicDir = historicConfigDir } = options;
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const givenDir = env.RHYTHMX_CONFIG_DIR?.trim();
  const configDir = resolve(givenDir || defaultConfigDir);
  const state = await folderState(configDir);
  if (state === "other" || (state === "absent" && givenDir)) {
    const found = `${shown(configDir)}, ${state === "absent" ? "which does not exist" : "which is no folder or may not be read"}`;
    const place = { source: givenDir ? "environment" : "default", key: "RHYTHMX_CONFIG_DIR", found };
    problems.push({ ...place, accepted: "a folder", effect: "no configuration file is read from it", fatal: false });
  }

  const read = async (name: string) =>
    (await readSettingsFile(join(configDir, name))) ?? (await readSettingsFile(join(historicDir, name)));
  const envFile = await read(".env.production");
  if (envFile !== null && letsOthersIn(envFile)) {
    const { source, mode, owner } = envFile;
    const accepted =
      owner === 0
        ? `mode 0640 with the group of the appliance's user (chmod 640 ${source})`
        : `mode 0600 (chmod 600 ${source})`;
    const found = `mode ${octal(mode)}, which lets other users at its secrets`;
    warnings.push({ source, key: "", found, accepted, effect: "it is read all the same", fatal: false });
  }

  const resolved = resolveSettings({
    environment: env,
    envFile,
    alertFeedFile: await read(feedForms.alerts.file),
    incidentFeedFile: await read(feedForms.incidents.file),
    casePatternsFile: await read("case_patterns.json"),
    assetsFile: await read("assets.json"),
    riskFloorsFile: await read("floors.json"),
    ...(saved === undefined ? {} : { saved }),
    configDir,
    defaultDataDir: fromCheckout ? checkoutDataDir : serviceDataDir,
  });
  return completed(resolved);

  function completed(resolved: ResolvedSettings): ResolvedSettings {
    return {
      ...resolved,
      withSaved: (saved) => completed(resolved.withSaved(saved)),
      alone: (feed, text) => completed(resolved.alone(feed, text)),
      settings: { ...resolved.settings, dataDir: resolve(resolved.settings.dataDir) },
      problems: [...problems, ...resolved.problems],
      wrong: { ...resolved.wrong, environment: [...problems, ...resolved.wrong.environment] },
      warnings: [...warnings, ...resolved.warnings],
      origins: {
        ...resolved.origins,
        RHYTHMX_CONFIG_DIR: { source: givenDir ? "environment" : "default", pinned: Boolean(givenDir) },
      },
    };
  }
}

/** Null when there is no such file. */
async function readSettingsFile(path: string): Promise<(SettingsFile & { mode: number; owner: number }) | null> {
  const content = await readTextFile(path);
  if (content.kind === "absent") return null;
  const place = { source: path, folder: dirname(path) };
  return content.kind === "text"
    ? { ...place, content: { text: content.text }, mode: content.mode, owner: content.owner }
    : { ...place, content: { fault: content.fault }, mode: 0, owner: 0 };
}

/** Whether others can read the file. A file of root's that one group may read is allowed: a service can get its secrets that way. */
function letsOthersIn({ mode, owner }: { mode: number; owner: number }): boolean {
  return (mode & (owner === 0 ? 0o037 : 0o077)) !== 0;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
