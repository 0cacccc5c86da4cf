/** One alert with its newest log, and what the alerts of an incident say together. */
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
const mostUsers = 500;
/** Characters of an example's log: an incident may have many rules. */
const longestLog = 4_096;

/** What the alerts of a period say, beside its evidence. */
export interface AlertsOfPeriod {
  /** The newest event of each rule, by the rule's key. */
  examples: Map<string, RuleExample>;
  /** The author of each rule, by its key; those of the rules that have an example. */
  authors: Map<string, string>;
  /** The accounts that they name, in one spelling each, those of most alerts first. */
  users: string[];
}

/** Reads each alert of a period once: an actor may have thousands, each on a page of its own. */
export async function alertsOfPeriod(database: Database, periodId: number): Promise<AlertsOfPeriod> {
  const { rows } = await database.read(
    `with mine as materialized (select id, hash, rule_id, rule_title, rule_author, user_name, host, src_ip, last_seen, first_seq
         from sigma_alerts where id in (select id from sigma_alerts where period_id = ?1 union select alert_id from period_alerts where period_id = ?1)),
       ranked as (select *, row_number() over newest as place, max(rule_author) over newest as author from mine
         window newest as (partition by lower(case when rule_id = '' then rule_title else rule_id end) order by last_seen desc, id desc
           rows between unbounded preceding and unbounded following))
     select * from (select user_name as name, hash, rule_id, rule_title, author, host, src_ip, last_seen, substr(coalesce(l.body, e.body), 1, ?2) as log,
         length(coalesce(l.body, e.body)) as characters
       from ranked r left join alert_logs l on l.alert_id = r.id left join event_log e on e.seq = r.first_seq where r.place = 1 order by r.id limit ?3)
     union all select * from (select user_name as name, null, null, null, null, null, null, null, null, null
       from mine where user_name <> '' group by user_name collate nocase order by count(*) desc, name limit ?4)`,
    [periodId, longestLog, mostRules, mostUsers],
  );
  const examples = new Map<string, RuleExample>();
  const authors = new Map<string, string>();
  const users: string[] = [];
  for (const row of rows) {
    if (row.hash === null) {
      users.push(text(row, "name"));
      continue;
    }
    const key = normaliseName(text(row, "rule_id")) || normaliseName(text(row, "rule_title"));
    authors.set(key, text(row, "author"));
    examples.set(key, {
      hash: text(row, "hash"),
      at: fromIso(text(row, "last_seen")),
      user: text(row, "name"),
      host: text(row, "host"),
      ip: text(row, "src_ip"),
      log: textOrNull(row, "log"),
      shortened: row.characters !== null && integer(row, "characters") > longestLog,
    });
  }
  return { examples, authors, users };
}
