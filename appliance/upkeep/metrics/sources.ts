/** Where metrics come from, beside what the service counts as it happens (`counts.ts`). */
import type { ClusterStatus } from "../../../core/cluster.ts";
import type { FeedName } from "../../../core/feeds/feeds.ts";
import type { Monitored } from "../../../store/lists/monitoring.ts";
import type { DestinationStatus } from "../../../transports/syslog/destination/destination.ts";
import type { LoopStatus } from "../scheduler.ts";
import type { CertificatePlace } from "./certificates.ts";

export interface MetricSources {
  /** Epoch milliseconds. */
  now(): number;
  uptimeMs(): number;
  /** How often an incident could not be looked at for campaigns. */
  campaigns: { readonly failures: number };
  destinations(): readonly (DestinationStatus & { feed: FeedName })[];
  loops(): readonly LoopStatus[];
  faults(): readonly { name: string }[];
  /** Whether intake takes batches. */
  intakeOpen(): boolean;
  logEnd(): number;
  /** Rows that the search does not know yet. */
  searchBehind(): number;
  pendingBytes(): number;
  /** Calls of the store without an answer. */
  storeCalls(): Readonly<Record<"writer" | "reader", number>>;
  /** @throws StoreError */
  database(): Promise<Monitored>;
  databaseFile: string;
  /** Of the data folder's disk, with the free bytes below which intake closes; null = not known. */
  disk(): { freeBytes: number; totalBytes: number; limitBytes: number } | null;
  retentionDays(): number;
  /** The last backup that succeeded, epoch milliseconds and bytes; null = there was none. Failures since the start. */
  backups(): { lastAt: number | null; lastBytes: number | null; failures: number };
  certificates(): readonly CertificatePlace[];
  /** Null: this appliance is alone. */
  cluster(): ClusterStatus | null;
  tickets: TicketMetrics;
}

export interface TicketMetrics {
  webhooks(): readonly { system: string; outcome: string; count: number }[];
  systems(): readonly TicketSystemFigures[];
}

export interface TicketSystemFigures {
  system: string;
  isEnabled: boolean;
  /** Nothing is sent until the system answers again. */
  isDown: boolean;
  /** Requests for deliveries that ended well, and those that did not. */
  confirmed: number;
  failed: number;
  /** Open tickets of incidents that have another one, after a fail-over of a cluster. */
  second: number;
  /** When one last ended well, and when the last search for changed tickets did; epoch milliseconds, null = not yet. */
  confirmedAt: number | null;
  syncedAt: number | null;
}

/** What has to be waited for, of one scrape; null or empty where it cannot be had at the moment. */
export interface Gathered {
  database: Monitored | null;
  databaseBytes: number | null;
  walBytes: number | null;
  openFiles: number;
  /** Infinity = no limit is known. */
  openFilesLimit: number;
  certificates: readonly { usage: string; name: string; expiresAt: number }[];
}
