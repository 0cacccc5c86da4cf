/** What exceptions are proposed from: an incident's rules, and some of the alerts of each with the logs that are kept. */
import { type RuleSummary, ruleSummaries } from "../../core/correlation/summary.ts";
import type { AlertSample } from "../../core/exceptions/propose.ts";
import type { Incident } from "../../core/incident.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { entitySpellings } from "../database/entity-spellings.ts";
import { text, textOrNull } from "../database/rows.ts";
import { periodById } from "../incidents/actor-periods.ts";
import { findIncidents } from "../incidents/incident-rows.ts";

/** Alerts of each rule, the newest; and in all. */
const alertsPerRule = 5;
const mostAlerts = 100;
/** Longer logs are left out: memory is bounded, and a proposal needs only some of them. */
const longestLog = 65_536;

export interface ProposalEvidence {
  incident: Incident;
  /** The most important first. */
  rules: RuleSummary[];
  alerts: AlertSample[];
}

/** Null if there is no such incident. */
export async function readProposalEvidence(database: Database, incidentId: string): Promise<ProposalEvidence | null> {
  const incident = (await findIncidents(database, [incidentId])).get(incidentId);
  const period = incident === undefined ? null : await periodById(database, incident.periodId);
  if (incident === undefined || period === null) return null;
  const { rows } = await database.read(
    `with ranked as (select a.*, row_number() over (partition by lower(case when a.rule_id = '' then a.rule_title else a.rule_id end)
         order by last_seen desc, a.id) as place
       from sigma_alerts a where a.id in (select id from sigma_alerts where period_id = ?1
         union select alert_id from period_alerts where period_id = ?1))
     select r.rule_id, r.rule_title, r.host, case when length(l.body) <= ?2 then l.body end as newest,
       case when length(e.body) <= ?2 then e.body end as first
     from ranked r left join alert_logs l on l.alert_id = r.id left join event_log e on e.seq = r.first_seq
     where r.place <= ?3 order by r.risk desc, r.id limit ?4`,
    [period.id, longestLog, alertsPerRule, mostAlerts],
  );
  const orNull = (value: string) => (value === "" ? null : value);
  const alerts = rows.map((row) => ({
    ruleId: orNull(text(row, "rule_id")),
    ruleTitle: text(row, "rule_title"),
    host: orNull(text(row, "host")),
    logs: [textOrNull(row, "newest"), textOrNull(row, "first")].filter((log) => log !== null),
  }));
  return { incident, rules: ruleSummaries(period.state.evidence), alerts };
}

/** Incidents of these entities (null = of all) that were closed as false positives at `since` (epoch ms) or later, the newest first. */
export async function falsePositives(
  database: Database,
  since: number,
  limit: number,
  entities: readonly string[] | null,
): Promise<string[]> {
  const ofEntities = entities === null ? "" : "and entity_name collate nocase in (select value from json_each(?3))";
  const { rows } = await database.read(
    `select incident_id from incidents indexed by incidents_false_positive where closed_at >= ?1 and status = 'FALSE_POSITIVE' ${ofEntities}
      order by closed_at desc, id desc limit ?2`,
    [toIso(since), limit, ...(entities === null ? [] : [JSON.stringify(await entitySpellings(database, entities))])],
  );
  return rows.map((row) => text(row, "incident_id"));
}
