/** Which account's the incidents and the evidence of a user are that are there already: the one of the first alert that names its domain. */
import type { Owner } from "../../core/identities/learn-names.ts";
import type { Database } from "../database/database.ts";
import { text } from "../database/rows.ts";
import { actorKey } from "./actor-periods.ts";

/** The same, with the account of each user of whom something is kept. */
export async function accountsOfUsers(database: Database, asked: readonly Owner[]): Promise<readonly Owner[]> {
  if (asked.length === 0) return asked;
  const keyOf = ({ entity, user }: Owner) => actorKey(entity, { type: "user", name: user });
  const users = new Map(asked.map((one) => [keyOf(one), [keyOf(one), one.user, one.entity]]));
  const { rows } = await database.read(
    `with asked as (select value ->> 0 as key, value ->> 1 as user, value ->> 2 as entity from json_each(?)),
       periods as (
         select a.key, p.id from asked a cross join actor_periods p on p.actor_key = a.key and p.current = 1
         union select a.key, i.period_id from asked a cross join incidents i on i.group_key = a.user and i.entity_name = a.entity
           and i.actor_type = 'user')
     select p.key, s.user_name as account from periods p cross join sigma_alerts s on s.id = (
       select min(t.id) from sigma_alerts t where t.period_id = p.id
         and (instr(t.user_name, '\\') > 0 or instr(t.user_name, '@') > 0 or instr(t.user_name, '/') > 0))
     order by s.id desc`,
    [JSON.stringify([...users.values()])],
  );
  // The earliest comes last.
  const accounts = new Map(rows.map((row) => [text(row, "key"), text(row, "account")]));
  return asked.map((one) => ({ ...one, account: accounts.get(keyOf(one)) ?? null }));
}
