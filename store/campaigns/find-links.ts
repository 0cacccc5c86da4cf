/** Finds the open incidents of an entity that share traces with one, and what joins them. */
import type { CampaignLink } from "../../core/campaigns/campaign.ts";
import { counterparts, linksOf, type Match, type Side } from "../../core/campaigns/links.ts";
import type { Trace, TraceKind } from "../../core/campaigns/traces.ts";
import type { ActorType } from "../../core/incident.ts";
import type { Database } from "../database/database.ts";
import { integer, text } from "../database/rows.ts";
import type { Row } from "../database/statement.ts";
import type { EntitySharing } from "./known-sharing.ts";

/** An incident that was looked at in this step, whose traces are not in the file yet. */
export interface Looked extends Side {
  entityKey: string;
  traces: readonly Trace[];
}

/** The most traces of others that are compared with one incident's. */
const mostRows = 5_000;

interface Candidate {
  side: Side;
  matches: Match[];
}

/** `before`: the others of this step. */
export async function findLinks(
  database: Database,
  me: Looked,
  before: readonly Looked[],
  sharing: EntitySharing,
): Promise<CampaignLink[]> {
  const asked = me.traces.filter((trace) => isOfUse(trace, sharing));
  const candidates = new Map<string, Candidate>();
  const candidate = (side: Side): Candidate => {
    const known = candidates.get(side.incidentId) ?? { side, matches: [] };
    candidates.set(side.incidentId, known);
    return known;
  };
  for (const { row, mine } of await matchingRows(database, me, asked))
    candidate(sideFrom(row)).matches.push({ mine, theirs: traceFrom(row) });
  for (const other of before) {
    if (other.entityKey !== me.entityKey) continue;
    const matches = matchesWith(asked, other.traces);
    if (matches.length > 0) candidate(other).matches.push(...matches);
  }
  return [...candidates.values()].flatMap(({ side, matches }) => linksOf(me, side, matches, sharing));
}

/** What many share is not looked for. */
function isOfUse({ kind, value }: Trace, sharing: EntitySharing): boolean {
  if (kind === "host" || kind === "peer") return sharing.ofHost(value) !== "many";
  if (kind === "address" || kind === "peer_address") return sharing.ofAddress(value) !== "many";
  return true;
}

async function matchingRows(
  database: Database,
  { incidentId, entityKey }: Looked,
  asked: readonly Trace[],
): Promise<{ row: Row; mine: Trace }[]> {
  const wanted = asked.flatMap(({ kind, value, block }, index) =>
    counterparts[kind].map((other) => [index, other, value, block]),
  );
  if (wanted.length === 0) return [];
  const { rows } = await database.read(
    `select j.value ->> 0 as mine, t.kind, t.value, t.block, t.name, t.first_at, t.last_at, t.level,
       i.incident_id, i.actor_type, i.group_key, coalesce(l.is_shared, 0) as is_shared
     from json_each(?1) j
       cross join incident_traces t on t.entity_key = ?2 and t.kind = j.value ->> 1 and t.value = j.value ->> 2
         and t.block between (j.value ->> 3) - 1 and (j.value ->> 3) + 1
       join incidents i on i.incident_id = t.incident_id and i.status in ('OPEN', 'IN_PROGRESS')
       left join campaign_looks l on l.incident_id = t.incident_id
     where t.incident_id <> ?3 limit ?4`,
    [JSON.stringify(wanted), entityKey, incidentId, mostRows],
  );
  return rows.flatMap((row) => {
    const mine = asked[integer(row, "mine")];
    return mine === undefined ? [] : [{ row, mine }];
  });
}

function matchesWith(asked: readonly Trace[], theirs: readonly Trace[]): Match[] {
  const byValue = Map.groupBy(theirs, ({ kind, value }) => `${kind}\n${value}`);
  return asked.flatMap((mine) =>
    counterparts[mine.kind].flatMap((kind) =>
      (byValue.get(`${kind}\n${mine.value}`) ?? []).map((other) => ({ mine, theirs: other })),
    ),
  );
}

function sideFrom(row: Row): Side {
  return {
    incidentId: text(row, "incident_id"),
    actorType: text(row, "actor_type") as ActorType,
    actor: text(row, "group_key"),
    isShared: integer(row, "is_shared") === 1,
  };
}

function traceFrom(row: Row): Trace {
  return {
    kind: text(row, "kind") as TraceKind,
    value: text(row, "value"),
    name: text(row, "name"),
    block: integer(row, "block"),
    first: integer(row, "first_at"),
    last: integer(row, "last_at"),
    level: integer(row, "level"),
  };
}
