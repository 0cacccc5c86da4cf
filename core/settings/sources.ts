/** What settings are resolved from: the environment and files as they were read, good or bad. */

import type { FeedName } from "../feeds/feeds.ts";

/** What was saved in the console: feeds in the shape of their files, and settings by their names in the environment. */
export type SavedSettings = Readonly<Partial<Record<FeedName, string>>> & {
  readonly values?: ReadonlyMap<string, string>;
};

/** Why a file that is there could not be read. */
export interface FileFault {
  found: string;
  accepted: string;
}

/** A file of the configuration folder: its text, or why there is none. */
export interface SettingsFile {
  /** What it is called in problems: its path. */
  source: string;
  /** Where relative paths in it start. */
  folder: string;
  content: { text: string } | { fault: FileFault };
}

/** What is known about settings. Precedence: environment > `.env.production` > configuration file > saved > default (CONTRACT 1). */
export interface SettingsSources {
  /** The process environment. */
  environment: Readonly<Record<string, string | undefined>>;
  /** `.env.production`. */
  envFile: SettingsFile | null;
  /** `config.json`. */
  alertFeedFile: SettingsFile | null;
  /** `incident_syslog_config.json`. */
  incidentFeedFile?: SettingsFile | null;
  /** `case_patterns.json`. */
  casePatternsFile?: SettingsFile | null;
  /** `assets.json`. */
  assetsFile?: SettingsFile | null;
  /** `floors.json`. */
  riskFloorsFile?: SettingsFile | null;
  saved?: SavedSettings;
  configDir: string;
  /** The data folder when RHYTHMX_DATA_DIR says nothing. */
  defaultDataDir: string;
}
