/** The tables that the API lists, with the field names of their rows there. */

import type { PreparedPattern } from "../../core/correlation/patterns.ts";
import type { Collection, Sorted, Walk } from "../../core/pages/page.ts";
import type { SlaStatus } from "../../core/tickets/sla.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Row } from "../database/statement.ts";
import { stateColumns, stateFrom } from "../incidents/actor-periods.ts";
import { caseFromRow } from "../incidents/case-rows.ts";
import { liveCases } from "../incidents/live-cases.ts";

export interface ListedTable {
  from: Record<Walk["by"], string>;
  /** The columns of a row, without its position. */
  select: string;
  /** SQL of a row's position in each order. */
  seq: Record<Walk["by"], string>;
  /** SQL of the newest position in each order. */
  top: Record<Walk["by"], string>;
  /** SQL of the first position (`seq`) recorded at or after a time. */
  firstSince: Record<Walk["by"], string>;
  columns: {
    entity: string;
    risk: string;
    recorded: string;
    status?: string;
    severity?: string;
    type?: string;
    level?: string;
    riskLevel?: string;
    hash?: string;
    actor?: string;
    campaign?: string;
    id?: string;
    /** A condition in which the incident's id is bound. */
    incident?: string;
  };
  /** Columns to sort by whose values change. */
  sorts: Partial<Record<Sorted["by"], string>>;
  /** Rows have an owner, a ticket and a service level. */
  hasOwners?: true;
  /** So many that those since a time are counted in part. */
  isLarge?: true;
  /** Absent = it cannot be searched. */
  search?: {
    /** The table of the index, and the column whose values are the rowids there. */
    index: string;
    ids: string;
    /** Where rows come from when the index is asked first (as `s`), by order. */
    created: Found;
    updated: Found;
  };
  /** The rows as a JSON array. */
  json(database: Database, rows: readonly Row[], present: Present): string | Promise<string>;
}

interface Found {
  from: string;
  seq: string;
  /** The rowids of the index are in the order of positions, so that it gives the rows in order; else they have to be sorted. */
  inOrder: boolean;
}

/** What rows look like depends on these. */
export interface Present {
  patterns: readonly PreparedPattern[];
  /** Epoch milliseconds. */
  now: number;
}

/** For rows that the database has already turned into JSON. */
const asTheyAre = (_database: Database, rows: readonly Row[]) => `[${rows.map((row) => text(row, "row")).join(",")}]`;

/** Incidents, with how their service levels stand now. */
const withSla = (_database: Database, rows: readonly Row[], { now }: Present) => {
  const at = toIso(now);
  const json = rows.map((row) => {
    const due = textOrNull(row, "due_at");
    const status =
      due === null ? null : due <= at ? "breached" : text(row, "at_risk_at") <= at ? "at_risk" : "on_track";
    return `${text(row, "row").slice(0, -1)},"due_at":${JSON.stringify(due)},"sla":${JSON.stringify(status satisfies SlaStatus | null)}}`;
  });
  return `[${json.join(",")}]`;
};

function seqs(table: string): Pick<ListedTable, "from" | "seq" | "top" | "firstSince"> {
  const top = (column: string) => `(select coalesce(max(${column}), 0) from ${table})`;
  // The sign keeps to the index by time: from the lowest position on, everything before would be looked at. Who wants everything is told at once.
  const since = (what: string) =>
    `select case when ?1 <= (select ${what}_at from ${table} order by ${what}_at limit 1) then (select ${what}_seq from ${table} order by ${what}_seq limit 1)
      else (select min(+${what}_seq) from ${table} where ${what}_at >= ?1) end as seq`;
  return {
    from: { created: table, updated: table },
    seq: { created: "created_seq", updated: "updated_seq" },
    top: { created: top("created_seq"), updated: top("updated_seq") },
    firstSince: {
      created: since("created"),
      updated: since("updated"),
    },
  };
}

const incidentJson = `json_object(
  'incident_id', incident_id, 'group_key', group_key, 'actor_type', actor_type, 'entity_name', entity_name, 'status', status,
  'risk_score', risk_score, 'risk_level', risk_level, 'alarm_count', alarm_count, 'sigma_alert_count', sigma_alert_count,
  'threat_case_count', (select count(*) from threat_cases c where c.period_id = incidents.period_id and c.status <> 'CLOSED'),
  'assigned_analyst', assigned_analyst, 'first_alarm_time', first_alarm_time, 'last_alarm_time', last_alarm_time,
  'created_at', created_at, 'updated_at', updated_at, 'closed_at', closed_at,
  'external_ticket_id', external_ticket_id, 'external_ticket_url', external_ticket_url, 'external_system', external_system,
  'headline', headline, 'campaign_id', campaign_id) as row`;

const alertJson = `json_object(
  'hash', a.hash, 'rule_id', nullif(a.rule_id, ''), 'rule_title', a.rule_title, 'rule_author', nullif(a.rule_author, ''), 'level', a.level,
  'tags', json(a.tags), 'entity_name', a.entity_name, 'user', nullif(a.user_name, ''), 'host', nullif(a.host, ''),
  'src_ip', nullif(a.src_ip, ''), 'risk', a.risk, 'ml_cluster', a.ml_cluster, 'count', a.count,
  'first_seen', a.first_seen, 'last_seen', a.last_seen, 'created_at', a.recorded_at, 'updated_at', a.updated_at) as row`;

const foundIncidents = "incident_search s cross join incidents on incidents.id = s.rowid";

