/** Rows of `GET /api/v1/feed/alerts` and the answer of `GET /api/alerts/{hash}` (api/shapes.ts). */
import type { Level } from "../../../../../core/detection.ts";

export interface AlertRow {
  hash: string;
  rule_id: string | null;
  rule_title: string;
  rule_author: string | null;
  level: Level;
  tags: string[];
  user: string | null;
  host: string | null;
  src_ip: string | null;
  risk: number;
  count: number;
  first_seen: string;
  last_seen: string;
  entity_name: string;
  created_at: string;
}

export interface AlertDetail extends AlertRow {
  incident_id: string | null;
  /** Null where retention has removed it. */
  log: string | null;
}

/** The list of alerts with this filter. */
export function alertsWith(filter: Readonly<Record<string, string>>): string {
  return `/alerts?${new URLSearchParams(filter)}`;
}
