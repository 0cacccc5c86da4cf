/** One example event with its log for each rule of an incident. */
import { normaliseName } from "../../core/intake/identity.ts";
import type { RuleSample } from "../../core/tickets/case/case-facts.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { text, textOrNull } from "../database/rows.ts";

const mostRules = 500;

/** Returns, for each rule, the newest log of the alert with the highest risk. */
export async function readSamples(database: Database, incidentId: string): Promise<RuleSample[]> {
  const { rows } = await database.read(
    `with period as (select period_id as id from incidents where incident_id = ?1),
       ranked as (select a.*, row_number() over (partition by lower(case when a.rule_id = '' then a.rule_title else a.rule_id end)
           order by (user_name <> '') + (host <> '') desc, risk desc, last_seen desc, a.id) as place
         from sigma_alerts a where a.id in (select id from sigma_alerts where period_id = (select id from period)
           union select alert_id from period_alerts where period_id = (select id from period)))
     select r.rule_id, r.rule_title, r.user_name, r.host, r.src_ip, r.last_seen, coalesce(l.body, e.body) as log
     from ranked r left join alert_logs l on l.alert_id = r.id left join event_log e on e.seq = r.first_seq
     where r.place = 1 order by r.id limit ?2`,
    [incidentId, mostRules],
  );
  return rows.map((row) => ({
    key: normaliseName(text(row, "rule_id")) || normaliseName(text(row, "rule_title")),
    at: fromIso(text(row, "last_seen")),
    host: text(row, "host"),
    user: text(row, "user_name"),
    ip: text(row, "src_ip"),
    log: textOrNull(row, "log"),
  }));
}
