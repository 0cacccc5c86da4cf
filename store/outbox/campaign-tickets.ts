/** Brings the tickets of campaigns to what is decided about them: in the write that joins incidents, else soon after whatever changed. */

import { gravest, putOff } from "../../core/campaigns/campaign-tickets.ts";
import { messageOf, StoreError } from "../../core/errors.ts";
import { restored, ticketSystems } from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";
import { campaignMembers, type Member, openStatuses, planIn } from "./campaign-members.ts";
import { hintOfBackup, isFromBackup } from "./restored.ts";
import type { TicketRules } from "./ticket-updates.ts";
import { newDeliveryId } from "./tickets.ts";

/** So many campaigns are looked at in one go. */
const mostAtOnce = 20;

/**
 * Statements that give up, plan again and announce what the campaign's tickets call for. They have to be in the write of the change, after it; reads
 * must see the change already.
 */
export async function campaignTickets(
  database: Database,
  rules: TicketRules,
  campaignId: string,
  now: number,
): Promise<Statement[]> {
  const members = await campaignMembers(database, campaignId);
  const statements = ticketSystems.flatMap((system): Statement[] => {
    const plan = planIn(system, members[system], rules);
    const level = gravest(members[system])?.level;
    // A ticket that leads carries the highest level, any other its own.
    const outdated = members[system].filter(
      (one) =>
        one.ticket?.state === "there" &&
        one.toldLevel !== null &&
        one.toldLevel !== (one === plan.lead ? level : one.level),
    );
    const asked = [...outdated, ...(plan.lead !== null && plan.tell.length > 0 ? [plan.lead] : [])];
    return [
      ...giveUp(plan.putOff, `the ticket of ${plan.first?.incidentId} stands for campaign ${campaignId}`, now),
      ...planAgain(plan.make, now),
      ...(asked.length === 0
        ? []
        : [
            {
              sql: "update tickets set gate_at = ?1 where id in (select value from json_each(?2)) and (gate_at is null or gate_at > ?1)",
              args: [now, JSON.stringify(asked.map(({ ticket }) => ticket?.id))],
            },
          ]),
    ];
  });
  // Last, because the statements before it are changes, too.
  return [...statements, { sql: "delete from campaign_changes where campaign_id = ?", args: [campaignId] }];
}

function giveUp(members: readonly Member[], detail: string, now: number): Statement[] {
  if (members.length === 0) return [];
  const at = toIso(now);
  return [
    {
      sql: `update deliveries set state = 'discarded', cause = '${putOff}', detail = ?, updated_at = ?
        where id in (select value from json_each(?)) and state = 'planned'`,
      args: [detail, at, JSON.stringify(members.map(({ createId }) => createId))],
    },
    {
      sql: `update deliveries set state = 'discarded', detail = 'its ticket was given up', updated_at = ?
        where ticket_id in (select value from json_each(?)) and kind <> 'create' and state in ('planned', 'parked', 'dead')`,
      args: [at, JSON.stringify(members.map(({ ticket }) => ticket?.id))],
    },
  ];
}

function planAgain(members: readonly Member[], now: number): Statement[] {
  if (members.length === 0) return [];
  const old = isFromBackup("t.incident_id");
  return [
    {
      sql: `insert into deliveries (id, ticket_id, kind, state, cause, hint, next_attempt_at, trigger, who, created_at, updated_at)
        select j.value->>1, t.id, 'create', case when ${old} then 'unknown' else 'planned' end, case when ${old} then '${restored}' end,
          case when ${old} then ${hintOfBackup} end, ?2, 'auto', 'rhythmx', ?3, ?3
        from json_each(?1) j join tickets t on t.id = j.value->>0 order by j.rowid`,
      args: [JSON.stringify(members.map(({ ticket }) => [ticket?.id, newDeliveryId()])), now, toIso(now)],
    },
  ];
}

/** What became of campaigns that had changed. */
export interface SettledCampaigns {
  settled: number;
  /** There are more. */
  more: boolean;
  /** Those that could not be decided; their creates go as if there were no campaign. */
  failed: { campaignId: string; error: string }[];
}

/** Brings the tickets of some campaigns up to date that have changed. */
export async function settleCampaigns(database: Database, rules: TicketRules, now: number): Promise<SettledCampaigns> {
  const { rows } = await database.read("select campaign_id from campaign_changes limit ?", [mostAtOnce + 1]);
  const failed: SettledCampaigns["failed"] = [];
  const changed = rows.slice(0, mostAtOnce).map((row) => text(row, "campaign_id"));
  for (const campaignId of changed) {
    try {
      await database.write(await campaignTickets(database, rules, campaignId, now));
    } catch (error) {
      if (error instanceof StoreError) throw error;
      failed.push({ campaignId, error: messageOf(error) });
      await database.write([{ sql: "delete from campaign_changes where campaign_id = ?", args: [campaignId] }]);
    }
  }
  return { settled: changed.length, more: rows.length > mostAtOnce, failed };
}

/** Makes all campaigns with open incidents be looked at: the rules have changed. */
export async function reviewCampaigns(database: Database): Promise<void> {
  const sql = `insert into campaign_changes select distinct campaign_id from incidents
    where campaign_id is not null and status in ${openStatuses} order by 1
    on conflict do nothing`;
  await database.write([{ sql }]);
}
