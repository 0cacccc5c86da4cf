/** What a run with tickets is judged by: the ledger, what the stand-ins hold, and what each attempt recorded. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { JiraStandIn } from "../standins/jira.ts";
import type { StandIn } from "../standins/stand-in.ts";
import type { SecondSystem } from "./second-system.ts";

/** What a stand-in asks for with 429, in milliseconds. */
export const retryAfterMs = 1_000;
/** A request that leaves while the answer to another is on its way was not told. Milliseconds. */
export const crossingMs = 300;
/** What is not asked for within this time after a restart is taken for forgotten, in milliseconds. */
export const resumeMs = 60_000;

/**
 * Attempts that began although their system had asked for silence, by the appliance's own record: after the end of the one that was told to
 * wait, and sooner after its beginning than it was told.
 */
export function tooEarly(folder: string): string[] {
  const database = new Database(join(folder, "data", "rhythmx.db"), { readonly: true });
  const attempts = database
    .query(
      "select system, a.at, duration_ms as ms, request, status, outcome from delivery_attempts a join deliveries d on d.id = a.delivery_id",
    )
    .all() as { system: string; at: string; ms: number; request: string; status: number | null; outcome: string }[];
  database.close();
  const told = attempts.filter(({ status }) => status === 429);
  // An attempt that was held back here has asked nothing.
  const asked = attempts.filter(({ outcome, status }) => outcome !== "throttled" || status !== null);
  return told.flatMap((one) => {
    const began = Date.parse(one.at);
    return asked
      .filter(({ system, at }) => {
        const later = Date.parse(at);
        return system === one.system && later > began + one.ms + crossingMs && later < began + retryAfterMs;
      })
      .map(({ system, at, request }) => `${system}: ${request} at ${at}, although ${one.at} said to wait`);
  });
}

/**
 * Milliseconds from a start to the first request, `resumeMs` = none came; null where nothing was due, or where it ended before it could be said.
 */
export async function resumption(
  folder: string,
  systems: readonly StandIn[],
  isOver: () => boolean,
): Promise<number | null> {
  const since = Date.now();
  const database = new Database(join(folder, "data", "rhythmx.db"), { readonly: true });
  const { due } = database
    .query(
      "select count(*) as due from deliveries where state in ('planned', 'unknown', 'sending') and next_attempt_at <= ?",
    )
    .get(since) as { due: number };
  database.close();
  if (due === 0) return null;
  while (Date.now() - since < resumeMs) {
    if (systems.some(({ log }) => (log.at(-1)?.at ?? 0) >= since)) return Date.now() - since;
    if (isOver()) return null;
    await sleep(20);
  }
  return resumeMs;
}

/** Whether the ledger has nothing left to do. */
export function settled(folder: string): boolean {
  try {
    const database = new Database(join(folder, "data", "rhythmx.db"), { readonly: true });
    const open = database
      .query("select count(*) as n from deliveries where state not in ('confirmed', 'discarded')")
      .get() as {
      n: number;
    };
    database.close();
    return open.n === 0;
  } catch {
    return false;
  }
}

export function judge(folder: string, jira: JiraStandIn, second: SecondSystem, incidents: number): string[] {
  const database = new Database(join(folder, "data", "rhythmx.db"), { readonly: true });
  const ids = (database.query("select incident_id as id from incidents").all() as { id: string }[]).map(({ id }) => id);
  const unfinished = database
    .query(
      "select state, cause, detail, count(*) as n from deliveries where state not in ('confirmed', 'discarded') group by 1, 2, 3",
    )
    .all();
  const ledger = database
    .query("select incident_id as id, system, remote_key as remote from tickets where remote_key is not null")
    .all() as {
    id: string;
    system: string;
    remote: string;
  }[];
  const alone = new Set(
    (database.query("select incident_id as id from incidents where campaign_id is null").all() as { id: string }[]).map(
      ({ id }) => id,
    ),
  );
  const linked = database
    .query("select count(*) as n from incidents where external_ticket_id is null and campaign_id is null")
    .get() as { n: number };
  database.close();
  const violations: string[] = [];
  if (ids.length !== incidents) violations.push(`${ids.length} incidents instead of ${incidents}`);
  if (unfinished.length > 0) violations.push(`unfinished: ${JSON.stringify(unfinished).slice(0, 600)}`);
  if (linked.n > 0) violations.push(`${linked.n} incidents without a ticket's number`);
  const counted = (of: string[]) => Map.groupBy(of, (id) => id);
  const inJira = counted(
    jira.issues.map(({ fields }) =>
      (fields.labels.find((label) => label.startsWith("rhythmx-inc")) ?? "?").replace(/-g\d+$/, ""),
    ),
  );
  // Sent again by a person: a generation of its own.
  const inSecond = counted(second.correlations().map((one) => one.replace(/-g\d+$/, "")));
  for (const id of ids) {
    const [a, b] = [inJira.get(`rhythmx-${id.toLowerCase()}`)?.length ?? 0, inSecond.get(id)?.length ?? 0];
    // Another ticket may stand for its campaign.
    const least = alone.has(id) ? 1 : 0;
    if (a > 1 || a < least) violations.push(`${id}: ${a} issues in Jira`);
    if (b > 1 || b < least) violations.push(`${id}: ${b} tickets in the other system`);
  }
  const keys = new Set([...jira.issues.map(({ key }) => key), ...second.numbers()]);
  for (const { id, system, remote } of ledger)
    if (!keys.has(remote)) violations.push(`${id}: the ledger has ${remote} of ${system}, which does not exist`);
  for (const { key, remoteLinks } of jira.issues)
    if (remoteLinks.size !== 1) violations.push(`${key}: ${remoteLinks.size} links back`);
  return violations;
}
