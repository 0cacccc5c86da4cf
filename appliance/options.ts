/** The options with which an appliance is started, and the interface of a running one. */
import type { Clock, Random, Sleep } from "../core/ports.ts";
import type { ReloadReport } from "../core/settings/reload/changes.ts";
import type { ResolvedSettings } from "../core/settings/resolve.ts";
import type { Settings } from "../core/settings.ts";
import type { AuditAuthor } from "./access/audit-log.ts";
import type { NodeSide } from "./cluster/side.ts";
import type { Operations } from "./control/operations.ts";
import type { Log } from "./runtime/log.ts";
import type { LogLevelSwitch } from "./runtime/log-level.ts";
import type { PasswordHasher } from "./runtime/passwords.ts";
import type { RecentLog } from "./runtime/recent-log.ts";
import type { ProcessMemory } from "./upkeep/memory-watch.ts";
import type { OnCommit } from "./upkeep/start-retry.ts";

export interface ApplianceOptions {
  resolved: ResolvedSettings;
  clock: Clock;
  sleep: Sleep;
  /** Ends a start that waits for something, such as the disk. Once started, only `stop` ends it. */
  starting?: AbortSignal;
  random: Random;
  log: Log;
  /** By which logins, sessions and codes of second factors run, where `clock` runs too fast for people; default: `clock`. */
  loginClock?: Clock;
  /** False turns the incident step off: detections are deduplicated and sent, but make no incidents. */
  correlate?: boolean;
  /** How passwords are hashed; default argon2id with OWASP's parameters. */
  passwords?: PasswordHasher;
  /** systemd's folder of credentials (`$CREDENTIALS_DIRECTORY`). */
  credentialsDir?: string | null;
  /** Called every few seconds while the loops run, for the watchdog, with the state in one line. */
  onAlive?: (summary: string) => void;
  /** Minimum interval in milliseconds of the loops that only monitor; default: each loop's own interval. */
  watchEveryMs?: number;
  /** Called for each commit to the database, in order. */
  onCommit?: OnCommit;
  /** Called with the present faults whenever they change. */
  onFaults?: (faults: readonly { name: string; message: string }[]) => void;
  /** Reads files and environment and calls the appliance's `reload` with them, for commands and the API. */
  reload?: (author: AuditAuthor) => Promise<ReloadReport>;
  /** Keeps the last lines of `log`, for the support bundle. */
  recentLog?: RecentLog;
  /** From which level on `log` writes, where that can be chosen for the time being. */
  logLevel?: LogLevelSwitch;
  /** Makes this appliance a node of a cluster. */
  node?: NodeSide;
  /** Gives memory of the process back in times of rest; default: nothing does. */
  memory?: ProcessMemory;
  /** Called with the settings that a reload has put in force. */
  onSettings?: (settings: Settings) => void;
}

export interface Appliance {
  /** Such as `http://127.0.0.1:8080`. */
  apiUrl: string;
  /** Health port of the alert feed, and of the incident/case feed. */
  healthUrl: string;
  incidentHealthUrl: string;
  operations: Operations;
  /** Applies new settings for `author` (default: a signal); the report names those that need a restart. */
  reload(resolved: ResolvedSettings, author?: AuditAuthor): Promise<ReloadReport>;
  /** Closes intake, sends queued messages for up to 10 s, then closes everything else. */
  stop(): Promise<void>;
  /** What is in progress at present (`whatIsBusy`). */
  busy(): string[];
  /** Resolves with the reason when the appliance cannot continue and has to be restarted. */
  broken: Promise<Error>;
}
