/** Deliveries that stand still, parked or dead: which are meant, and many of them sent again in steps of one small write each. */
import { notIdentified, notLookedUp, type TicketSystemName, unknownOutcome } from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { entitySpellings } from "../database/entity-spellings.ts";
import { integer } from "../database/rows.ts";
import { triedAgain } from "./restored.ts";

export type StandingState = "parked" | "dead";

/** Selects parked or dead deliveries; a field that is not given matches all. Times are epoch milliseconds. */
export interface DeadLetterFilter {
  id?: string;
  system?: TicketSystemName;
  state?: StandingState;
  causes?: readonly string[];
  /** Null = all. */
  entities?: readonly string[] | null;
  incidentId?: string;
  /** Since when they stand still: from the first on, before the second. */
  since?: number;
  before?: number;
}

/** Where the next step begins. */
export interface StandingPlace {
  state: StandingState;
  /** The last delivery that an earlier step has taken. */
  seq: number;
}

/** How many deliveries a step has decided; `next` null: it was the last one. */
export interface StepTaken {
  count: number;
  next: StandingPlace | null;
}

/** Triggers keep counts and campaigns in step with each: so many take a fraction of a second. */
const perStep = 500;

/** Created, but not identified. No retry or resume touches these: a person has to name the ticket or have it sent again. */
export const isMade = `(kind = 'create' and coalesce(cause, '') = '${notIdentified}')`;

/** SQL: a note that stands still, and that its target may have all the same. */
export const mayHaveArrived = `(state = 'parked' and kind = 'comment' and coalesce(cause, '') in ('not_kept', '${notLookedUp}'))`;

/** SQL: a note whose request was begun before its ticket was gone, which it may have if it comes back. */
export const wasBegun = `(kind = 'comment' and coalesce(cause, '') = 'ticket_gone'
  and (payload is not null or exists (select 1 from delivery_attempts a where a.delivery_id = deliveries.id)))`;

/** The next of those that are meant, in the order of their numbers: on one way through each is met at most once. */
export async function standingAt(
  database: Database,
  which: DeadLetterFilter,
  place: StandingPlace | null,
  without = "false",
): Promise<{ seqs: number[]; next: StandingPlace | null }> {
  const states: readonly StandingState[] = which.state === undefined ? ["parked", "dead"] : [which.state];
  const { state, seq } = place ?? { state: states[0] ?? "parked", seq: 0 };
  const parts: [sql: string, value: string | number | null | undefined][] = [
    ["d.id = ?", which.id],
    ["d.system = ?", which.system],
    ["coalesce(d.cause, '') in (select value from json_each(?))", which.causes && JSON.stringify(which.causes)],
    [
      "t.entity_name in (select value from json_each(?))",
      which.entities == null ? undefined : JSON.stringify(await entitySpellings(database, which.entities)),
    ],
    ["t.incident_id = ?", which.incidentId],
    ["d.updated_at >= ?", which.since === undefined ? undefined : toIso(which.since)],
    ["d.updated_at < ?", which.before === undefined ? undefined : toIso(which.before)],
  ];
  const given = parts.filter(([, value]) => value !== undefined);
  const { rows } = await database.read(
    `select d.seq from deliveries d join tickets t on t.id = d.ticket_id
     where d.state = ? and d.seq > ?${given.map(([sql]) => ` and ${sql}`).join("")} and not (${without}) order by d.seq limit ?`,
    [state, seq, ...given.map(([, value]) => value ?? null), perStep],
  );
  const seqs = rows.map((row) => integer(row, "seq"));
  const last = seqs.at(-1);
  const following = states[states.indexOf(state) + 1];
  if (seqs.length === perStep && last !== undefined) return { seqs, next: { state, seq: last } };
  return { seqs, next: following === undefined ? null : { state: following, seq: 0 } };
}

/**
 * Plans them again, a step at a time from `place` on (null: from the beginning); those with an unknown outcome are looked up first, and those
 * that were made and not identified are left.
 */
export async function retryDeliveries(
  database: Database,
  which: DeadLetterFilter,
  now: number,
  place: StandingPlace | null,
): Promise<StepTaken> {
  const { seqs, next } = await standingAt(database, which, place, isMade);
  if (seqs.length === 0) return { count: 0, next };
  const results = await database.write([
    {
      // The settings may have been wrong, so it is rendered again, unless a person has approved the request.
      // One that a person chose is wanted, also where another ticket stands for its campaign by now.
      // A note that was not seen after it was written may have been hidden: it is looked up first, as is one that may have arrived, unless a
      // person has chosen it: he has looked.
      sql: `update deliveries set ${triedAgain(`case when kind = 'create' and cause = '${unknownOutcome}' then 'unknown'
              when kind = 'comment' and (cause = 'not_kept' or (cause = '${notLookedUp}' and ?3 = 0)) then 'unknown'
              when ${wasBegun} and ?3 = 0 then 'unknown' else 'planned' end`)}, attempts = 0,
              lookups = 0, payload = case trigger when 'manual' then payload else null end, next_attempt_at = ?1, updated_at = ?2,
              wanted = max(wanted, ?3)
            where seq in (select value from json_each(?4)) and state in ('parked', 'dead') and not ${isMade}`,
      args: [now, toIso(now), which.id === undefined ? 0 : 1, JSON.stringify(seqs)],
    },
  ]);
  return { count: results[0]?.rowsAffected ?? 0, next };
}
