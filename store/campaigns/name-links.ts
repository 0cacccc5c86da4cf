/** Open incidents of two names that turned out to be one actor are of one campaign; they are never merged. */
import type { CampaignLink } from "../../core/campaigns/campaign.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";

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
    return one === null || other === null ? [] : [linkOf(one, other, found)];
  });
  const last = rows.at(-1);
  const isLeft = new Set(rows.map((found) => integer(found, "change"))).size === perStep;
  return { links, upTo: isLeft && last !== undefined ? integer(last, "change") : changes, more: isLeft };
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

function linkOf(one: string, other: string, row: Parameters<typeof text>[0]): CampaignLink {
  const [incidentId, otherId] = [one, other].sort() as [string, string];
  const times = ["one_at", "other_at"].flatMap((column) => textOrNull(row, column) ?? []).map(fromIso);
  return { incidentId, otherId, kind: "name", what: text(row, "name"), at: Math.max(0, ...times) };
}
