/**
 * The source of searches for second tickets: after a fail-over, of incidents whose ticket was being made just then. A process that was stopped
 * between looking at its lease and sending its request sends it when it wakes up, after the new leader has looked it up and sent it again.
 */
import { EdgeError, messageOf, StoreError } from "../../../core/errors.ts";
import { isOpen } from "../../../core/incident.ts";
import { oneLine } from "../../../core/logs/event-text.ts";
import { correlationOf, type RemoteTicket } from "../../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../../core/tickets/ticket-system.ts";
import { minuteMs } from "../../../core/time.ts";
import type { SecondLook } from "../../../store/outbox/recovery.ts";
import type { Due, Job, JobSource, LaneView } from "./jobs.ts";

/** After each search without a result comes another one, until these are used up. */
const nextLooksMs = [30 * minuteMs, 120 * minuteMs];
/** While there is a second ticket, and after a search that failed. */
const againMs = 30 * minuteMs;
/** Characters of the keys that are named. */
const longestKeys = 200;

export class SecondTicketSource implements JobSource {
  readonly reads = true;
  readonly #lane: LaneView;
  #looks: readonly SecondLook[] = [];

  constructor(lane: LaneView) {
    this.#lane = lane;
  }

  /** Those to be searched for, of this system. */
  expect(looks: readonly SecondLook[]): void {
    this.#looks = looks;
  }

  /** Incidents that have more than one open ticket. */
  get found(): readonly SecondLook[] {
    return this.#looks.filter(({ others }) => others.length > 0);
  }

  note(): void {}

  async due(now: number): Promise<Due> {
    // None waits for longer: a later time was noted by a clock that has been set back since.
    const latest = now + Math.max(...nextLooksMs) + minuteMs;
    const [due, later] = [
      this.#looks.filter(({ dueAt }) => dueAt <= now || dueAt > latest),
      this.#looks.filter(({ dueAt }) => dueAt > now && dueAt <= latest),
    ];
    return { jobs: due.map((look) => this.#job(look)), nextAt: Math.min(...later.map(({ dueAt }) => dueAt)) };
  }

  #job(look: SecondLook): Job {
    const failure = { message: "a search for a second ticket stopped", detail: { incident: look.incidentId } };
    return { ticketId: look.ticketId, failure, run: () => this.#search(look) };
  }

  async #search(look: SecondLook): Promise<void> {
    const { tools, current } = this.#lane;
    const { store, clock, log } = tools;
    const { system, incidentId: incident, ticketId, generation, looks, others: before } = look;
    if (current === null) return;
    let others: readonly RemoteTicket[];
    const own = await store.tickets.knownTicket(ticketId);
    try {
      const correlation = correlationOf(system, incident, generation);
      others = await this.#lane.ask(async () => othersOf(own, correlation, current.target(look.entity)));
    } catch (error) {
      if (!(error instanceof EdgeError) || error instanceof StoreError) throw error;
      log.warn("a second ticket cannot be looked for", { system, incident, error: messageOf(error) });
      return this.#becomes({ ...look, dueAt: clock.now() + againMs });
    }
    const found: SecondLook = {
      ...look,
      remote: own,
      looks: looks + 1,
      dueAt: clock.now() + (others.length > 0 ? againMs : (nextLooksMs[looks] ?? againMs)),
      others: others.map(({ key, url }) => ({ key, url })),
    };
    const isOver = others.length === 0 && looks >= nextLooksMs.length;
    const detail = others.length === 0 ? null : secondTicketWords(found);
    await store.tickets.noteSecondLook(found, { isOver, detail }, clock.now());
    if (detail !== null && JSON.stringify(found.others) !== JSON.stringify(before)) {
      const tickets = keysOf([...(own === null ? [] : [own]), ...others]);
      log.warn("an incident has a second ticket", { system, incident, tickets });
    }
    if (detail === null && before.length > 0) log.info("an incident has one ticket again", { system, incident });
    this.#becomes(isOver ? null : found, ticketId);
  }

  #becomes(look: SecondLook | null, ticketId = look?.ticketId): void {
    const others = this.#looks.filter((one) => one.ticketId !== ticketId);
    this.#looks = look === null ? others : [...others, look];
  }
}

/** What people are told: which there are, and what to do. */
export function secondTicketWords({ incidentId, remote, others }: SecondLook): string {
  const keys = keysOf(others);
  const follows = remote === null ? "" : `${keysOf([remote])}, which it follows, and `;
  return `${incidentId} has more than one ticket: ${follows}${keys}. A node that was stopped in the middle of a request has made it after another had taken over: close or merge ${keys} there`;
}

/** Keys are the target's words, and may be anything. */
function keysOf(tickets: readonly Pick<RemoteTicket, "key">[]): string {
  return oneLine(tickets.map(({ key }) => key).join(", "), longestKeys);
}

/** Open tickets of this correlation beside the incident's own. @throws DeliveryError */
async function othersOf(own: RemoteTicket | null, correlation: string, target: TicketSystem): Promise<RemoteTicket[]> {
  const found = await target.findAll(correlation);
  const kept = own ?? found[0] ?? null;
  const others: RemoteTicket[] = [];
  for (const one of found) {
    if (one.id === kept?.id || one.key === kept?.key) continue;
    const state = await target.read(one.id);
    const isDone = state === null || state.mergedInto !== null || (state.means !== null && !isOpen(state.means));
    if (!isDone) others.push(one);
  }
  return others;
}