export const listedTables = {
  incidents: {
    ...seqs("incidents"),
    select: `${incidentJson}, due_at, at_risk_at`,
    hasOwners: true,
    search: {
      index: "incident_search",
      ids: "incidents.id",
      created: { from: foundIncidents, seq: "created_seq", inOrder: true },
      updated: { from: foundIncidents, seq: "updated_seq", inOrder: false },
    },
    columns: {
      entity: "entity_name",
      risk: "risk_score",
      recorded: "created_at",
      status: "status",
      riskLevel: "risk_level",
      actor: "group_key",
      campaign: "campaign_id",
      id: "incident_id",
    },
    sorts: { risk_score: "risk_score", last_alarm_time: "last_alarm_time", due_at: "due_at" },
    json: withSla,
  },
  cases: {
    ...seqs("threat_cases"),
    select: `case_id, period_id, entity_name, case_type, status, severity, primary_user, assigned_analyst, investigation_notes,
      alert_count, rule_count, max_risk_score, affected_hosts, first_alert, last_alert, created_at, updated_at, closed_part,
      closed_with_incident, created_seq, updated_seq,
      (select i.incident_id from incidents i where i.period_id = threat_cases.period_id) as incident_id`,
    columns: {
      entity: "entity_name",
      risk: "max_risk_score",
      recorded: "created_at",
      status: "status",
      severity: "severity",
      type: "case_type",
      actor: "primary_user",
      incident: "period_id in (select period_id from incidents where incident_id = ?)",
    },
    sorts: {},
    json: casesJson,
  },
  alerts: {
    from: {
      created: "sigma_alerts a",
      // An alert counts as changed when an event of it was recorded.
      updated: "event_log e join sigma_alerts a on a.hash = e.subject and coalesce(a.last_seq, a.first_seq) = e.seq",
    },
    select: alertJson,
    seq: { created: "a.id", updated: "e.seq" },
    top: {
      created: "(select coalesce(max(id), 0) from sigma_alerts)",
      updated: "(select coalesce(max(seq), 0) from event_log)",
    },
    firstSince: {
      created: `select case when ?1 <= (select recorded_at from sigma_alerts order by recorded_at limit 1) then (select id from sigma_alerts order by id limit 1)
        else (select min(+id) from sigma_alerts where recorded_at >= ?1) end as seq`,
      // Events have no index by time: those after the last alert that was recorded before it are scanned.
      updated: `select seq from event_log where kind in ('alert_first', 'alert_hourly') and at >= round(unixepoch(?1, 'subsec') * 1000)
        and seq > coalesce((select first_seq from sigma_alerts where recorded_at < ?1 order by recorded_at desc limit 1), 0)
        order by seq limit 1`,
    },
    isLarge: true,
    columns: { entity: "a.entity_name", risk: "a.risk", recorded: "a.recorded_at", level: "a.level", hash: "a.hash" },
    search: {
      index: "alert_search",
      ids: "a.id",
      created: {
        from: "alert_search s cross join sigma_alerts a on a.id = s.rowid",
        seq: "s.rowid",
        inOrder: true,
      },
      updated: {
        from: `alert_search s cross join sigma_alerts a on a.id = s.rowid
          cross join event_log e on e.seq = coalesce(a.last_seq, a.first_seq)`,
        seq: "e.seq",
        inOrder: false,
      },
    },
    sorts: {},
    json: asTheyAre,
  },
} satisfies Record<Collection, ListedTable> as Record<Collection, ListedTable>;

/** Brings cases up to date from their evidence: rows are not written for every further detection. */
async function casesJson(database: Database, rows: readonly Row[], { patterns }: Present): Promise<string> {
  const active = rows.filter((row) => row.status !== "CLOSED").map((row) => integer(row, "period_id"));
  const { rows: periods } = await database.read(
    `select id, ${stateColumns} from actor_periods where id in (select value from json_each(?))`,
    [JSON.stringify([...new Set(active)])],
  );
  const states = new Map(periods.map((row) => [integer(row, "id"), stateFrom(row)]));
  const cases = rows.map((row) => ({ row, stored: caseFromRow(row) }));
  const notes = cases.reduce((sum, { stored }) => sum + (stored.investigationNotes?.length ?? 0), 0);
  const json = cases.map(({ row, stored }) => {
    const state = states.get(stored.periodId);
    const [live = stored] = state === undefined ? [stored] : liveCases([stored], state, patterns);
    return caseJson(live, textOrNull(row, "incident_id"), notes > mostNotes);
  });
  return JSON.stringify(json);
}

/** The most characters of notes on a page; if there are more, every note is shortened. */
const mostNotes = 1_000_000;
const shortNotes = 2_000;

/** A case as lists, feeds and replies to changes show it. */
function caseJson(row: ReturnType<typeof caseFromRow>, incidentId: string | null, shortens: boolean) {
  const notes = row.investigationNotes;
  const isShort = shortens && notes !== null && notes.length > shortNotes;
  return {
    case_id: row.caseId,
    case_type: row.type,
    entity_name: row.entity,
    status: row.status,
    severity: row.severity,
    primary_user: row.primaryUser,
    assigned_analyst: row.assignedAnalyst,
    investigation_notes: isShort ? notes.slice(0, shortNotes).toWellFormed() : notes,
    ...(isShort ? { investigation_notes_shortened: true } : {}),
    alert_count: row.alerts,
    rule_count: row.ruleCount,
    max_risk_score: row.risk,
    affected_computers: row.hosts,
    related_incident_id: incidentId,
    first_alert: toIso(row.firstAlert),
    last_alert: toIso(row.lastAlert),
    created_at: toIso(row.createdAt),
    updated_at: toIso(row.updatedAt),
  };
}
