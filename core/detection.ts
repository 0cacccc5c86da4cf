/** One hit of one Sigma rule on one log record, and one SIEM alarm, after validation: what intake hands to dedup. */

export const levels = ["informational", "low", "medium", "high", "critical"] as const;
export type Level = (typeof levels)[number];

export interface Detection {
  /** Makes this detection idempotent, scoped to (entity, rule); null = every delivery counts. */
  id: string | null;
  ruleId: string | null;
  ruleTitle: string;
  ruleAuthor: string | null;
  tags: readonly string[];
  level: Level;
  /** 0-100, given or from the level. */
  risk: number;
  /** -1 when the detection has none. */
  mlCluster: number;
  /** When it happened, epoch milliseconds UTC. */
  timestamp: number;
  /** As given (trimmed), or the default. */
  entity: string;
  user: string | null;
  host: string | null;
  srcIp: string | null;
  dstHost: string | null;
  eventId: string | null;
  channel: string | null;
  provider: string | null;
  recordId: string | null;
  /** The original log as a one-line ASCII JSON object: the log itself where it is one, else `{"raw":"…"}`. */
  body: string;
  /** Dedup key: 16 hex digits (`alertHash`). */
  hash: string;
}

export interface Alarm {
  /** The SIEM's id, unique within an entity. */
  alarmId: string;
  name: string;
  /** Risk-based priority 0-100. */
  rbp: number;
  timestamp: number;
  entity: string;
  user: string | null;
  host: string | null;
  srcIp: string | null;
}

/** A record of a batch that was refused, and one that was kept with a remark. `index` counts from 0, unreadable lines included. */
export interface RejectedRecord {
  index: number;
  error: string;
}
export interface RecordWarning {
  index: number;
  warning: string;
}
