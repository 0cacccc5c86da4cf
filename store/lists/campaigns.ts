/** Campaigns for lists and details: which incidents each has, and why they are one. */
import type { Database } from "../database/database.ts";
import { textOrNull } from "../database/rows.ts";

/** The campaign that this one has become: itself, or the older one it was joined into, also by way of others. */
export async function campaignNow(database: Database, campaignId: string): Promise<string> {
  const { rows } = await database.read(
    `with recursive chain (id, steps) as (
       select ?1, 0
       union all
       select c.joined_into, chain.steps + 1 from chain join campaigns c on c.campaign_id = chain.id
       where c.joined_into is not null and chain.steps < ?2)
     select id from chain order by steps desc limit 1`,
    [campaignId.trim(), mostJoins],
  );
  return textOrNull(rows[0] ?? {}, "id") ?? campaignId;
}

/** Joins one after the other that are followed; rows that name each other end there. */
const mostJoins = 1_000;
