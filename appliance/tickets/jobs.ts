/** What a lane does for its ticket system, and where it learns of it. */
import type { Clock, Random, Sleep } from "../../core/ports.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import type { Circuit } from "../../core/tickets/circuit.ts";
import type { RemotePerson, TicketSystem, TicketSystemName } from "../../core/tickets/ticket.ts";
import type { Throttle } from "../../integrations/http.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";
import type { Drafts } from "./drafts.ts";

/** One piece of work that asks the ticket system something, at most one at a time for a ticket. */
export interface Job {
  /** Null: it concerns no ticket in particular. */
  ticketId: number | null;
  /** For the log, when it ends with an error. */
  failure: { message: string; detail: Record<string, string> };
  /** Its failures are written down; one that rejects is looked for again a second later. */
  run(): Promise<void>;
}

/** What a source knows at the moment. */
export interface Due {
  /** May start now, the most urgent first; some may be under way. */
  jobs: Job[];
  /** Epoch milliseconds of the next that is not due yet; Infinity = none is known. */
  nextAt: number;
}

export interface JobSource {
  /** Reading takes half of the slots at most: it holds up nothing that is to be sent. */
  readonly reads: boolean;
  /** Time has passed, whether or not anything may be asked of the system at the moment. Epoch milliseconds. */
  note(now: number): void;
  /** `most`: so many jobs are enough. @throws StoreError */
  due(now: number, most: number): Promise<Due>;
}

/** What every lane uses. */
export interface LaneTools {
  store: Store;
  clock: Clock;
  sleep: Sleep;
  random: Random;
  log: Log;
  drafts: Drafts;
  /** Names of users, who may be people of a ticket system. */
  userNames(): readonly string[];
}

/** The settings in force, with what holds as long as they do. */
export interface LaneSettings {
  settings: TicketSettings;
  circuit: Circuit;
  /** The adapter for an entity's tickets; "" = for none in particular. @throws EdgeError not_configured, ca_file */
  target(entity: string): TicketSystem;
}

/** A lane as its sources see it. */
export interface LaneView {
  readonly system: TicketSystemName;
  readonly tools: LaneTools;
  /** Null before settings are applied. */
  readonly current: LaneSettings | null;
  /** What the system has asked for. */
  readonly throttle: Throttle;
  readonly stopping: AbortSignal;
  /** Who somebody in the system is here. */
  analystOf(person: RemotePerson): string;
  /** Asks the system something: how that goes says how the system is. */
  ask<T>(work: () => Promise<T>): Promise<T>;
  /** Waits inside of a job until time has passed or the lane is stopped. */
  pause(milliseconds: number): Promise<void>;
  /** There may be something to do. */
  wake(): void;
}
