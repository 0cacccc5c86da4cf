/** Tries an exception on what is kept, a step at a time, so that neither memory nor the Worker's time grow with the appliance. */
import { type ExceptionScope, needsLog } from "../../core/exceptions/exception.ts";
import { ExceptionMatcher, type NamingRules, namesOf } from "../../core/exceptions/exception-matcher.ts";
import { itemTest } from "../../core/exceptions/taken-evidence.ts";
import { type Coverage, coverageOf, placeOf, type TrialStep } from "../../core/exceptions/trial.ts";
import { plainHost } from "../../core/identities/host-name.ts";
import type { NameBook } from "../../core/identities/name-book.ts";
import { normaliseHost, normaliseName } from "../../core/intake/identity.ts";
import { eventFacts } from "../../core/logs/log-facts.ts";
import { minuteMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import { type ActorPeriod, actorOfKey, periodsById } from "../incidents/actor-periods.ts";

/** Rows that one step looks at, those of them that it decodes at once, and logs after which it ends. */
const rowsPerStep = 1_000;
const periodsAtOnce = 25;
const logsPerStep = 1_000;
const logsAtOnce = 25;
/** Alerts of one actor that are looked at, the newest. */
const mostAlerts = 5_000;

/** What to try. Times are epoch milliseconds. */
export interface Trial {
  scope: ExceptionScope;
  actorRules: NamingRules;
  /** What was recorded before it does not count. */
  since: number;
}

/** `after`: the `next` of the step before; 0 at first. */
export async function tryException(
  database: Database,
  { scope, actorRules: { hostShortNames }, since }: Trial,
  names: NameBook,
  after: number,
): Promise<TrialStep> {
  const actorRules = { hostShortNames, names };
  const matcher = new ExceptionMatcher(scope, actorRules);
  // Repeats of its newest hour are stored beside a period.
  const { rows } = await database.read(
    `select id, actor_key, updated_at >= ?1 or exists (
        select 1 from actor_repeats r where r.period_id = actor_periods.id and r.recorded >= ?2) as recent
      from actor_periods where id > ?3 order by id limit ?4`,
    [toIso(since), Math.floor(since / minuteMs), after, rowsPerStep],
  );
  const ids = rows
    .filter((row) => integer(row, "recent") === 1 && matcher.mayConcern(...actorOfKey(text(row, "actor_key"))))
    .map((row) => integer(row, "id"));
  const end = rows.length < rowsPerStep ? null : integer(rows.at(-1) ?? {}, "id");
  const step: TrialStep = {
    next: end,
    detections: 0,
    actors: [],
    incidents: [],
    isExact: true,
    logsRead: 0,
    logsGone: 0,
  };
  for (let at = 0; at < ids.length; at += periodsAtOnce) {
    const some = ids.slice(at, at + periodsAtOnce);
    for (const period of await periodsById(database, some)) {
      const { evidence } = period.state;
      const covered = coverageOf(evidence, itemTest(matcher, period, evidence, actorRules), since);
      const isExact = covered.isExact && !(covered.mayBeOlder && (await hasOlderAlerts(database, period.id, since)));
      const detections =
        needsLog(scope) && covered.detections > 0
          ? await coveredByLogs(database, matcher, actorRules, period, covered, step)
          : covered.detections;
      step.isExact &&= isExact;
      if (detections === 0) continue;
      step.detections += detections;
      step.actors.push(period.key);
      if (period.current && period.incidentId !== null)
        step.incidents.push({
          incidentId: period.incidentId,
          entity: period.entity,
          actor: period.actor.name,
          detections,
        });
    }
    if (step.logsRead >= logsPerStep)
      return at + periodsAtOnce < ids.length ? { ...step, next: some.at(-1) ?? end } : step;
  }
  return step;
}

async function hasOlderAlerts(database: Database, periodId: number, since: number): Promise<boolean> {
  const { rows } = await database.read(
    `select 1 as found from sigma_alerts where id in (select id from sigma_alerts where period_id = ?1
      union select alert_id from period_alerts where period_id = ?1) and recorded_at < ?2 limit 1`,
    [periodId, toIso(since)],
  );
  return rows.length > 0;
}

/** Of the covered detections of a period those whose alert has a log that fits: the newest log speaks for all of its alert. */
async function coveredByLogs(
  database: Database,
  matcher: ExceptionMatcher,
  actorRules: NamingRules,
  { id, entity, actor }: ActorPeriod,
  { places }: Coverage,
  step: TrialStep,
): Promise<number> {
  const { rows } = await database.read(
    `select id, rule_id, rule_title, host, count from sigma_alerts where id in (select id from sigma_alerts where period_id = ?1
      union select alert_id from period_alerts where period_id = ?1) order by last_seen desc, id limit ?2`,
    [id, mostAlerts],
  );
  const alerts = rows
    .map((row) => ({
      id: integer(row, "id"),
      entity,
      ruleId: text(row, "rule_id") === "" ? null : text(row, "rule_id"),
      ruleTitle: text(row, "rule_title"),
      host: text(row, "host"),
      count: integer(row, "count"),
    }))
    .filter((alert) => matcher.fitsNames(alert, namesOf(alert, actor, actorRules)));
  let detections = 0;
  for (let at = 0; at < alerts.length; at += logsAtOnce) {
    const some = alerts.slice(at, at + logsAtOnce);
    const logs = await logsOf(
      database,
      some.map((alert) => alert.id),
    );
    for (const { id: alertId, ruleId, ruleTitle, host, count } of some) {
      const log = logs.get(alertId) ?? null;
      if (log === null) step.logsGone++;
      else step.logsRead++;
      if (log === null || !matcher.fitsLog(eventFacts(log))) continue;
      // An alert counts from its first day on, and may have moved here from an earlier incident.
      const rule = normaliseName(ruleId) || normaliseName(ruleTitle);
      let left = count;
      for (const name of hostsInEvidence(entity, host, actorRules)) {
        const place = placeOf(rule, name);
        const here = Math.min(left, places.get(place) ?? 0);
        places.set(place, (places.get(place) ?? 0) - here);
        left -= here;
      }
      detections += count - left;
    }
  }
  return detections;
}

/** The names by which evidence may have the host of an alert: that of its actor, and the one that was given. */
function hostsInEvidence(entity: string, host: string, { names }: NamingRules): string[] {
  const plain = plainHost(host);
  return [...new Set([names?.hostOf(entity, plain) ?? plain, normaliseHost(host)])];
}

/** The newest kept log of each of these alerts. */
async function logsOf(database: Database, alertIds: readonly number[]): Promise<Map<number, string | null>> {
  const { rows } = await database.read(
    `select a.id, coalesce(l.body, e.body) as log from sigma_alerts a left join alert_logs l on l.alert_id = a.id
      left join event_log e on e.seq = a.first_seq where a.id in (select value from json_each(?))`,
    [JSON.stringify(alertIds)],
  );
  return new Map(rows.map((row) => [integer(row, "id"), textOrNull(row, "log")]));
}
