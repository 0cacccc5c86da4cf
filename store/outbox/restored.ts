/**
 * After a restore: what may have been sent between the backup and the restore, of which this database knows nothing. It is looked up in its target
 * before it is sent. Of incidents that are newer than the restore nothing can have been sent, because their ids are new.
 */
import { restored } from "../../core/tickets/ticket.ts";

const noted = (key: string) => `coalesce((select cast(value as integer) from meta where key = '${key}'), 0)`;

/** SQL: the incident of this id was in the backup. False where there was no restore. */
export function isFromBackup(incidentId: string): string {
  return `exists (select 1 from incidents r where r.incident_id = ${incidentId} and r.created_seq <= ${noted("restored_end")})`;
}

/** SQL: this row of `deliveries` was in the backup, creates or comments, and has not been looked up since the restore. */
const isUnseen = `(kind in ('create', 'comment') and seq <= ${noted("restored_delivery")}
  and not exists (select 1 from delivery_attempts a where a.delivery_id = deliveries.id and a.id > ${noted("restored_attempt")}))`;

/** SQL: the state and cause of a delivery that is tried again; `otherwise`: SQL of the state, where no restore matters. */
export function triedAgain(otherwise: string): string {
  return `state = case when ${isUnseen} then 'unknown' else ${otherwise} end, cause = case when ${isUnseen} then '${restored}' else cause end`;
}

/** SQL: the highest key of the ticket's entity that the backup knows, behind which Jira's keys are read one by one; null elsewhere. `t`: the ticket. */
export const hintOfBackup = `(select o.remote_key from tickets o where t.system = 'jira' and o.system = 'jira' and o.entity_name = t.entity_name
  and o.remote_key is not null and o.id <= ${noted("restored_ticket")} order by o.id desc limit 1)`;
