/** The interfaces between a lane and its sources of jobs. */
import type { Clock, Random, Sleep } from "../../../core/ports.ts";
import type { TicketSettings } from "../../../core/settings/ticket-settings.ts";
import type { Circuit } from "../../../core/tickets/circuit.ts";
import type { RemotePerson, TicketSystemName } from "../../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../../core/tickets/ticket-system.ts";
import type { Throttle } from "../../../integrations/throttle.ts";
import type { Store } from "../../../store/open-store.ts";
import type { Log } from "../../runtime/log.ts";
import type { Drafts } from "./drafts.ts";
import type { Outcomes } from "./outcomes.ts";

/** A piece of work with requests to the ticket system; at most one at a time for each ticket. */
export interface Job {
  /** Null if it is about no single ticket. */
  ticketId: number | null;
  /** The log entry if it rejects. */
  failure: { message: string; detail: Record<string, string> };
  /** Records failures of the target itself. If it rejects, the lane looks for work again a second later. */
  run(): Promise<void>;
}

/** The jobs of a source that are due. */
export interface Due {
  /** Jobs that may start now, most urgent first; some may already be running. */
  jobs: Job[];
  /** When the next job is due (epoch milliseconds); Infinity = none is known. */
  nextAt: number;
}

export interface JobSource {
  /** Whether its jobs only read. They take at most half of the slots, so that deliveries never wait for them. */
  readonly reads: boolean;
  /** Notes the present time (epoch milliseconds), even while the system accepts no requests. */
  note(now: number): void | Promise<void>;
  /** `most`: the most jobs to return. @throws StoreError */
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
  /** User names, to match people in a ticket system. */
  userNames(): readonly string[];
}

/** The settings in force, with the circuit and adapters that belong to them. */
export interface LaneSettings {
  settings: TicketSettings;
  circuit: Circuit;
  /** The adapter for an entity's tickets; "" = no particular entity. @throws EdgeError not_configured, ca_file */
  target(entity: string): TicketSystem;
}

/** The part of a lane that its sources use. */
export interface LaneView {
  readonly system: TicketSystemName;
  readonly tools: LaneTools;
  /** Null before settings are applied. */
  readonly current: LaneSettings | null;
  /** The system's Retry-After. */
  readonly throttle: Throttle;
  readonly isEnabled: boolean;
  readonly stopping: AbortSignal;
  readonly outcomes: Outcomes;
  /** The user name here of a person in the system. */
  analystOf(person: RemotePerson): string;
  /** Runs requests to the system; their outcome goes to the circuit. */
  ask<T>(work: () => Promise<T>): Promise<T>;
  /** Waits within a job, until the time has passed or the lane is stopped. */
  pause(milliseconds: number): Promise<void>;
  /** Call when there may be something to do. */
  wake(): void;
}

/** Told what happens in a lane. */
export interface LaneListeners {
  /** Called when a job or a probe has ended, which may have changed anything. */
  worked(): void;
  /** Called when a turn has ended, so that the lane may be due at another time. */
  turned(): void;
}
