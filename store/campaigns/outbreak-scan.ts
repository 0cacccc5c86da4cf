/** Looks at new alerts, keeps what may become an outbreak, and finds where five hosts are close enough together. */
import { mostHosts, outbreaksIn, settledAt, tellAt } from "../../core/campaigns/outbreak.ts";
import type { Database } from "../database/database.ts";
import { integer } from "../database/rows.ts";
import type { Correlator } from "../incidents/correlator.ts";
import type { UnitOfWork } from "../incidents/unit-of-work.ts";
import type { CrowdedRules } from "./crowded-rules.ts";
import { type AlertSighting, alertColumns, sightingsOf } from "./outbreak-alerts.ts";
import {
  isNear,
  nameOf,
  noteSightings,
  type OutbreakSpan,
  outbreaksOf,
  type RuleOfEntity,
  saveSpans,
  sightingsNear,
} from "./outbreak-rows.ts";

/** Alerts that one commit looks at: intake waits for it. */
const alertsPerStep = 1_000;

/** Goes a step further, and looks at the alerts that occurred again; returns whether more new ones are left. */
export async function scanAlerts(
  unit: UnitOfWork,
  { correlator, crowded }: { correlator: Correlator; crowded: CrowdedRules },
  repeated: readonly number[],
): Promise<boolean> {
  const { database, now } = unit;
  const step = await nextStep(database);
  if (step.upto === step.after && repeated.length === 0) return false;
  const { rows } = await database.read(
    `select ${alertColumns} from sigma_alerts
     where (id > ?1 and id <= ?2 or id in (select value from json_each(?3))) and level in ('medium', 'high', 'critical')
       and period_id is not null
     order by id`,
    [step.after, step.upto, JSON.stringify(repeated)],
  );
  const found = await sightingsOf(unit, correlator, rows, step.after);
  const known = await outbreaksOf(database, distinctRules(found));
  const alive = found.filter((one) => !(known.get(nameOf(one)) ?? []).some((span) => isOverThen(span, one)));
  const noted = alive.filter((one) => !(known.get(nameOf(one)) ?? []).some((span) => isFull(span, one)));
  unit.add(...noteSightings(noted, now), {
    sql: "update outbreak_position set alert_id = ?",
    args: [step.upto],
  });
  await unit.flush();
  crowded.note(noted);
  const changed = new Set<OutbreakSpan>();
  const loose: AlertSighting[] = [];
  for (const [name, sightings] of Map.groupBy(alive, nameOf))
    loose.push(...join(known.get(name) ?? [], sightings, changed, now));
  const byRule = Map.groupBy(loose, nameOf);
  // In order of their names, so that ids do not depend on the order of alerts.
  for (const name of [...(await crowded.among(database, loose))].sort())
    await begin(unit, known.get(name) ?? [], byRule.get(name) ?? [], changed);
  unit.add(...saveSpans(changed));
  await unit.flush();
  return step.isFull;
}

/** Whether there are alerts that were not looked at. */
export async function hasNewAlerts(database: Database): Promise<boolean> {
  const { rows } = await database.read(
    "select coalesce((select max(id) from sigma_alerts), 0) > (select alert_id from outbreak_position) as more",
  );
  return rows[0] !== undefined && integer(rows[0], "more") === 1;
}

/** The ids of the next alerts, if there are any: those behind `after`. There are few gaps between ids, and where there are, a step is short. */
async function nextStep(database: Database): Promise<{ after: number; upto: number; isFull: boolean }> {
  const { rows } = await database.read(
    "select alert_id as after, coalesce((select max(id) from sigma_alerts), 0) as last from outbreak_position",
  );
  const [after, last] = rows[0] === undefined ? [0, 0] : [integer(rows[0], "after"), integer(rows[0], "last")];
  const upto = Math.max(after, Math.min(last, after + alertsPerStep));
  return { after, upto, isFull: upto < last };
}

function distinctRules(sightings: readonly RuleOfEntity[]): RuleOfEntity[] {
  return [...new Map(sightings.map((one) => [nameOf(one), one])).values()];
}

/** It belongs to an outbreak that is over. */
function isOverThen({ isOver, firstAt, lastAt }: OutbreakSpan, { at }: AlertSighting): boolean {
  return isOver && at >= firstAt && at <= lastAt;
}

/** It belongs to an outbreak that has all the hosts that are noted. */
function isFull(span: OutbreakSpan, { at }: AlertSighting): boolean {
  return !span.isOver && span.hostCount >= mostHosts && isNear(span, at);
}

/** Makes the outbreaks longer by these sightings of their rule; returns those that belong to none of them. */
function join(
  spans: readonly OutbreakSpan[],
  sightings: readonly AlertSighting[],
  changed: Set<OutbreakSpan>,
  now: number,
): AlertSighting[] {
  const alive = spans.filter(({ isOver }) => !isOver);
  if (alive.length === 0) return [...sightings];
  let loose = [...sightings].sort((a, b) => a.at - b.at);
  // Each one that joins may bring the next within reach, in either direction.
  for (let before = -1; loose.length > 0 && loose.length !== before; ) {
    before = loose.length;
    loose = loose.filter(({ at }) => {
      const near = alive.find((span) => isNear(span, at));
      if (near === undefined) return true;
      extend(near, at, now);
      changed.add(near);
      return false;
    });
    loose.reverse();
  }
  return loose;
}

/** Whether it has another host is found out when it is looked at next. */
function extend(span: OutbreakSpan, at: number, now: number): void {
  span.firstAt = Math.min(span.firstAt, at);
  span.lastAt = Math.max(span.lastAt, at);
  if (span.state === "waiting") {
    span.updatedAt = now;
    span.dueAt = settledAt(span.formedAt, now);
  } else if (span.hostCount < mostHosts) span.dueAt ??= tellAt(span.updatedAt, now);
}

/** Adds outbreaks that these sightings complete, which belong to no known one. */
async function begin(
  { database, now }: UnitOfWork,
  known: readonly OutbreakSpan[],
  loose: readonly AlertSighting[],
  changed: Set<OutbreakSpan>,
): Promise<void> {
  const [one] = loose;
  if (one === undefined) return;
  const times = loose.map(({ at }) => at);
  const span = { first: times.reduce((a, b) => Math.min(a, b)), last: times.reduce((a, b) => Math.max(a, b)) };
  const over = known.filter(({ isOver }) => isOver);
  for (const chain of outbreaksIn(await sightingsNear(database, one, span, over))) {
    const [firstAt, lastAt] = [chain[0]?.at ?? 0, chain.at(-1)?.at ?? 0];
    if (!times.some((at) => at >= firstAt && at <= lastAt)) continue;
    const longer = known.find((row) => !row.isOver && (isNear(row, firstAt) || isNear(row, lastAt)));
    if (longer !== undefined) {
      for (const at of [firstAt, lastAt]) extend(longer, at, now);
      changed.add(longer);
      continue;
    }
    const { entity, entityKey, rule, title } = one;
    changed.add({
      ...{ id: 0, entity, entityKey, rule, title, state: "waiting", isOver: false, firstAt, lastAt },
      ...{ hostCount: 0, incidentId: null, formedAt: now, updatedAt: now, dueAt: settledAt(now, now) },
    });
  }
}
