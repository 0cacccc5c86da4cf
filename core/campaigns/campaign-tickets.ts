/**
 * One ticket for a campaign (decision 26): which ticket leads, whose creates are put off, who is told in the leading ticket, and whose create is
 * planned again because nothing leads any more. Pure decisions about one campaign in one ticket system.
 */
import { compareLevels, type RiskLevel } from "../risk.ts";
import { type GateDecision, sinceGate } from "../tickets/cadence.ts";
import { minuteMs } from "../time.ts";

/** `lead`: one ticket stands for a campaign. `each`: every incident has its own (AUTO_PUSH_CAMPAIGNS). */
export const campaignModes = ["lead", "each"] as const;
export type CampaignMode = (typeof campaignModes)[number];

/** Cause of a create that was given up because another ticket stands for the incident's campaign. It may be planned again. */
export const putOff = "campaign";

/**
 * `there`: it exists in the target and is not finished. `coming`: to be made, being made or looked up. `stuck`: parked or dead. `put_off`: given up
 * for the campaign. `over`: gone or closed in the target, or given up by a person.
 */
export type MemberTicketState = "there" | "coming" | "stuck" | "put_off" | "over";

/** An open incident of the campaign. */
export interface CampaignMember {
  incidentId: string;
  level: RiskLevel;
  /** Epoch milliseconds. */
  createdAt: number;
  /** Null: it never reached auto-push in this system, and nobody made one. Ids grow in the order in which tickets were planned. */
  ticket: {
    id: number;
    state: MemberTicketState /** By auto-push, and certainly never sent. */;
    canPutOff: boolean;
  } | null;
  /** The tickets that were told of it. `stuck`: the note is parked, dead or given up. */
  told: readonly { ticketId: number; stuck: boolean }[];
}

/** What follows for the campaign's tickets in the system. */
export interface CampaignPlan<Member> {
  /** Whose ticket stands for the campaign; null = none is there yet. */
  lead: Member | null;
  /** The lead, or whose ticket is on its way. */
  first: Member | null;
  /** Creates to give up, because another ticket leads or is on its way. */
  putOff: Member[];
  /** Creates to plan again. */
  make: Member[];
  /** To be told in the leading ticket. */
  tell: Member[];
}

/** `minLevel`: from which auto-push makes tickets in the system; null = it makes none there at present. */
export function planCampaign<Member extends CampaignMember>(
  members: readonly Member[],
  minLevel: RiskLevel | null,
  mode: CampaignMode,
): CampaignPlan<Member> {
  const reaches = ({ level }: Member) => minLevel !== null && compareLevels(level, minLevel) >= 0;
  const inState = (state: MemberTicketState) =>
    members.filter(({ ticket }) => ticket?.state === state).sort((a, b) => ticketId(a) - ticketId(b));
  const there = inState("there");
  const standing = new Set(there.map(ticketId));
  const isTold = ({ told }: Member) => told.some((one) => standing.has(one.ticketId) && !one.stuck);
  if (mode === "each")
    return {
      ...{ lead: null, first: null, putOff: [], tell: [] },
      make: inState("put_off").filter((one) => reaches(one) && !isTold(one)),
    };

  const [lead = null] = there;
  const canBeTold = ({ told }: Member) =>
    !told.some((one) => one.stuck && lead !== null && one.ticketId === ticketId(lead));
  const coming = inState("coming");
  // What cannot be taken back comes first: else two would be made.
  const next = coming.find(({ ticket }) => ticket?.canPutOff === false) ?? coming[0];
  const followers = coming.filter(
    (one) => one.ticket?.canPutOff === true && (lead === null ? one !== next : canBeTold(one)),
  );
  // While auto-push is off nobody would be handed on to.
  const given = lead === null && minLevel === null ? [] : followers;

  const waits = members.filter(
    (one) => !isTold(one) && (given.includes(one) || (one.ticket?.state !== "there" && one.ticket?.state !== "coming")),
  );
  const wasPutOff = (one: Member) => one.ticket?.state === "put_off" || given.includes(one);
  if (lead !== null)
    return {
      lead,
      first: lead,
      putOff: given,
      make: waits.filter((one) => one.ticket?.state === "put_off" && reaches(one) && !canBeTold(one)),
      tell: waits.filter((one) => canBeTold(one) && (wasPutOff(one) || reaches(one))),
    };
  const heirs = waits
    .filter((one) => one.ticket?.state === "put_off" && reaches(one))
    .sort((a, b) => a.createdAt - b.createdAt || ticketId(a) - ticketId(b));
  return { lead, first: next ?? null, putOff: given, make: coming.length > 0 ? [] : heirs.slice(0, 1), tell: [] };
}

function ticketId({ ticket }: CampaignMember): number {
  return ticket?.id ?? 0;
}

/** The member with the highest level, the oldest of several; null = there is none. */
export function gravest<Member extends CampaignMember>(members: readonly Member[]): Member | null {
  const sorted = [...members].sort((a, b) => compareLevels(b.level, a.level) || a.createdAt - b.createdAt);
  return sorted[0] ?? null;
}

/** Between two notes about critical incidents: many that come within seconds of each other are told in few. */
const shortestBetweenMs = minuteMs;

/**
 * Whether the leading ticket is told of these incidents now: the first time and of a critical one at once, of others like new rules. `last`: when it
 * was last told of any; `since`: when it was last told of a change, or made. Epoch milliseconds.
 */
export function followersGate(
  levels: readonly RiskLevel[],
  { last, since }: { last: number | null; since: number },
  cadenceHours: number,
  now: number,
): Exclude<GateDecision, { reason: "unchanged" }> {
  if (last === null) return { push: true, reason: "first-campaign-note" };
  if (!levels.includes("critical")) return sinceGate(Math.max(last, since), cadenceHours, now);
  const elapsed = now - last;
  // A clock that was set back must not make it wait for the old time.
  if (elapsed >= shortestBetweenMs || elapsed < -shortestBetweenMs) return { push: true, reason: "campaign-critical" };
  return { push: false, reason: "within-cadence", nextAt: last + shortestBetweenMs };
}
