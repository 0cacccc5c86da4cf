/** What becomes of an outbreak when it has been waited long enough: an incident, or nothing; and what is told of later hosts. */
import {
  hostsOf,
  mostHosts,
  outbreaksIn,
  type Sighting,
  sharedUser,
  tellAt,
  wasAround,
} from "../../core/campaigns/outbreak.ts";
import { noteOutbreak } from "../../core/correlation/evidence.ts";
import { rarityOf } from "../../core/correlation/rarity/rarity.ts";
import { hourMs } from "../../core/time.ts";
import { type ActorPeriod, periodById } from "../incidents/actor-periods.ts";
import { conclude } from "../incidents/conclusions.ts";
import type { Correlator } from "../incidents/correlator.ts";
import { findIncidents } from "../incidents/incident-rows.ts";
import { savePeriods } from "../incidents/save-periods.ts";
import type { UnitOfWork } from "../incidents/unit-of-work.ts";
import { accountsAtWork } from "./outbreak-accounts.ts";
import { rarityDay } from "./outbreak-alerts.ts";
import {
  dueOutbreaks,
  isNear,
  nameOf,
  type OutbreakRow,
  outbreaksOf,
  saveOutbreak,
  saveSpans,
  sightingsNear,
} from "./outbreak-rows.ts";

/** Outbreaks that one commit looks at. */
const mostDue = 20;
/** Actors of an outbreak whose evidence of it is gone, one after the other. */
const mostGone = 50;

/** Looks at the outbreaks that are due; returns how many made an incident or joined one, and whether more are due. */
export async function settleOutbreaks(
  unit: UnitOfWork,
  correlator: Correlator,
): Promise<{ formed: number; more: boolean }> {
  const due = await dueOutbreaks(unit.database, unit.now, mostDue);
  let formed = 0;
  for (const row of due) {
    row.dueAt = null;
    if (!row.isOver) formed += (await settle(unit, correlator, row)) ? 1 : 0;
    unit.add(...saveOutbreak(row));
    // The next one may be of the same actor.
    await unit.flush();
  }
  return { formed, more: due.length === mostDue };
}

async function settle(unit: UnitOfWork, correlator: Correlator, row: OutbreakRow): Promise<boolean> {
  const others = ((await outbreaksOf(unit.database, [row])).get(nameOf(row)) ?? []).filter(({ id }) => id !== row.id);
  const over = others.filter(({ isOver }) => isOver);
  const near = await sightingsNear(unit.database, row, { first: row.firstAt, last: row.lastAt }, over);
  const chain = await attackIn(unit, correlator, row, near);
  if (row.state === "open") {
    await tell(unit, correlator, row, chain);
    return false;
  }
  row.state = "none";
  row.updatedAt = unit.now;
  if (chain === null) return false;
  const [firstAt, lastAt] = [chain[0]?.at ?? row.firstAt, chain.at(-1)?.at ?? row.lastAt];
  // What came in between has made one of two.
  const same = others.find(
    (other) => !other.isOver && other.id < row.id && (isNear(other, firstAt) || isNear(other, lastAt)),
  );
  if (same === undefined) return open(unit, correlator, row, chain);
  Object.assign(row, { state: "over", isOver: true });
  same.dueAt ??= tellAt(same.updatedAt, unit.now);
  unit.add(...saveSpans([same]));
  return false;
}

/** The chain of the outbreak without what accounts do that always work on many hosts; null if that leaves none. */
async function attackIn(
  { database, ruleActors }: UnitOfWork,
  correlator: Correlator,
  row: OutbreakRow,
  near: readonly Sighting[],
): Promise<Sighting[] | null> {
  const whole = chainOf(row, near);
  if (whole === null) return null;
  const day = rarityDay(whole[0]?.at ?? 0);
  const [usual] = await ruleActors.usual(database, [{ entity: row.entityKey, key: row.rule, day }]);
  const atWork = await accountsAtWork(database, correlator, row.entity, whole, { day, actors: usual?.of ?? 0 });
  const others = near.filter(({ user }) => !atWork.has(user));
  const chain = atWork.size === 0 ? whole : chainOf(row, others);
  if (chain === null || (rarityOf(usual) === "unknown" && wasAround(chain, others))) return null;
  return chain;
}

