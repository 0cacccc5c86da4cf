/** Which accounts work on many hosts as a rule, so that a rule that fires wherever they do is no outbreak. */
import { isOrdinaryRole } from "../../core/assets/weight.ts";
import { busyUsers, isUsualOnMany, type Sighting } from "../../core/campaigns/outbreak.ts";
import { dayMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integer } from "../database/rows.ts";
import { actorKey } from "../incidents/actor-periods.ts";
import type { Correlator } from "../incidents/correlator.ts";

/** Days before the outbreak's that are looked at, as for rules. */
const daysBefore = 14;
/** Alerts of an account that are looked at. */
const mostAlerts = 20_000;

/**
 * The accounts of a chain, on five of its hosts or more, that scan, back up, deploy or are a service's by role, or whose alerts before `day` (epoch
 * days) were on many hosts. `actors`: of the entity, before that day.
 */
export async function accountsAtWork(
  database: Database,
  { rules: { roles } }: Correlator,
  entity: string,
  chain: readonly Sighting[],
  before: { day: number; actors: number },
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const user of busyUsers(chain)) {
    const role = roles.ofAccount(entity, user)?.role;
    const isAtWork = isOrdinaryRole(role) || role === "service";
    if (isAtWork || isUsualOnMany(await hostsBefore(database, entity, user, before.day), before.actors))
      found.add(user);
  }
  return found;
}

/** On how many hosts an account has alerts of the 14 days before `day`, also of incidents that are closed. */
async function hostsBefore(database: Database, entity: string, user: string, day: number): Promise<number> {
  const { rows } = await database.read(
    `select count(distinct lower(host)) as n from (select a.host, a.first_seen, a.last_seen from sigma_alerts a where a.period_id in (
         select id from actor_periods where actor_key = ?1 and current = 1
         union select period_id from incidents where group_key = ?2 and entity_name = ?3 and actor_type = 'user')
       limit ?4)
     where host <> '' and first_seen < ?5 and last_seen >= ?6`,
    [
      ...[actorKey(entity, { type: "user", name: user }), user, entity, mostAlerts],
      ...[toIso(day * dayMs), toIso((day - daysBefore) * dayMs)],
    ],
  );
  return rows[0] === undefined ? 0 : integer(rows[0], "n");
}
