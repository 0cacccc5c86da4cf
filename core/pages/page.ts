/** Pages of what the API lists: which rows a caller asks for, and where the next page begins. */

import type { Level } from "../detection.ts";
import type { RiskLevel } from "../risk.ts";
import type { SlaStatus } from "../tickets/sla.ts";

export const collections = ["incidents", "cases", "alerts"] as const;
export type Collection = (typeof collections)[number];

/** Conditions on rows; absent = none. Names compare as they are normalised, whatever their case. */
export interface RowFilters {
  entity?: string;
  statuses?: readonly string[];
  /** User, host or address. */
  actor?: string;
  campaign?: string;
  minRisk?: number;
  severities?: readonly string[];
  caseTypes?: readonly string[];
  primaryUser?: string;
  incidentId?: string;
  levels?: readonly Level[];
  /** Words, or the beginnings of words. */
  text?: string;
  /** Of alerts: the rule's id or title, the host, the account, in any spelling; the alert's hash. */
  rule?: string;
  host?: string;
  user?: string;
  hash?: string;
  /** Of incidents: their risk level, to whom they are assigned (null = nobody), and how their service level stands. */
  riskLevels?: readonly RiskLevel[];
  owner?: string | null;
  sla?: readonly SlaStatus[];
  /** Of incidents: these alone. */
  ids?: readonly string[];
  /** Of incidents: `none`, `any`, or a ticket's number. */
  ticket?: string;
  /** Epoch milliseconds, inclusive: recorded, or last changed, not before. */
  createdSince?: number;
  updatedSince?: number;
}

/**
 * A walk goes through rows in the order in which they were recorded (`created`) or last changed (`updated`): positions on the event log's
 * sequence, so that no row is skipped or repeated whatever is written meanwhile.
 */
export interface Walk {
  kind: "walk";
  by: "created" | "updated";
  /** `up`: oldest first. */
  direction: "up" | "down";
  /** Rows after this position in the walk's direction; null = from the filters' bound, or from the end. */
  position: number | null;
  /** Up, without a position: the last position sent to this caller, so that a bound never skips unsent rows. */
  givenUpTo: number | null;
  /** The position and the retention generation when it was issued. Null = now. */
  since: { position: number; generation: number } | null;
  /** The position stands for a bound: only rows after it count as matching. */
  positionIsBound: boolean;
  /** The bound has digits below a millisecond: rows of that millisecond that were sent already are not sent again. */
  boundIsFiner: boolean;
}

/** Any other order, in which rows may move; paged by offset. */
export interface Sorted {
  kind: "sorted";
  by: "risk_score" | "last_alarm_time" | "due_at";
  direction: "up" | "down";
}

export interface PageQuery {
  collection: Collection;
  /** Entities that the caller may see; null = all. */
  entities: readonly string[] | null;
  filters: RowFilters;
  order: Walk | Sorted;
  limit: number;
  offset: number;
  /** Epoch milliseconds: how service levels stand depends on it. */
  now: number;
}

export interface Page {
  /** A JSON array of rows. */
  json: string;
  /** How many there are in it. */
  count: number;
  /** Position of the last row; null without rows. */
  lastSeq: number | null;
  /** Rows that match, on all pages; where `totalIsLeast`, there are more. */
  total: number;
  totalIsLeast: boolean;
  /** Rows that the search does not know yet; null where it was not asked. */
  behind: number | null;
  more: boolean;
  /** The newest position when the page was read; everything up to it was visible. */
  top: number;
  /** Where a walk without a position began. */
  start: number;
  /** Retention generation: counts the times that retention removed rows. */
  generation: number;
  /** Retention has removed rows after the position since it was issued; the page is empty. */
  gap: boolean;
}
