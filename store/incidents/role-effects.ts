/**
 * What a change of roles does to actors that are there already: those whose evidence names a host or account that has another role now are
 * scored again. Actors are gone through in steps, each one commit with how far it came, so that intake goes on meanwhile and a crash
 * in between leaves nobody out.
 */
import { hoursOfOtherRoles } from "../../core/correlation/assess.ts";
import { dayMs, minuteMs, toIso } from "../../core/time.ts";
import { rescoreAfter, rescoredTo } from "../assets/asset-rows.ts";
import { integer } from "../database/rows.ts";
import { periodsById } from "./actor-periods.ts";
import { conclude, traitsOf } from "./conclusions.ts";
import type { Correlator } from "./correlator.ts";
import { savePeriods } from "./save-periods.ts";
import { correlationAuthor, type OpenUnit, UnitOfWork } from "./unit-of-work.ts";

/** The most actors that one commit goes through. */
const actorsPerWrite = 300;
/** Evidence that is older has lost its weight, and makes no new incident. */
const freshMs = 7 * dayMs;

/** Goes a step further after a change of roles; returns whether more is left. `now`: epoch ms. */
export async function applyRoles(open: OpenUnit, correlator: Correlator, now: number): Promise<boolean> {
  const { database } = open;
  const { rules } = correlator;
  const after = await rescoreAfter(database);
  if (after === null) return false;
  const { rows } = await database.read(
    `select id from actor_periods where id > ? and current = 1 and pending = 0 and (incident_id is not null or updated_at > ?)
     order by id limit ?`,
    [after, toIso(now - freshMs), actorsPerWrite],
  );
  const ids = rows.map((row) => integer(row, "id"));
  await UnitOfWork.inOneWrite(open, correlationAuthor, now, async (unit) => {
    const isFresh = ({ recorded }: { recorded: number }) => recorded * minuteMs > now - freshMs;
    const examined = (await periodsById(database, ids)).flatMap((period) => {
      const hours = hoursOfOtherRoles(period.state, traitsOf(period, rules.roles));
      const changed = new Set(period.incidentId === null ? hours.filter(isFresh) : hours);
      return changed.size === 0 ? [] : [{ period, changed }];
    });
    if (examined.length > 0) await conclude(unit, rules, examined);
    savePeriods(
      unit,
      examined.map(({ period }) => period),
    );
    unit.add(rescoredTo(ids.length < actorsPerWrite ? null : (ids.at(-1) ?? null)));
  });
  return ids.length === actorsPerWrite;
}
