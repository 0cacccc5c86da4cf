/** What the page of integrations shows: settings as they are read by everybody, and how things stand for this person. */
import { may } from "../../../../../core/access/caller.ts";
import type { FieldPolicy } from "../../../../../core/tickets/policy.ts";
import { ticketSystems } from "../../../../../core/tickets/ticket.ts";
import type { TestStep } from "../../../../../core/tickets/ticket-system.ts";
import type { PageRequest } from "../../page.ts";
import type { StandingGroup } from "../deliveries/delivery-rows.ts";

export type { TestStep };

export interface LastTest {
  at: string;
  ok: boolean;
  steps: TestStep[];
}

/** A feed of `GET /api/integrations/status`. */
interface FeedRow {
  section: string;
  feed: "alerts" | "incidents";
  configured: boolean;
  enabled: boolean;
  source: string;
  pinned: boolean;
  last_test: LastTest | null;
  destinations: SetDestination[];
}

/** A destination as it is set. */
interface SetDestination {
  name: string;
  protocol: string;
  /** By TLS. */
  encrypted: boolean;
  address: string | null;
  preset: string | null;
  framing: string | null;
  min_risk: number;
  entities: readonly string[] | number;
}

/** A destination, as it is set and as it is at the moment. */
export interface DestinationState extends SetDestination {
  connected: boolean;
  queued: number | null;
  last_error: string | null;
  last_sent: string | null;
}

export interface FeedState extends Omit<FeedRow, "destinations"> {
  destinations: DestinationState[];
}

/** A ticket system of `GET /api/integrations/status`. */
export interface SystemState {
  system: string;
  configured: boolean;
  enabled: boolean;
  warnings: string[];
  last_test: LastTest | null;
  answers: boolean;
  sync: {
    last_search: string | null;
    last_good_search: string | null;
    next_search: string | null;
    error: string | null;
  };
  tickets: { known: number; gone: number; unreadable: number };
  webhooks: boolean;
  fields: Record<string, { policy: FieldPolicy; winner: "ticket" | "rhythmx" }>;
  /** Of the person's entities: what is to be sent, and what waits for somebody. */
  waiting: number;
  standing: StandingGroup[];
}

export interface IntegrationsData {
  feeds: FeedState[];
  systems: SystemState[];
  mayTest: boolean;
  /** Whether the person sees all entities, and so figures of the whole. */
  seesAll: boolean;
}

interface Figures {
  deliveries: { system: string; state: string; count: number }[];
  destinations: (Omit<DestinationState, keyof SetDestination> & { name: string; feed: string })[];
}

/** Proactive is in no answer until somebody uses it. */
const notSetUp: Omit<SystemState, "system" | "waiting" | "standing"> = {
  configured: false,
  enabled: false,
  warnings: [],
  last_test: null,
  answers: true,
  sync: { last_search: null, last_good_search: null, next_search: null, error: null },
  tickets: { known: 0, gone: 0, unreadable: 0 },
  webhooks: false,
  fields: {},
};

const waitingStates = ["planned", "sending", "unknown"];

export async function readIntegrations({ caller, ports }: PageRequest): Promise<IntegrationsData> {
  const { settings, overview, tickets } = ports.api;
  const [feeds, systems, figures, groups] = await Promise.all([
    settings.feeds(caller) as Promise<unknown> as Promise<FeedRow[]>,
    settings.status() as Promise<unknown> as Promise<SystemState[]>,
    overview.overview(caller, null) as Promise<unknown> as Promise<Figures>,
    tickets.deadLetters(caller) as Promise<StandingGroup[]>,
  ]);
  return {
    feeds: feeds.map((feed) => ({
      ...feed,
      destinations: feed.destinations.map((one) => {
        const now = figures.destinations.find(({ name, feed: of }) => name === one.name && of === feed.feed);
        const { connected = false, queued = null, last_error = null, last_sent = null } = now ?? {};
        return { ...one, connected, queued, last_error, last_sent };
      }),
    })),
    systems: ticketSystems.map((name) => ({
      ...(systems.find(({ system }) => system === name) ?? { ...notSetUp, system: name }),
      waiting: figures.deliveries
        .filter(({ system, state }) => system === name && waitingStates.includes(state))
        .reduce((sum, { count }) => sum + count, 0),
      standing: groups.filter(({ system }) => system === name),
    })),
    mayTest: may(caller, "administer"),
    seesAll: caller.entities === null,
  };
}

/** How an integration does, in one word for the table of contents. */
export type Health = "ok" | "no" | "some" | "";

export function healthOfFeed({ configured, destinations, last_test }: FeedState): Health {
  if (!configured) return "";
  const away = destinations.filter(({ connected, last_error }) => !connected && last_error !== null);
  if (away.length > 0) return away.length === destinations.length ? "no" : "some";
  return last_test?.ok === false ? "some" : "ok";
}

export function healthOfSystem({
  configured,
  enabled,
  answers,
  standing,
  warnings,
  last_test,
  sync,
}: SystemState): Health {
  if (!configured && !enabled) return "";
  if (!enabled) return "";
  if (!answers || !configured) return "no";
  return standing.length > 0 || warnings.length > 0 || last_test?.ok === false || sync.error !== null ? "some" : "ok";
}
