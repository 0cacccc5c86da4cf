/**
 * One step of the reader that finds campaigns, in the Worker that reads: which incidents have something new, what their evidence touched, which
 * others share it. The Worker that writes then makes one commit of it (`join.ts`).
 */
import { type CampaignLink, campaignReader } from "../../core/campaigns/campaign.ts";
import type { ActorRules } from "../../core/correlation/actor.ts";
import { type FloorRow, type PreparedFloors, prepareFloors } from "../../core/correlation/floors.ts";
import { messageOf, StoreError } from "../../core/errors.ts";
import type { LoggedEvent } from "../../core/event.ts";
import { isOpen } from "../../core/incident.ts";
import type { FieldChange } from "../../core/incident-event.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { minuteMs } from "../../core/time.ts";
import type { KnownAssets } from "../assets/known-assets.ts";
import type { OpenAssets } from "../assets/operations.ts";
import type { Database } from "../database/database.ts";
import { readEvents, readPosition } from "../events/event-log.ts";
import { type ActorPeriod, periodsById } from "../incidents/actor-periods.ts";
import { findIncidents, type IncidentRow } from "../incidents/incident-rows.ts";
import { findLinks, type Looked } from "./find-links.ts";
import { KnownSharing } from "./known-sharing.ts";
import { lookAt } from "./look-at.ts";
import { type CampaignStep, changedSince, type Found, type Look, mostFailures, readLooks } from "./looks.ts";
import { nameLinks } from "./name-links.ts";
import { outbreakLinks } from "./outbreak-links.ts";

const kinds = ["incident_created", "incident_updated", "incident_scored"] as const;
const eventsPerStep = 200;
const incidentsPerStep = 20;
/** What only goes on is looked at so often. */
const lookEveryMs = minuteMs / 2;
/** A position without anything found is stored when it is so far ahead. */
const positionLag = 2_000;

/** What the reader keeps in memory between two steps. */
export interface CampaignMemory {
  sharing: KnownSharing;
  floors: PreparedFloors;
  /** Events up to here have been read, as far as this process has. */
  readTo: number;
  /** When it was last asked which incidents go on, epoch milliseconds. */
  sweptAt: number;
}

/** The state of the reading Worker that a step uses. */
export interface OpenCampaigns extends OpenAssets {
  /** Another one after the settings changed. */
  campaigns: CampaignMemory;
}

export function newMemory(floors: readonly FloorRow[], actors: ActorRules, { names }: KnownAssets): CampaignMemory {
  return { sharing: new KnownSharing(actors, names.book), floors: prepareFloors(floors), readTo: 0, sweptAt: 0 };
}

/** `step` null: there is nothing to write. `more`: another step has something to do at once. */
export interface StepTaken {
  step: CampaignStep | null;
  more: boolean;
}

/** Takes the next step at `now` (epoch ms). @throws StoreError if the file cannot be read */
export async function campaignStep(open: OpenCampaigns, now: number): Promise<StepTaken> {
  const { database, campaigns } = open;
  const position = (await readPosition(database, campaignReader)) ?? 0;
  const events = await readEvents(database, Math.max(position, campaigns.readTo), eventsPerStep, kinds);
  const chosen = await chooseIncidents(open, events, now);
  const { ids } = chosen;
  // A clock that was set back must not make it wait for the old time.
  const sweeps = ids.length < incidentsPerStep && Math.abs(now - campaigns.sweptAt) >= lookEveryMs;
  const going = sweeps
    ? await changedSince(database, { from: now - lookEveryMs, to: now }, incidentsPerStep - ids.length)
    : [];
  const wanted = [...new Set([...ids, ...going])];
  if (wanted.length > 0) await open.assets.current(database);
  if (wanted.length > 0 && (await campaigns.sharing.catchUp(database, now))) return { step: null, more: true };
  const upTo = chosen.upTo ?? Math.max(position, campaigns.readTo);
  const taken = await look(open, wanted, now);
  campaigns.readTo = upTo;
  const isMore = chosen.more || (sweeps && ids.length + going.length >= incidentsPerStep);
  if (sweeps && !isMore) campaigns.sweptAt = now;
  if (wanted.length === 0) campaigns.sharing.dropIfIdle(now);
  const isEmpty =
    taken.found.length === 0 &&
    upTo - position < positionLag &&
    !(upTo > position && (await isWaitedFor(database, position, upTo)));
  return { step: isEmpty ? null : { upTo, ...taken }, more: isMore };
}

