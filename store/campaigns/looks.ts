/** How far the evidence of each incident has been looked at for what joins it to others. */
import type { CampaignLink } from "../../core/campaigns/campaign.ts";
import type { Trace } from "../../core/campaigns/traces.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";

export interface Look {
  incidentId: string;
  /** Its period as it was then, epoch milliseconds; 0 where it could not be read. */
  stateAt: number;
  lookedAt: number;
  /** Failures one after the other. */
  failures: number;
  isShared: boolean;
  /** Ids of the alerts whose logs were read. */
  alerts: readonly number[];
}

/** A look and what it found. */
export interface Found extends Look {
  /** The entity, normalised. */
  entityKey: string;
  traces: readonly Trace[];
}

/** What one step of the reader found. */
export interface CampaignStep {
  /** The events up to here have been looked at. */
  upTo: number;
  found: readonly Found[];
  links: readonly CampaignLink[];
  /** Why incidents could not be looked at. */
  failed: readonly { incidentId: string; message: string }[];
}

/** An incident whose evidence could not be read so often is left alone. */
export const mostFailures = 3;

export async function readLooks(database: Database, incidentIds: readonly string[]): Promise<Map<string, Look>> {
  const { rows } = await database.read(
    "select * from campaign_looks where incident_id in (select value from json_each(?))",
    [JSON.stringify(incidentIds)],
  );
  const looks = rows.map((row): Look => {
    const stateAt = text(row, "state_at");
    return {
      incidentId: text(row, "incident_id"),
      stateAt: stateAt === "" ? 0 : fromIso(stateAt),
      lookedAt: fromIso(text(row, "looked_at")),
      failures: integer(row, "failures"),
      isShared: integer(row, "is_shared") === 1,
      alerts: JSON.parse(text(row, "alerts")) as number[],
    };
  });
  return new Map(looks.map((look) => [look.incidentId, look]));
}

/** Open incidents whose evidence has changed since they were looked at, and not between these times (epoch ms). */
export async function changedSince(
  database: Database,
  { from, to }: { from: number; to: number },
  limit: number,
): Promise<string[]> {
  const { rows } = await database.read(
    `select l.incident_id from actor_periods p indexed by actor_periods_decay
       join campaign_looks l on l.incident_id = p.incident_id
     where p.decay_at is not null and p.updated_at > l.state_at and (l.looked_at < ?1 or l.looked_at > ?2) and l.failures < ?3 limit ?4`,
    [toIso(from), toIso(to), mostFailures, limit],
  );
  return rows.map((row) => text(row, "incident_id"));
}

const lookSql = insertSql(
  "campaign_looks",
  "incident_id, state_at, looked_at, failures, is_shared, alerts",
  `on conflict (incident_id) do update set state_at = excluded.state_at, looked_at = excluded.looked_at,
     failures = excluded.failures, is_shared = excluded.is_shared, alerts = excluded.alerts`,
);
const traceSql = insertSql(
  "incident_traces",
  "entity_key, kind, value, block, incident_id, name, first_at, last_at, level",
  `on conflict (entity_key, kind, value, block, incident_id) do update set
     name = case when length(excluded.name) > length(name) then excluded.name else name end,
     first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
     level = max(level, excluded.level)`,
);

/** Statements that keep looks and what they found. */
export function saveLooks(found: readonly Found[]): Statement[] {
  const looks = found.map((look) => [
    ...[look.incidentId, look.stateAt === 0 ? "" : toIso(look.stateAt), toIso(look.lookedAt), look.failures],
    ...[look.isShared ? 1 : 0, JSON.stringify(look.alerts)],
  ]);
  const traces = found.flatMap(({ entityKey, incidentId, traces }) =>
    traces.map((one) => [
      entityKey,
      one.kind,
      one.value,
      one.block,
      incidentId,
      one.name,
      one.first,
      one.last,
      one.level,
    ]),
  );
  return [...forRows(lookSql, looks), ...forRows(traceSql, traces)];
}
