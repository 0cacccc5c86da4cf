/** Open incidents of two names that turned out to be one actor are of one campaign; they are never merged. */
import type { ListedAsset } from "../../core/assets/asset.ts";
import { assetKey } from "../../core/assets/roles.ts";
import type { CampaignLink } from "../../core/campaigns/campaign.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Row, Statement } from "../database/statement.ts";
import type { Looked } from "./find-links.ts";

const perStep = 500;
/** Where the reader keeps up to which change of names it has looked. */
const key = "campaign_names";

/** `upTo` null: nothing has changed. */
export interface NameLinks {
  links: CampaignLink[];
  upTo: number | null;
  more: boolean;
}

/** What names that came to stand for another since `after` join; `after` null: as far as the file says. */
export async function nameLinks(database: Database, after: number | null): Promise<NameLinks> {
  const state = await database.read(
    "select changes, (select value from meta where key = ?) as read_to from name_state where id = 1",
    [key],
  );
  const [row] = state.rows;
  if (row === undefined) return { links: [], upTo: null, more: false };
  const changes = integer(row, "changes");
  const readTo = Math.max(after ?? 0, Number(textOrNull(row, "read_to") ?? 0));
  if (changes <= readTo) return { links: [], upTo: null, more: false };
  const { rows } = await database.read(
    `select n.change, n.name, a.incident_id as one, b.incident_id as other, a.last_alarm_time as one_at, b.last_alarm_time as other_at
     from (select * from name_joins where change > ?1 order by change limit ?2) n
       left join incidents a on n.name <> n.known_as and a.group_key = n.name and a.entity_name = n.entity_key and a.status in ('OPEN', 'IN_PROGRESS')
         and a.actor_type = case n.kind when 'host' then 'host' when 'account' then 'user' end
       left join incidents b on b.group_key = n.known_as and b.entity_name = n.entity_key and b.status in ('OPEN', 'IN_PROGRESS')
         and b.actor_type = a.actor_type
     order by n.change`,
    [readTo, perStep],
  );
  const links = rows.flatMap((found) => {
    const [one, other] = [textOrNull(found, "one"), textOrNull(found, "other")];
    return one === null || other === null ? [] : [linkOf(one, other, text(found, "name"), found)];
  });
  const last = rows.at(-1);
  const isLeft = new Set(rows.map((found) => integer(found, "change"))).size === perStep;
  return { links, upTo: isLeft && last !== undefined ? integer(last, "change") : changes, more: isLeft };
}

/** Other names that lists of assets give this incident's actor: under them it may have incidents from before. */
export async function aliasLinks(
  database: Database,
  me: Looked,
  assets: readonly ListedAsset[],
): Promise<CampaignLink[]> {
  const kind = me.actorType === "host" ? "host" : "account";
  const own = assets.filter((one) => one.kind === kind && one.aliases.length > 0 && namesOf(one).has(me.actor));
  const names = new Set(me.actorType === "ip" ? [] : own.flatMap((one) => [...namesOf(one)]));
  names.delete(me.actor);
  if (names.size === 0) return [];
  const { rows } = await database.read(
    `select incident_id, group_key, last_alarm_time as other_at from incidents
     where group_key in (select value from json_each(?1)) and entity_name = ?2 and actor_type = ?3 and status in ('OPEN', 'IN_PROGRESS')`,
    [JSON.stringify([...names]), me.entityKey, me.actorType],
  );
  return rows.map((row) => linkOf(me.incidentId, text(row, "incident_id"), text(row, "group_key"), row));
}

/** As actors have them. */
function namesOf({ kind, name, aliases }: ListedAsset): Set<string> {
  return new Set(
    [name, ...aliases].map((one) => (kind === "host" || !one.includes("@") ? assetKey(kind, one) : normaliseName(one))),
  );
}

/** The statement that keeps how far it has looked. */
export function saveNamesRead(upTo: number | null): Statement[] {
  if (upTo === null) return [];
  return [
    {
      sql: "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = excluded.value",
      args: [key, String(upTo)],
    },
  ];
}

function linkOf(one: string, other: string, what: string, row: Row): CampaignLink {
  const [incidentId, otherId] = [one, other].sort() as [string, string];
  const times = ["one_at", "other_at"]
    .flatMap((column) => (row[column] === undefined ? [] : (textOrNull(row, column) ?? [])))
    .map(fromIso);
  return { incidentId, otherId, kind: "name", what, at: Math.max(0, ...times) };
}
