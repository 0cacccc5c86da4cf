/** What a run with campaigns is judged by: no open incident in no ticket, nothing told twice in one, by the ledger and by what the stand-ins hold. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { JiraStandIn } from "../standins/jira.ts";
import type { SecondSystem } from "./second-system.ts";

/** A ticket that stands: known, not gone, of an open incident. */
const stands = `t.remote_key is not null and t.gone_at is null
  and exists (select 1 from incidents l where l.incident_id = t.incident_id and l.status in ('OPEN', 'IN_PROGRESS'))`;

/** Open incidents that have no ticket in a system, and whose campaign's was not told of them by a note that has arrived. Null: cannot be read now. */
export function uncovered(folder: string): string[] | null {
  try {
    const database = new Database(join(folder, "data", "rhythmx.db"), { readonly: true });
    const rows = database
      .query(
        `select i.incident_id || ' in ' || s.system as what
         from incidents i, (select distinct system from tickets) s
         where i.status in ('OPEN', 'IN_PROGRESS')
           and not exists (select 1 from tickets t where t.incident_id = i.incident_id and t.system = s.system and t.remote_key is not null)
           and not exists (select 1 from campaign_told c join tickets t on t.id = c.ticket_id join deliveries d on d.id = c.delivery_id
             where c.incident_id = i.incident_id and t.system = s.system and d.state = 'confirmed' and ${stands})`,
      )
      .all() as { what: string }[];
    database.close();
    return rows.map(({ what }) => what);
  } catch {
    // Between an end and a start.
    return null;
  }
}

export function judgeCampaigns(folder: string, jira: JiraStandIn, second: SecondSystem) {
  const violations = (uncovered(folder) ?? ["the file cannot be read"]).map((what) => `in no ticket: ${what}`);
  const database = new Database(join(folder, "data", "rhythmx.db"), { readonly: true });
  const told = database
    .query(
      `select c.incident_id as id, t.system, t.remote_key as ticket from campaign_told c join tickets t on t.id = c.ticket_id
       join deliveries d on d.id = c.delivery_id where d.state = 'confirmed'`,
    )
    .all() as { id: string; system: string; ticket: string }[];
  const campaigns = database
    .query(
      `select i.campaign_id as id, sum(t.system = 'jira') as a, sum(t.system <> 'jira') as b from incidents i
       left join tickets t on t.incident_id = i.incident_id and t.remote_key is not null where i.campaign_id is not null group by 1`,
    )
    .all() as { id: string; a: number | null; b: number | null }[];
  const marked = database.query("select count(*) as n from campaign_changes").get() as { n: number };
  database.close();
  if (marked.n > 0) violations.push(`${marked.n} campaigns were not looked at`);
  for (const { id, system, ticket } of told) {
    const notes = system === "jira" ? jira.issue(ticket).comments.map(({ body }) => JSON.stringify(body)) : null;
    const texts = notes ?? (JSON.parse(second.notes(ticket)) as string[]);
    const times = texts.filter((text) => text.includes("same attack (campaign") && text.includes(`${id} (`)).length;
    // Where notes cannot be looked up, one whose answer was lost comes twice rather than not at all.
    const isRight = notes === null && !second.isFull ? times >= 1 : times === 1;
    if (!isRight) violations.push(`${id} is told ${times} times in ${ticket}`);
  }
  return {
    violations,
    campaigns: campaigns.length,
    told: new Set(told.map(({ id }) => id)).size,
    single: campaigns.filter(({ a, b }) => a === 1 && b === 1).length,
  };
}
