/** What the console needs from the appliance beside what the API already has. */
import type { Caller } from "../../../core/access/caller.ts";
import type { Story } from "../../../core/tickets/case/story.ts";
import type { ShownCertificate, TestStep } from "../../../core/tickets/ticket-system.ts";
import type { ApiDependencies } from "../api/dependencies.ts";

/** A person who works in the console. */
export interface ConsoleCaller extends Caller {
  /** Somebody else has set the password: until it is changed, nothing else is allowed. */
  mustChangePassword: boolean;
  /** What each form of this session carries. */
  formToken: string;
  /** Epoch milliseconds at which the session ends, used or not. */
  endsAt: number;
}

/** A sign-in that succeeded, or one that waits for the code of the second factor. */
export type SignIn = { cookie: string } | { pending: string };

export interface SessionPort {
  /** @throws EdgeError login_refused, login_throttled with `retryAfter` in seconds, logins_busy, console_refused */
  signIn(request: { username: string; password: string; address: string }): Promise<SignIn>;
  /** @throws EdgeError totp_wrong, login_throttled, sign_in_outdated, console_refused */
  confirm(request: { pending: string; code: string; address: string }): Promise<SignIn>;
  /** The person behind a cookie at this moment; null if it does not hold. `isUse`: whether it counts against the idle end. */
  callerOf(cookie: string, address: string, isUse: boolean): ConsoleCaller | null;
  signOut(cookie: string, address: string): Promise<void>;
  /** Another password for oneself, which ends every session, and a new session. @throws EdgeError password_wrong, login_throttled; UsageError */
  changePassword(caller: Caller, current: string, next: string): Promise<{ cookie: string }>;
  changeDisplayName(caller: Caller, name: string): Promise<void>;
  /** Whether it is the person's own password, before something grave. @throws EdgeError password_wrong, login_throttled */
  confirmPassword(caller: Caller, password: string): Promise<void>;
}

/** What stands beside the entries of the navigation. */
export interface ShellCounts {
  openIncidents: number;
  activeCases: number;
  /** Parked and dead deliveries. */
  stuckDeliveries: number;
}

export interface ShellPort {
  counts(caller: Caller): Promise<ShellCounts>;
  /** Display names by login in lower case, of those who have one. */
  people(): ReadonlyMap<string, string>;
}

/** What somebody did to an incident, newest first on the overview. `at`: epoch milliseconds. */
export interface RecentChange {
  at: number;
  who: string;
  action: string;
  field: string | null;
  old: string | null;
  new: string | null;
  source: string;
  incidentId: string;
  actor: string;
  entity: string;
}

/** More of them make a page larger than all that it shows, and nobody looks through them: the name is typed instead. */
export const mostEntityOptions = 200;

export interface OverviewPort {
  /** Names of the entities that have anything and that the caller may see; null = more than `mostEntityOptions`. */
  entities(caller: Caller): Promise<string[] | null>;
  /** The name of one of these entities as it is stored; null = it is none of them. */
  entityCalled(caller: Caller, name: string): Promise<string | null>;
  /** The newest changes of incidents. `entity`: null = all that the caller may see. */
  recentChanges(caller: Caller, entity: string | null, limit: number): Promise<RecentChange[]>;
  /** What is set up; for administrators alone. */
  setUp(): {
    certificateEndsAt: number | null;
    hasFirstPassword: boolean;
    /** API keys that end soon or have ended lately, the next one first. */
    endingKeys: readonly { name: string; endsAt: number }[];
  };
}

/** Addresses under which people reach the console, and which connections are private. */
export interface OriginPort {
  /** Whether this peer is a proxy whose headers count. */
  isTrustedProxy(peer: string): boolean;
  /** `RHYTHMX_BASE_URL`; null = not set. */
  baseUrl(): string | null;
}

export interface IncidentPort {
  /** What its tickets tell of it, and what its rules' events say. @throws EdgeError incident_unknown, also for one of a foreign entity */
  story(caller: Caller, id: string): Promise<Story>;
  /** Logins of those who may work on incidents of this entity, in order. */
  assignable(entity: string): string[];
}

/** Sample data to try the console with, before anything real has come. */
export interface SamplePort {
  /** Whether pages show it in place of what is real. */
  isShown(): boolean;
  /** @throws EdgeError sample_refused once something real has come */
  start(caller: Caller): Promise<void>;
  remove(caller: Caller): Promise<void>;
}

type Json = Record<string, unknown>;

/** A destination as it is in force, or as it would be with these options, in the shape of the feed's file. */
export type MeantDestination = { name: string } | { options: Json };
type TlsFile = "ca_file" | "cert_file" | "key_file";

/** What a certificate or key that was uploaded is: the certificates in it, or the kind of key. */
export type TlsFileFacts = { certificates: ShownCertificate[]; key: string | null } | { problem: string };

/** The message that a destination would get for the newest event that the person may see; `kind` is `test` where there is none. */
export interface SampleMessage {
  kind: string;
  subject: string;
  /** Epoch milliseconds. */
  at: number;
  /** As they go over the line, framing included. */
  bytes: Uint8Array;
  /** Bytes of the message alone. */
  length: number;
  maxBytes: number;
  shrunk: boolean;
  /** Whether the destination's filters let it pass. */
  passes: boolean;
}

/** Destinations of the two syslog feeds. `section`: `alert_syslog`, `incident_syslog`. What is wrong with options is a UsageError with every field. */
export interface DestinationPort {
  /** Every option, defaults filled in. */
  resolved(section: string, meant: MeantDestination): Json;
  test(caller: Caller, section: string, meant: MeantDestination): Promise<{ ok: boolean; steps: TestStep[] }>;
  /** Sends a message of MSGID TEST. */
  send(
    caller: Caller,
    section: string,
    meant: MeantDestination,
  ): Promise<{ ok: boolean; detail: string; message: string }>;
  sample(caller: Caller, section: string, meant: MeantDestination): Promise<SampleMessage>;
  /** What waits for a name, whether it is configured or not; null = it has no place in the log. */
  place(section: string, name: string): Promise<{ name: string; queued: number } | null>;
  /** Places of names that are not configured any more. */
  kept(section: string): Promise<{ name: string; queued: number }[]>;
  /** Removes the place of a name that is not configured; resolves with what waited. @throws EdgeError destination_unknown, destination_configured */
  forget(caller: Caller, section: string, name: string): Promise<number>;
  /** Null for a path of the machine. */
  tlsFacts(kind: TlsFile, file: string): TlsFileFacts | null;
  /** Takes a file that was sent, and gives the name by which a destination can have it. */
  take(kind: TlsFile, text: string): { file: string } | { problem: string };
}

/** The part of it that pages and actions get. */
export interface ConsolePorts {
  destinations: DestinationPort;
  api: ApiDependencies;
  sessions: SessionPort;
  overview: OverviewPort;
  incidents: IncidentPort;
  sample: SamplePort;
}

export interface ConsoleDependencies extends ConsolePorts {
  shell: ShellPort;
  origin: OriginPort;
  /** Epoch milliseconds. */
  now(): number;
}
