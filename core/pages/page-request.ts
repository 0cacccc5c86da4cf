/** A request for a page, read and checked. */
import type { Collection, RowFilters } from "./page.ts";

/** A time as a caller gave it. */
export interface SinceBound {
  /** As given; part of the question's identity. */
  text: string;
  /** Epoch milliseconds; null = no bound. */
  at: number | null;
  /** Whether it has digits below a millisecond. */
  finer: boolean;
}

export interface PageRequest {
  collection: Collection;
  /** Without the times. */
  filters: Omit<RowFilters, "createdSince" | "updatedSince">;
  since: SinceBound | null;
  updatedSince: SinceBound | null;
  cursor: string | null;
  sortBy: "created_at" | "updated_at" | "risk_score" | "last_alarm_time" | "due_at";
  sortDir: "asc" | "desc";
  limit: number;
  offset: number;
  /** Use `since` exactly as given, without the continuity of polling. */
  literal: boolean;
}

export interface PageAnswer {
  /** A JSON array. */
  rows: string;
  total: number;
  /** There are more: counting has ended there. */
  totalIsLeast: boolean;
  /** Rows that the search does not know yet; null where it was not asked. */
  behind: number | null;
  limit: number;
  offset: number;
  nextCursor: string | null;
  hasMore: boolean;
  /** Epoch milliseconds. */
  serverTime: number;
}