function chainOf(row: OutbreakRow, sightings: readonly Sighting[]): Sighting[] | null {
  return outbreaksIn(sightings).find((chain) => chain.some(({ at }) => isNear(row, at))) ?? null;
}

/** Makes it the incident of the user that all hosts share, else of the earliest host. */
async function open(
  unit: UnitOfWork,
  correlator: Correlator,
  row: OutbreakRow,
  whole: readonly Sighting[],
): Promise<boolean> {
  let chain: Sighting[] | null = [...whole];
  for (let gone = 0; chain !== null && gone < mostGone; gone++) {
    const user = sharedUser(chain);
    const head: Sighting | undefined = user === null ? chain[0] : chain.find((one) => one.user === user);
    const period = head === undefined ? null : await periodById(unit.database, head.periodId);
    if (period?.current === true && hasEvidence(period, row.rule)) {
      row.hosts = hostsOf(chain);
      row.firstAt = Math.min(row.firstAt, chain[0]?.at ?? row.firstAt);
      row.lastAt = Math.max(row.lastAt, chain.at(-1)?.at ?? row.lastAt);
      await give(unit, correlator, row, period, { told: null, chain });
      row.incidentId = period.incidentId;
      if (row.incidentId === null) return false;
      row.state = "open";
      const named = `${row.hosts.length} hosts: ${row.title}`;
      unit.addHistory("incident", row.incidentId, { action: "OUTBREAK", field: "outbreak", old: null, new: named });
      return true;
    }
    // An exception has taken it.
    chain = chainOf(
      row,
      chain.filter(({ periodId }) => periodId !== head?.periodId),
    );
  }
  return false;
}

function hasEvidence({ state: { evidence } }: ActorPeriod, rule: string): boolean {
  return evidence.hours.some(({ items }) => items.some((item) => evidence.rules[item.rule]?.key === rule));
}

/** Tells of hosts that came later. */
async function tell(
  unit: UnitOfWork,
  correlator: Correlator,
  row: OutbreakRow,
  chain: readonly Sighting[] | null,
): Promise<void> {
  const known = row.hosts.length;
  const hosts = [...new Set([...hostsOf(chain ?? []), ...row.hosts])].slice(0, mostHosts);
  if (chain === null || hosts.length <= known || row.incidentId === null) return;
  const incident = (await findIncidents(unit.database, [row.incidentId])).get(row.incidentId);
  const period = incident === undefined ? null : await periodById(unit.database, incident.periodId);
  if (period === null || !period.state.evidence.outbreaks.some(({ id }) => id === row.id)) {
    Object.assign(row, { state: "over", isOver: true });
    return;
  }
  row.hosts = hosts;
  row.updatedAt = unit.now;
  await give(unit, correlator, row, period, { told: known, chain });
}

/** Adds the outbreak to the evidence and assesses what it changes. */
async function give(
  unit: UnitOfWork,
  { rules }: Correlator,
  row: OutbreakRow,
  period: ActorPeriod,
  { told, chain }: { told: number | null; chain: readonly Sighting[] },
): Promise<void> {
  const { evidence } = period.state;
  const title = evidence.rules.find(({ key }) => key === row.rule)?.title ?? row.title;
  const [firstAt, lastAt] = [chain[0]?.at ?? row.firstAt, chain.at(-1)?.at ?? row.lastAt];
  row.title = title;
  noteOutbreak(evidence, { id: row.id, key: row.rule, title, hosts: row.hosts.length, firstAt, lastAt });
  const [from, to] = [Math.floor(firstAt / hourMs), Math.floor(lastAt / hourMs)];
  const changed = evidence.hours.filter(({ hour }) => period.pending || (hour >= from && hour <= to));
  const outbreak = { rule: title, hosts: row.hosts, firstAt: row.firstAt, lastAt: row.lastAt, told };
  await conclude(unit, rules, [{ period, changed: new Set(changed), outbreak }]);
  savePeriods(unit, [period]);
}
