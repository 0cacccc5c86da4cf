/** The Retry-After of each target, by address and account: another one is asked at once, and the former one keeps its own. Stored, so that they survive a restart. */
import { createHmac } from "node:crypto";
import { messageOf } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports.ts";
import type { TicketSettings } from "../../../core/settings/ticket-settings.ts";
import { type TicketSystemName, ticketSystems } from "../../../core/tickets/ticket.ts";
import { longestRetryAfterSeconds } from "../../../integrations/answers.ts";
import type { Throttle } from "../../../integrations/throttle.ts";
import type { Store } from "../../../store/open-store.ts";
import type { Log } from "../../runtime/log.ts";

interface ThrottleParts {
  store: Store;
  clock: Clock;
  log: Log;
  /** Under it address and account are noted: nobody finds a password in the database by trying some. */
  targetKey(): Buffer;
}

export class Throttles {
  readonly #parts: ThrottleParts;
  readonly #all = new Map<string, Throttle>();

  constructor(parts: ThrottleParts) {
    this.#parts = parts;
  }

  /** Of the targets that these settings name. */
  of(settings: TicketSettings): Record<TicketSystemName, Throttle> {
    const [jira, servicenow, proactive] = ticketSystems.map((system) => this.#named(this.#nameOf(settings, system)));
    return { jira, servicenow, proactive } as Record<TicketSystemName, Throttle>;
  }

  /** Reads those that are stored. */
  async load(): Promise<void> {
    const { store, clock } = this.#parts;
    // A time further ahead was set by a clock that has been set back since.
    const latest = clock.now() + longestRetryAfterSeconds * 1000;
    for (const { name, until } of await store.tickets.listThrottles())
      this.#named(name).until = Math.min(until, latest);
  }

  #named(name: string): Throttle {
    const known = this.#all.get(name);
    if (known !== undefined) return known;
    const { store, clock, log } = this.#parts;
    const made: Throttle = {
      name,
      until: 0,
      changed: () =>
        void store.tickets
          .saveThrottle(name, made.until, clock.now())
          .catch((error: unknown) => log.warn("a Retry-After cannot be stored", { name, error: messageOf(error) })),
    };
    this.#all.set(name, made);
    return made;
  }

  #nameOf({ jira, servicenow, proactive }: TicketSettings, system: TicketSystemName): string {
    const target = {
      jira: jira && [jira.url, jira.email, jira.apiToken],
      servicenow: servicenow && [servicenow.instance, servicenow.username, servicenow.password],
      proactive: proactive && [proactive.baseUrl, proactive.appId, proactive.secret],
    }[system];
    if (target === null) return system;
    const digest = createHmac("sha256", this.#parts.targetKey()).update(JSON.stringify(target)).digest("hex");
    return `${system}/${digest.slice(0, 16)}`;
  }
}
