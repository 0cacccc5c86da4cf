/** The newest alerts that an exception covers, so that people see what it keeps out of the evidence. */
import { ActorFinder, type ActorRules } from "../../core/correlation/actor.ts";
import type { ExceptionScope } from "../../core/exceptions/exception.ts";
import { ExceptionMatcher, namesOf } from "../../core/exceptions/exception-matcher.ts";
import type { NameBook } from "../../core/identities/name-book.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { eventFacts } from "../../core/logs/log-facts.ts";
import type { Database } from "../database/database.ts";
import { integer, text, textOrNull } from "../database/rows.ts";

export interface MatchedAlert {
  hash: string;
  ruleTitle: string;
  level: string;
  entity: string;
  user: string;
  host: string;
  count: number;
  /** ISO 8601. */
  lastSeen: string;
}

export interface Matches {
  alerts: MatchedAlert[];
  /** False where the look ended before the oldest alert. */
  isComplete: boolean;
}

/** Alerts that are looked at, the newest, those read at once, and logs that are read of them. */
const mostLookedAt = 5_000;
const atOnce = 500;
const mostLogs = 500;

/** `entities`: those that may be shown; null = all. */
export async function matchedAlerts(
  database: Database,
  {
    scope,
    actorRules,
    entities,
  }: { scope: ExceptionScope; actorRules: ActorRules; entities: readonly string[] | null },
  names: NameBook,
  most: number,
): Promise<Matches> {
  const naming = { hostShortNames: actorRules.hostShortNames, names };
  const matcher = new ExceptionMatcher(scope, naming);
  const finder = new ActorFinder(actorRules, names);
  const seen = entities === null ? null : new Set(entities.map(normaliseName));
  const alerts: MatchedAlert[] = [];
  let logs = 0;
  let before = Number.MAX_SAFE_INTEGER;
  for (let looked = 0; looked < mostLookedAt; looked += atOnce) {
    const { rows } = await database.read(
      `select id, hash, entity_name, rule_id, rule_title, level, user_name, host, src_ip, count, last_seen
       from sigma_alerts where id < ? order by id desc limit ?`,
      [before, atOnce],
    );
    for (const row of rows) {
      before = integer(row, "id");
      const entity = text(row, "entity_name");
      if (seen !== null && !seen.has(normaliseName(entity))) continue;
      const orNull = (column: string) => text(row, column) || null;
      const given = { ruleId: orNull("rule_id"), ruleTitle: text(row, "rule_title"), host: orNull("host"), entity };
      const actor = finder.find({ user: orNull("user_name"), host: given.host, srcIp: orNull("src_ip"), entity });
      if (actor === null || !matcher.fitsNames(given, namesOf(given, actor, naming))) continue;
      if (matcher.needsLog) {
        if (++logs > mostLogs) return { alerts, isComplete: false };
        const log = await newestLog(database, before);
        if (log === null || !matcher.fitsLog(eventFacts(log))) continue;
      }
      alerts.push({
        hash: text(row, "hash"),
        ruleTitle: given.ruleTitle,
        level: text(row, "level"),
        entity,
        user: text(row, "user_name"),
        host: text(row, "host"),
        count: integer(row, "count"),
        lastSeen: text(row, "last_seen"),
      });
      if (alerts.length >= most) return { alerts, isComplete: false };
    }
    if (rows.length < atOnce) return { alerts, isComplete: true };
  }
  return { alerts, isComplete: false };
}

async function newestLog(database: Database, alertId: number): Promise<string | null> {
  const { rows } = await database.read(
    `select coalesce(l.body, e.body) as log from sigma_alerts a left join alert_logs l on l.alert_id = a.id
      left join event_log e on e.seq = a.first_seq where a.id = ?`,
    [alertId],
  );
  return rows[0] === undefined ? null : textOrNull(rows[0], "log");
}
