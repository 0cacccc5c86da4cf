/** Open incidents of what has turned out to be one actor: its names were joined after both were there, and incidents are never merged. */
import type { CampaignLink } from "../../core/campaigns/campaign.ts";
import type { NameBook } from "../../core/identities/name-book.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import type { Database } from "../database/database.ts";
import { text } from "../database/rows.ts";
import type { Looked } from "./find-links.ts";

/** The most names of one actor that are looked for, and incidents. */
const most = 100;

/** `at`: of the newest evidence, epoch milliseconds of the detections' own time. */
export async function nameLinks(database: Database, me: Looked, names: NameBook, at: number): Promise<CampaignLink[]> {
  const { incidentId: own, actor, actorType, entityKey } = me;
  const others = names.namesOfActor(entityKey, { type: actorType, name: actor }).filter((name) => name !== actor);
  if (others.length === 0) return [];
  const { rows } = await database.read(
    `select incident_id, group_key, entity_name from incidents where group_key in (select value from json_each(?1)) and actor_type = ?2
       and status in ('OPEN', 'IN_PROGRESS') and incident_id <> ?3 order by id desc limit ?4`,
    [JSON.stringify(others.slice(0, most)), actorType, own, most],
  );
  return rows
    .filter((row) => normaliseName(text(row, "entity_name")) === entityKey)
    .map((row) => {
      const [incidentId = "", otherId = ""] = [own, text(row, "incident_id")].sort();
      const what = [actor, text(row, "group_key")].sort().join(", ");
      return { incidentId, otherId, kind: "name", what, at };
    });
}
