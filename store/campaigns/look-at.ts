/** Looks at the evidence of one incident: what it touched, by its actor's hours and by its logs. */
import { addLogTraces } from "../../core/campaigns/log-traces.ts";
import { accountValue, hostName, hostValue, type Trace, TraceSet } from "../../core/campaigns/traces.ts";
import { floorOf, type PreparedFloors } from "../../core/correlation/floors.ts";
import { rarityOf } from "../../core/correlation/rarity/rarity.ts";
import { dayOf, ruleNumbers, type Sighting, sightingKey } from "../../core/correlation/rarity/sightings.ts";
import { type Level, levels } from "../../core/detection.ts";
import { minuteMs } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { ActorPeriod } from "../incidents/actor-periods.ts";
import type { EntitySharing } from "./known-sharing.ts";
import type { Look } from "./looks.ts";

/** What one look may find, and what it may read. */
const mostTraces = 400;
const logsPerLook = 16;
/** Logs of one incident that are ever read: the beginning of an attack says whose it is. */
const mostLogs = 160;
/** The newest alerts, of which logs are chosen. */
const newestAlerts = 500;

export interface LookRules {
  floors: PreparedFloors;
  sharing: EntitySharing;
}

/** Returns what is new since the last look, and the alerts whose logs have been read by now. @throws StoreError */
export async function lookAt(
  database: Database,
  period: ActorPeriod,
  before: Look | null,
  { floors, sharing }: LookRules,
): Promise<{ traces: Trace[]; alerts: number[] }> {
  const traces = new TraceSet(mostTraces);
  addEvidence(traces, period, before?.stateAt ?? 0, { floors, sharing });
  const known = before?.alerts ?? [];
  const logs = known.length >= mostLogs ? [] : await unreadLogs(database, period.id, known);
  for (const { log, host, at, level } of logs) {
    const withAccounts = sharing.ofHost(hostValue(host)) === "own";
    addLogTraces(traces, { log, host, at, level, withAccounts });
  }
  return { traces: traces.list(), alerts: [...known, ...logs.map(({ id }) => id)] };
}

/** Hosts and crown jewels of the hours that were written to since `since` (epoch ms), and the actor itself. */
function addEvidence(
  traces: TraceSet,
  { actor, state }: ActorPeriod,
  since: number,
  { floors, sharing }: LookRules,
): void {
  const { rules, hosts, hours, sightings } = state.evidence;
  const numbers = ruleNumbers(rules);
  // The newest first: there may be more than are kept.
  for (const { hour, recorded, items, alarms } of hours.toReversed()) {
    if (recorded < Math.floor(since / minuteMs)) continue;
    if (alarms !== null) addActor(traces, actor, 0, alarms.first, alarms.last);
    for (const { rule, host, first, last } of items) {
      const known = rules[rule];
      const isCrownJewel = known !== undefined && floorOf(known, floors)?.crownJewel === true;
      const sighting = sightings.get(sightingKey(numbers[rule] ?? rule, dayOf(hour)));
      const level = isCrownJewel ? known.level : gravity(known?.level ?? 0, sighting, sharing.isLarge);
      addActor(traces, actor, level, first, last);
      const name = hosts[host] ?? "";
      if (level >= medium) traces.add("host", hostValue(name), hostName(name), level, first, last);
      if (isCrownJewel) traces.add("crown_jewel", known.key, known.title, level, first, last);
    }
  }
}

const [low, medium, high] = ["low", "medium", "high"].map((level) => levels.indexOf(level as Level)) as [
  number,
  number,
  number,
];

/**
 * What a level says of a machine that two share: nothing where the rule is usual, and less while nothing is known yet of what is usual in an
 * entity with many actors.
 */
function gravity(level: number, sighting: Sighting | undefined, isLarge: boolean): number {
  const rarity = rarityOf(sighting);
  if (rarity === "common") return Math.min(level, low);
  return rarity === "unknown" && isLarge && level === high ? medium : level;
}

function addActor(
  traces: TraceSet,
  { type, name }: ActorPeriod["actor"],
  level: number,
  first: number,
  last: number,
): void {
  if (type === "user") traces.add("user", accountValue(name), name, level, first, last);
  else if (type === "host") {
    if (level >= medium) traces.add("host", hostValue(name), hostName(name), level, first, last);
  } else traces.add("address", name, name, level, first, last);
}

/** Logs of alerts that were not read before: the highest level first, then the newest. */
async function unreadLogs(
  database: Database,
  periodId: number,
  known: readonly number[],
): Promise<{ id: number; level: number; log: string; host: string; at: number }[]> {
  const { rows } = await database.read(
    `with newest as (select id, level, host, first_seq, first_seen, last_seen from sigma_alerts where period_id = ?1 order by id desc limit ?4),
       chosen as (select * from newest where id not in (select value from json_each(?2))
         order by case level when 'critical' then 4 when 'high' then 3 when 'medium' then 2 when 'low' then 1 else 0 end desc,
           last_seen desc, id desc limit ?3)
     select c.id, c.level, c.host, c.first_seen, c.last_seen, e.body as first, l.body as newest
     from chosen c left join event_log e on e.seq = c.first_seq left join alert_logs l on l.alert_id = c.id order by c.id`,
    [periodId, JSON.stringify(known), logsPerLook, newestAlerts],
  );
  return rows.map((row) => {
    const first = textOrNull(row, "first");
    const at = fromIso(text(row, first === null ? "last_seen" : "first_seen"));
    return {
      id: integer(row, "id"),
      level: levels.indexOf(text(row, "level") as Level),
      log: first ?? textOrNull(row, "newest") ?? "",
      host: text(row, "host"),
      at,
    };
  });
}
