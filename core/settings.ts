/** The settings an appliance runs with, after precedence and validation. */
import type { ListedAsset } from "./assets/asset.ts";
import type { ActorRules } from "./correlation/actor.ts";
import type { FloorRow } from "./correlation/floors.ts";
import type { CasePattern } from "./correlation/patterns.ts";
import type { MessageOptions } from "./feeds/syslog-options.ts";

export type SyslogProtocol = "udp" | "tcp" | "tls" | "relp";

/** Receivers whose defaults are known (`settings/presets.ts`). */
export type PresetName = "splunk" | "sc4s" | "qradar" | "elastic" | "rsyslog" | "syslog-ng" | "graylog" | "sentinel";

/** TLS of one connection. Paths as configured, or `uploaded:…` for what was uploaded in the console; read before every connection. */
export interface TlsSettings {
  caFile: string | null;
  certFile: string | null;
  keyFile: string | null;
  serverName: string | null;
  verify: boolean;
}

export interface DestinationSettings {
  /** Identifies the destination and its position in the event log; unique within a feed. */
  name: string;
  /** What its defaults are those of; null = none was named. */
  preset: PresetName | null;
  protocol: SyslogProtocol;
  host: string;
  port: number;
  framing: "lf" | "octet";
  message: Omit<MessageOptions, "procid">;
  /** 0 = none. */
  heartbeatMinutes: number;
  /** Incident feed: whether a rise of the risk level alone is sent. */
  riskLevelEvents: boolean;
  /** Events below this risk are not sent to this destination. */
  minRisk: number;
  /** Entities sent to this destination; empty = all. */
  entities: readonly string[];
  /** Null = no TLS (protocol `tls` always has one). */
  tls: TlsSettings | null;
}

export interface FeedSettings {
  /** False: nothing is sent, and every destination keeps its place. */
  enabled: boolean;
  destinations: readonly DestinationSettings[];
  pollIntervalSeconds: number;
  batchSize: number;
}

export interface AlertFeedSettings extends FeedSettings {
  hourlyIntervalMinutes: number;
}

/** Settings of actors, cases and incidents. */
export interface CorrelationSettings {
  actors: ActorRules;
  patterns: readonly CasePattern[];
  /** What one detection is worth by itself. */
  floors: readonly FloorRow[];
  /** An actor whose score reaches it has an incident. */
  minScore: number;
  /** Of `assets.json`. */
  assets: readonly ListedAsset[];
}

/** Backups that the appliance makes by itself, and where those are kept that people ask for. */
export interface BackupSettings {
  /** A cron schedule; null = none are made. */
  schedule: string | null;
  /** Null = `backups` in the data folder. */
  dir: string | null;
  /** How many are kept. */
  keep: number;
}

/** Several machines as one appliance. */
export interface ClusterSettings {
  /** etcd's client addresses; none = this machine is alone. */
  endpoints: readonly string[];
  /** This node's name; null = the machine's. */
  node: string | null;
  /** Where clients reach this node; null = by the machine's name. */
  address: string | null;
  /** For connections to etcd. */
  caFile: string | null;
  certFile: string | null;
  keyFile: string | null;
  /** What every key in etcd begins with. */
  prefix: string;
  /** How long a leader leads after its last sign of life. */
  leaseSeconds: number;
  /** How much the log in etcd may hold for nodes that are away. */
  logMib: number;
}

/** A host and port to listen on; port 0 = any free one. */
export interface ListenAddress {
  host: string;
  port: number;
}

export interface Settings {
  dataDir: string;
  configDir: string;
  listen: ListenAddress;
  tlsCertFile: string | null;
  tlsKeyFile: string | null;
  alertHealth: ListenAddress;
  /** Addresses and networks whose X-Forwarded-For counts. */
  trustedProxies: readonly string[];
  /** Null = systemd's credential, else a key in the data folder. */
  masterKeyFile: string | null;
  /** Of the first administrator; null = one is generated. A secret. */
  adminPassword: string | null;
  defaultEntity: string;
  logLevel: "debug" | "info" | "warn" | "error";
  logFormat: "json" | "text";
  retentionDays: number;
  /** Of the audit log. */
  auditRetentionDays: number;
  /** Below this many free bytes, or this share of the disk in percent, intake answers 503. */
  minFreeBytes: number;
  minFreePercent: number;
  /** When retention removes what is older, besides at the start; null = every hour. */
  retentionSchedule: string | null;
  backup: BackupSettings;
  cluster: ClusterSettings;
  alertFeed: AlertFeedSettings;
  incidentHealth: ListenAddress;
  incidentFeed: FeedSettings;
  correlation: CorrelationSettings;
}

/** Where a setting's value comes from. Keys: the environment name, `syslog`, `daemon.batch_size`. */
export interface SettingOrigin {
  /** "environment", ".env.production line 3", the path of a file, "saved in the console" or "default". */
  source: string;
  /** Set by environment or file: read-only in the console (CONTRACT 1). */
  pinned: boolean;
}
