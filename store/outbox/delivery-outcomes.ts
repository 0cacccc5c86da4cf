/** Records the outcome of a delivery and everything that follows from it in one write. */

import { nextReadAt } from "../../core/tickets/sync.ts";
import type { Attempt, DeliveryKind, DeliveryState, RemoteTicket, UpdateContent } from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import type { Statement } from "../database/statement.ts";
import type { IncidentValue } from "./due-deliveries.ts";
import { priorityOfLevel } from "./snow-columns.ts";
import { newDeliveryId, throttleStatement } from "./tickets.ts";

export interface DeliveryOutcome {
  id: string;
  state: DeliveryState;
  attempts: number;
  lookups: number;
  nextAttemptAt: number;
  cause: string | null;
  detail: string | null;
  /** Null if no request was made. */
  attempt: Attempt | null;
  /** The ticket that was created, or found by a look-up. */
  remote: RemoteTicket | null;
  /** The id of the comment that was created or found. */
  commentId: string | null;
  /** The ticket's values after our update, so that the next reading does not take them for somebody else's change. */
  known: { status?: string; assigneeId?: string | null } | null;
  /** The ticket's title as it was kept; null: a person has changed it; absent: it was not written. */
  title?: string | null;
  /** Of what nothing had to be sent: if the incident has another value by now, that has. */
  of?: IncidentValue | null;
  /** A delivery that follows. */
  next: { kind: DeliveryKind; content: UpdateContent | null } | null;
  /** The target of this name (`Throttle`) accepts no request before this time (epoch ms); null = it named none. */
  throttled: { name: string; until: number } | null;
}

/** The statements of an outcome: delivery, attempt, ledger, and the delivery that follows. */
export function outcomeStatements(outcome: DeliveryOutcome, now: number): Statement[] {
  const { id, attempt, remote, next } = outcome;
  const at = toIso(now);
  return [
    {
      sql: `update deliveries set state = ?, attempts = ?, lookups = ?, next_attempt_at = ?, cause = ?, detail = ?, updated_at = ? where id = ?`,
      args: [
        outcome.state,
        outcome.attempts,
        outcome.lookups,
        outcome.nextAttemptAt,
        outcome.cause,
        outcome.detail,
        at,
        id,
      ],
    },
    ...(outcome.throttled === null ? [] : [throttleStatement(outcome.throttled.name, outcome.throttled.until)]),
    ...(attempt === null ? [] : attemptStatements(id, attempt)),
    ...(remote === null
      ? []
      : [
          {
            // The level of the create is the level that the ticket was told.
            sql: `update tickets set remote_id = ?1, remote_key = ?2, url = ?3, read_at = ?4, told_level = coalesce((select asked from deliveries where id = ?5),
                told_level, (select risk_level from incidents i where i.incident_id = tickets.incident_id)), updated_at = ?6
              where id = (select ticket_id from deliveries where id = ?5)`,
            args: [remote.id, remote.key, remote.url, nextReadAt(null, null, now), id, at],
          },
          {
            sql: `update tickets set remote_status = coalesce(remote_status, ?1), told_title = coalesce(?3, asked_titles ->> '$[#-1]'), asked_titles = null
              where id = (select ticket_id from deliveries where id = ?2)`,
            args: [remote.status ?? "", id, remote.title ?? null],
          },
          {
            sql: `update incidents set snow_last_priority = ${priorityOfLevel("t.told_level")}, last_snow_update_at = null,
              snow_ticket_state = coalesce(nullif(t.remote_status, ''), snow_ticket_state)
              from tickets t where t.id = (select ticket_id from deliveries where id = ?) and t.incident_id = incidents.incident_id and t.system <> 'jira'`,
            args: [id],
          },
        ]),
    ...(outcome.commentId === null
      ? []
      : [
          {
            sql: "insert into ticket_comments select ticket_id, ?, 1 from deliveries where id = ? on conflict do nothing",
            args: [outcome.commentId, id],
          },
        ]),
    ...(outcome.state !== "confirmed" || attempt === null || remote !== null
      ? []
      : [
          {
            // A ticket that was taken for gone has taken an update: the next reading finds it there again.
            sql: "update tickets set read_at = ? where id = (select ticket_id from deliveries where id = ?) and gone_at is not null",
            args: [now, id],
          },
        ]),
    ...(outcome.known === null ? [] : [knownStatement(outcome.known, id, now)]),
    ...(outcome.title === undefined
      ? []
      : [
          {
            sql: `update tickets set told_title = coalesce(?1, told_title), asked_titles = null, title_theirs = case when ?1 is null then 1 else title_theirs end
              where id = (select ticket_id from deliveries where id = ?2)`,
            args: [outcome.title, id],
          },
        ]),
    ...(next === null
      ? []
      : [
          {
            sql: `insert into deliveries (id, ticket_id, kind, state, content, next_attempt_at, trigger, who, created_at, updated_at)
              select ?, ticket_id, ?, 'planned', ?, ?, trigger, who, ?, ? from deliveries where id = ?`,
            args: [
              ...[newDeliveryId(), next.kind, next.content === null ? null : JSON.stringify(next.content)],
              ...[now, at, at, id],
            ],
          },
        ]),
  ];
}

function knownStatement(
  { status, assigneeId }: NonNullable<DeliveryOutcome["known"]>,
  deliveryId: string,
  now: number,
): Statement {
  return {
    // A ticket that had ended is watched again.
    sql: `update tickets set read_at = coalesce(read_at, ?5), remote_status = coalesce(?1, remote_status), remote_assignee = case ?2 when 1 then ?3 else remote_assignee end
      where id = (select ticket_id from deliveries where id = ?4)`,
    args: [status ?? null, assigneeId === undefined ? 0 : 1, assigneeId ?? null, deliveryId, now],
  };
}

/** Of older attempts of a delivery what was sent and answered is no longer kept: one that is looked up for days makes many. */
const bodiesKept = 10;

function attemptStatements(id: string, a: Attempt): Statement[] {
  return [
    {
      sql: `insert into delivery_attempts (delivery_id, at, duration_ms, action, request, status, outcome, words, request_body, answer_body)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      args: [
        ...[id, toIso(a.at), a.durationMs, a.action, a.request, a.status, a.outcome, a.words],
        ...[a.sent ?? null, a.answer ?? null],
      ],
    },
    {
      sql: `update delivery_attempts set request_body = null, answer_body = null where id =
        (select id from delivery_attempts where delivery_id = ? order by id desc limit 1 offset ?)`,
      args: [id, bodiesKept],
    },
  ];
}
