/** What an appliance is started with, and what whoever has started it holds. */
import type { Clock, Random, Sleep } from "../core/ports.ts";
import type { ResolvedSettings } from "../core/settings/resolve.ts";
import type { Operations, ReloadReport } from "./control/operations.ts";
import type { Log } from "./runtime/log.ts";
import type { PasswordHasher } from "./runtime/passwords.ts";

export interface ApplianceOptions {
  resolved: ResolvedSettings;
  clock: Clock;
  sleep: Sleep;
  random: Random;
  log: Log;
  /** False leaves the incident step out of intake: what comes in is deduplicated and sent, and makes no incident. */
  correlate?: boolean;
  /** How passwords are hashed; default argon2id with OWASP's parameters. */
  passwords?: PasswordHasher;
  /** systemd's folder of credentials (`$CREDENTIALS_DIRECTORY`). */
  credentialsDir?: string | null;
  /** Told every few seconds while the loops turn: the watchdog's food. */
  onAlive?: () => void;
  /** Told what is wrong whenever that changes. */
  onFaults?: (faults: readonly { name: string; message: string }[]) => void;
  /** Reads files and environment and calls the appliance's own `reload` with them, for the command. */
  reload?: () => Promise<ReloadReport>;
}

export interface Appliance {
  /** Such as `http://127.0.0.1:8080`. */
  apiUrl: string;
  /** Health port of the alert feed, and of the incident/case feed. */
  healthUrl: string;
  incidentHealthUrl: string;
  operations: Operations;
  /** Takes new settings over: destinations, limits; what needs a restart is said in the log. */
  reload(resolved: ResolvedSettings): Promise<ReloadReport>;
  /** Stops taking in, sends what is queued for up to 10 s, closes. */
  stop(): Promise<void>;
  /** What is under way at the moment, in a word each; empty: nothing happens before time passes or somebody asks for something. */
  busy(): string[];
  /** Resolves with the reason when the appliance cannot go on and has to be started anew. */
  broken: Promise<Error>;
}
