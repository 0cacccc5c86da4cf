/** Incidents of hosts that an outbreak reached are of one campaign with the incident that it made. */
import type { CampaignLink } from "../../core/campaigns/campaign.ts";
import { hostValue, type Trace } from "../../core/campaigns/traces.ts";
import { hourMs } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integer, text } from "../database/rows.ts";
import type { Looked } from "./find-links.ts";

const reachMs = 6 * hourMs;
/** Outbreaks of one entity within the time of an incident's evidence, and incidents that one outbreak joins in a step. */
const mostOutbreaks = 50;
const mostIncidents = 1_000;

export async function outbreakLinks(
  database: Database,
  me: Looked,
  before: readonly Looked[],
): Promise<CampaignLink[]> {
  const hosts = me.traces.filter(({ kind }) => kind === "host");
  const others = before.filter(({ entityKey, actorType }) => entityKey === me.entityKey && actorType === "host");
  return [
    ...(me.actorType === "host" ? await reachedBy(database, me, hosts) : []),
    ...(await reached(database, me, others)),
  ];
}

/** The outbreaks that reached this host. */
async function reachedBy(database: Database, me: Looked, hosts: readonly Trace[]): Promise<CampaignLink[]> {
  if (hosts.length === 0) return [];
  const first = Math.min(...hosts.map((one) => one.first)) - reachMs;
  const last = Math.max(...hosts.map((one) => one.last)) + reachMs;
  const { rows } = await database.read(
    `select o.incident_id, o.rule_title, o.first_at, o.hosts from outbreaks o
     where o.entity_key = ?1 and o.incident_id is not null and o.incident_id <> ?2 and o.first_at <= ?4 and o.last_at >= ?3
     order by o.id desc limit ?5`,
    [me.entityKey, me.incidentId, first, last, mostOutbreaks],
  );
  const own = hostValue(me.actor);
  return rows.flatMap((row) => {
    const names = JSON.parse(text(row, "hosts")) as string[];
    if (!names.some((name) => hostValue(name) === own)) return [];
    return link(me.incidentId, text(row, "incident_id"), text(row, "rule_title"), integer(row, "first_at"));
  });
}

/** The incidents of hosts that the outbreak of this incident reached. */
async function reached(database: Database, me: Looked, others: readonly Looked[]): Promise<CampaignLink[]> {
  const found = await database.read(
    "select rule_title, first_at, last_at, hosts from outbreaks where incident_id = ?1 order by id desc limit ?2",
    [me.incidentId, mostOutbreaks],
  );
  const links: CampaignLink[] = [];
  for (const row of found.rows) {
    const hosts = [...new Set((JSON.parse(text(row, "hosts")) as string[]).map(hostValue))];
    const [title, first, last] = [text(row, "rule_title"), integer(row, "first_at"), integer(row, "last_at")];
    const { rows } = await database.read(
      `select distinct t.value, i.incident_id, i.group_key from json_each(?1) j
         cross join incident_traces t on t.entity_key = ?2 and t.kind = 'host' and t.value = j.value
         join incidents i on i.incident_id = t.incident_id and i.actor_type = 'host' and i.status in ('OPEN', 'IN_PROGRESS')
       where t.incident_id <> ?3 and t.first_at <= ?5 and t.last_at >= ?4 limit ?6`,
      [JSON.stringify(hosts), me.entityKey, me.incidentId, first - reachMs, last + reachMs, mostIncidents],
    );
    for (const one of rows)
      if (hostValue(text(one, "group_key")) === text(one, "value"))
        links.push(...link(me.incidentId, text(one, "incident_id"), title, first));
    for (const other of others)
      if (hosts.includes(hostValue(other.actor))) links.push(...link(me.incidentId, other.incidentId, title, first));
  }
  return links;
}

function link(one: string, other: string, what: string, at: number): CampaignLink[] {
  const [incidentId, otherId] = [one, other].sort() as [string, string];
  return one === other ? [] : [{ incidentId, otherId, kind: "outbreak", what, at }];
}
