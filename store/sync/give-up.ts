/** Deliveries that a person gives up: never sent, with the reason in the ledger and in the history of their incidents, in the same commit. */
import { notIdentified, unknownOutcome } from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { OpenIncidents } from "../incidents/operations.ts";
import { type Author, UnitOfWork } from "../incidents/unit-of-work.ts";
import { orphansOf } from "../outbox/dead-letters.ts";
import { type DeadLetterFilter, type StandingPlace, type StepTaken, standingAt } from "../outbox/standing.ts";

/** Gives up what is parked or dead, a step at a time from `place` on (null: from the beginning). Updates that go with a ticket are not counted. */
export async function discardDeliveries(
  open: OpenIncidents,
  which: DeadLetterFilter,
  reason: string,
  author: Author,
  now: number,
  place: StandingPlace | null,
): Promise<StepTaken> {
  return UnitOfWork.inOneWrite(open, author, now, async (unit) => {
    const { seqs, next } = await standingAt(open.database, which, place);
    await giveUp(unit, seqs, reason);
    return { count: seqs.length, next };
  });
}

/**
 * Gives up one that is parked, dead, waits its turn, or has an outcome that is not known. `seen`: when it was last changed as the person saw it (epoch milliseconds), null = whenever.
 * Returns false if it is being sent or finished, or has been changed since.
 */
export async function discardDelivery(
  open: OpenIncidents,
  id: string,
  reason: string,
  author: Author,
  now: number,
  seen: number | null,
): Promise<boolean> {
  return UnitOfWork.inOneWrite(open, author, now, async (unit) => {
    const { rows } = await open.database.read(
      "select seq from deliveries where id = ? and state in ('planned', 'unknown', 'parked', 'dead') and (?2 is null or updated_at = ?2)",
      [id, seen === null ? null : toIso(seen)],
    );
    const seqs = rows.map((row) => integer(row, "seq"));
    await giveUp(unit, seqs, reason);
    return seqs.length === 1;
  });
}

/** Adds what it takes to the unit, with nobody else writing until it is written. */
async function giveUp(unit: UnitOfWork, seqs: readonly number[], reason: string): Promise<void> {
  if (seqs.length === 0) return;
  const { rows } = await unit.database.read(
    `select d.seq, d.id, d.ticket_id, d.kind, d.system, d.cause, t.incident_id, i.incident_id is not null as is_there
     from deliveries d join tickets t on t.id = d.ticket_id left join incidents i on i.incident_id = t.incident_id
     where d.seq in (select value from json_each(?)) order by d.seq`,
    [JSON.stringify(seqs)],
  );
  const at = toIso(unit.now);
  unit.add(
    {
      // What may have arrived is looked up first where a person wants the ticket later.
      sql: `update deliveries set state = 'discarded', detail = ?, who = ?, updated_at = ?,
          cause = case when state = 'unknown' and kind = 'create' and cause is not '${notIdentified}' then '${unknownOutcome}' else cause end
        where seq in (select value from json_each(?))`,
      args: [reason, unit.author.who, at, JSON.stringify(seqs)],
    },
    orphansOf(
      rows.map((row) => integer(row, "ticket_id")),
      at,
    ),
  );
  // Retention may have removed the incident in the meantime.
  for (const row of rows)
    if (integer(row, "is_there") === 1)
      unit.addHistory("incident", text(row, "incident_id"), {
        action: "DELIVERY_GIVEN_UP",
        field: `${text(row, "system")}_${text(row, "kind")}`,
        old: textOrNull(row, "cause"),
        new: reason,
      });
}
