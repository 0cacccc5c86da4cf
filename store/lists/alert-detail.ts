/** One alert with its newest log, and an example of each rule of an incident. */
import { normaliseName } from "../../core/intake/identity.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";

/** What the row of lists does not say of an alert. */
export interface AlertLog {
  /** The newest log as it is kept: JSON text with its digits; null where retention has removed it. */
  log: string | null;
  /** The incident that its evidence counts for; null = none. */
  incidentId: string | null;
}

/** Null if there is no alert of this hash. */
export async function readAlertLog(database: Database, hash: string): Promise<AlertLog | null> {
  const { rows } = await database.read(
    `select coalesce(l.body, e.body) as log, (select i.incident_id from incidents i where i.period_id = a.period_id) as incident_id
     from sigma_alerts a left join alert_logs l on l.alert_id = a.id left join event_log e on e.seq = a.first_seq where a.hash = ?`,
    [hash],
  );
  const row = rows[0];
  return row === undefined ? null : { log: textOrNull(row, "log"), incidentId: textOrNull(row, "incident_id") };
}

/** An example event of a rule. Empty texts stand for what it does not have. */
export interface RuleExample {
  hash: string;
  /** Epoch milliseconds. */
  at: number;
  user: string;
  host: string;
  ip: string;
  /** The beginning of its newest log; null where retention has removed it. */
  log: string | null;
  /** The log is longer: the alert has the whole of it. */
  shortened: boolean;
}

const mostRules = 500;
/** Characters of an example's log: an incident may have many rules. */
const longestLog = 4_096;

/** The newest event of each rule of a period, by the rule's key. */
export async function newestExamples(database: Database, periodId: number): Promise<Map<string, RuleExample>> {
  const { rows } = await database.read(
    `with ranked as (select id, hash, rule_id, rule_title, user_name, host, src_ip, last_seen, first_seq,
         row_number() over (partition by lower(case when rule_id = '' then rule_title else rule_id end) order by last_seen desc, id desc) as place
       from sigma_alerts where id in (select id from sigma_alerts where period_id = ?1 union select alert_id from period_alerts where period_id = ?1))
     select r.*, substr(coalesce(l.body, e.body), 1, ?2) as log, length(coalesce(l.body, e.body)) as characters
     from ranked r left join alert_logs l on l.alert_id = r.id left join event_log e on e.seq = r.first_seq
     where r.place = 1 order by r.id limit ?3`,
    [periodId, longestLog, mostRules],
  );
  return new Map(
    rows.map((row) => [
      normaliseName(text(row, "rule_id")) || normaliseName(text(row, "rule_title")),
      {
        hash: text(row, "hash"),
        at: fromIso(text(row, "last_seen")),
        user: text(row, "user_name"),
        host: text(row, "host"),
        ip: text(row, "src_ip"),
        log: textOrNull(row, "log"),
        shortened: row.characters !== null && integer(row, "characters") > longestLog,
      },
    ]),
  );
}