/** Whether the create of a ticket waits until the reader has passed one of these events. */
async function isWaitedFor(database: Database, after: number, upTo: number): Promise<boolean> {
  const { rows } = await database.read(
    "select seq from deliveries where state = 'planned' and after_seq > ? and after_seq <= ? limit 1",
    [after, upTo],
  );
  return rows.length > 0;
}

/** The incidents that these events are about and that are to be looked at now, and how far they reach. */
async function chooseIncidents({ database }: OpenCampaigns, events: readonly LoggedEvent[], now: number) {
  const looks = await readLooks(database, [...new Set(events.map(({ subject }) => subject))]);
  const ids = new Set<string>();
  let upTo: number | null = null;
  for (const event of events) {
    if (isToLookAt(event, looks.get(event.subject), now)) {
      if (ids.size === incidentsPerStep && !ids.has(event.subject)) return { ids: [...ids], upTo, more: true };
      ids.add(event.subject);
    }
    upTo = event.seq;
  }
  return { ids: [...ids], upTo, more: events.length === eventsPerStep };
}

function isToLookAt({ kind, data }: LoggedEvent, look: Look | undefined, now: number): boolean {
  if (look === undefined) return true;
  if (look.failures >= mostFailures || kind === "incident_scored") return false;
  const changes = (JSON.parse(data) as { changes?: FieldChange[] }).changes ?? [];
  // Its own word about an incident is no news.
  if (changes.every(({ field }) => field === "campaign_id")) return false;
  // More of the same is found when it is next asked what goes on; a level that rose or an incident that was reopened is looked at now.
  return changes.some(({ field }) => field !== "rules") || Math.abs(now - look.lookedAt) >= lookEveryMs;
}

async function look(
  open: OpenCampaigns,
  ids: readonly string[],
  now: number,
): Promise<Pick<CampaignStep, "found" | "links" | "failed">> {
  const { database, assets } = open;
  const incidents = await findIncidents(database, ids);
  const rows = ids.flatMap((id) => incidents.get(id) ?? []).filter(({ status }) => isOpen(status));
  const looks = await readLooks(
    database,
    rows.map(({ incidentId }) => incidentId),
  );
  const roles = rows.length === 0 ? null : await assets.current(database);
  const found: Found[] = [];
  const links: CampaignLink[] = [];
  const failed: { incidentId: string; message: string }[] = [];
  const looked: Looked[] = [];
  for (const row of rows) {
    const before = looks.get(row.incidentId) ?? null;
    const { incidentId, entity, actor, actorType } = row;
    const entityKey = normaliseName(entity);
    try {
      if (roles === null) break;
      const sharing = open.campaigns.sharing.of(entity, roles);
      const period = await periodOf(open, row);
      const isShared = sharing.isShared(actorType, actor, period.state.activity.lastAt ?? now);
      const { traces, alerts } = await lookAt(database, period, before, { floors: open.campaigns.floors, sharing });
      const me = { incidentId, actorType, actor, isShared, entityKey, traces };
      links.push(...(await findLinks(database, me, looked, sharing)), ...(await outbreakLinks(database, me, looked)));
      const newest = period.state.activity.lastAt ?? now;
      links.push(...(await nameLinks(database, me, roles.names.book, newest)));
      looked.push(me);
      found.push({ ...me, stateAt: period.updatedAt, lookedAt: now, failures: 0, alerts });
    } catch (error) {
      if (error instanceof StoreError && error.code !== "store_corrupt") throw error;
      const last = before ?? { stateAt: 0, failures: 0, isShared: true, alerts: [] };
      found.push({ ...last, incidentId, entityKey, traces: [], lookedAt: now, failures: last.failures + 1 });
      failed.push({ incidentId, message: messageOf(error) });
    }
  }
  return { found, links, failed };
}

async function periodOf({ database }: OpenCampaigns, { incidentId, periodId }: IncidentRow): Promise<ActorPeriod> {
  const [period] = await periodsById(database, [periodId]);
  if (period === undefined) throw new StoreError("store_corrupt", `the evidence of ${incidentId} is missing`);
  return period;
}
