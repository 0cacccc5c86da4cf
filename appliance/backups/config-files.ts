/**
 * The files of the configuration folder, as a backup holds them. Secrets stay on the machine: of `.env.production` a backup has only values of
 * settings that are known to be none.
 */
import { chmodSync, chownSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnvFile } from "../../core/settings/env-file.ts";
import { environmentNames } from "../../core/settings/environment.ts";
import { ticketDefinitions, ticketSettingNames } from "../../core/settings/ticket-definitions.ts";
import { readConfigFile } from "../../store/backup/make-backup.ts";
import { configNames, largestConfigBytes } from "../../store/backup/manifest.ts";

export interface ConfigFile {
  name: string;
  text: string;
}

const envName = ".env.production";
const passwordName = "RHYTHMX_ADMIN_PASSWORD";
/** A password in an address, such as that of a proxy. */
const withPassword = /:\/\/[^/\s]*@/;

const harmless = new Set<string>([
  ...environmentNames.filter((name) => name !== passwordName),
  ...ticketSettingNames.filter((name) => !ticketDefinitions[name].secret),
]);

/** The files of these folders, of each name the first one, and the names of settings whose values are left out. */
export function collectConfig(folders: readonly string[]): { files: ConfigFile[]; leftOut: string[] } {
  const files: ConfigFile[] = [];
  let leftOut: string[] = [];
  for (const name of configNames) {
    const text = folders
      .map((folder) => readConfigFile(join(folder, name), largestConfigBytes))
      .find((found) => found !== null);
    if (text == null) continue;
    if (name !== envName) files.push({ name, text });
    else {
      const kept = withoutSecrets(text);
      files.push({ name, text: kept.text });
      leftOut = kept.leftOut;
    }
  }
  return { files, leftOut };
}

/** Comments go too: a secret that is no longer used may stand in one. */
function withoutSecrets(text: string): { text: string; leftOut: string[] } {
  const lines: string[] = [];
  const leftOut: string[] = [];
  for (const [name, { value }] of parseEnvFile(text).entries) {
    if (harmless.has(name) && !withPassword.test(value)) lines.push(`${name}=${quoted(value)}`);
    else {
      leftOut.push(name);
      lines.push(`# ${name}= (not in the backup: enter it again)`);
    }
  }
  return { text: lines.map((line) => `${line}\n`).join(""), leftOut };
}

function quoted(value: string): string {
  if (/^[^\s"'#\\]*$/.test(value)) return value;
  return `"${value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t")}"`;
}

export interface PlacedConfig {
  written: string[];
  /** Those that are there and say something else: they stay. */
  kept: string[];
  /** Those that could not be written. */
  failed: string[];
}

/** Writes those files that the folder does not have; never changes one that is there. */
export function placeConfig(folder: string, files: readonly ConfigFile[]): PlacedConfig {
  const placed: PlacedConfig = { written: [], kept: [], failed: [] };
  for (const { name, text } of files) {
    const path = join(folder, name);
    try {
      if (existsSync(path)) {
        const isSame = name === envName || (statSync(path).isFile() && readFileSync(path, "utf8") === text);
        if (!isSame) placed.kept.push(path);
        continue;
      }
      writeFileSync(path, text, { flag: "wx", mode: 0o640 });
      // Root's, as the folder is; the service reads it by the folder's group, whatever the umask.
      if (process.getuid?.() === 0) chownSync(path, 0, statSync(folder).gid);
      chmodSync(path, 0o640);
      placed.written.push(path);
    } catch {
      placed.failed.push(path);
    }
  }
  return placed;
}
