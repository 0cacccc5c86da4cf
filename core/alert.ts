/** An alert: the deduplicated row of equal detections, and the snapshot of it that an alert event carries. */
import type { Level } from "./detection.ts";

/** What a syslog alert message says, frozen when its event was recorded. Times are epoch milliseconds. */
export interface AlertSnapshot {
  hash: string;
  /** Total occurrences when recorded. */
  count: number;
  risk: number;
  /** -1 when none. */
  mlCluster: number;
  firstSeen: number;
  lastSeen: number;
  /** Occurrences since the last message; absent in FIRST. */
  delta?: number;
  /** Absent in FIRST, always present in HOURLY. */
  burst?: boolean;
  ruleId: string;
  ruleTitle: string;
  ruleAuthor: string;
  level: Level;
  tags: readonly string[];
  entity: string;
  user: string;
  host: string;
  ip: string;
}

/** The state of an alert that decides about its next message. Times are epoch milliseconds of the appliance's clock. */
export interface AlertCounts {
  count: number;
  /** Occurrences reported in messages so far. */
  sentCount: number;
  /** When the appliance first recorded it. */
  recordedAt: number;
  /** When its last FIRST or HOURLY was recorded. */
  lastMessageAt: number;
}
