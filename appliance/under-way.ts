/** What is being worked on at this moment: a simulated clock moves only when nothing is. */
import type { Intake } from "../core/intake/intake.ts";
import type { Store } from "../store/open-store.ts";
import type { Scheduler } from "./upkeep/scheduler.ts";

/** Counts requests from their coming in until there is an answer; a stream is answered when it begins. */
export class OpenRequests<Args extends unknown[]> {
  readonly #fetch: (...args: Args) => Response | Promise<Response>;
  #count = 0;

  constructor(fetch: (...args: Args) => Response | Promise<Response>) {
    this.#fetch = fetch;
  }

  get count(): number {
    return this.#count;
  }

  readonly fetch = async (...args: Args): Promise<Response> => {
    this.#count++;
    try {
      return await this.#fetch(...args);
    } finally {
      this.#count--;
    }
  };
}

interface Parts {
  scheduler: Scheduler;
  store: Store;
  intake: Intake;
  requests: { count: number };
}

/** In words, for whoever waits for it in vain; null: nothing. */
export function whatIsUnderWay({ scheduler, store, intake, requests }: Parts): string | null {
  const loops = scheduler.busy();
  const all = [
    loops.length > 0 ? `loops ${loops.join(", ")}` : null,
    store.callsUnderWay() > 0 ? `${store.callsUnderWay()} calls of the store` : null,
    intake.pendingBytes > 0 ? `${intake.pendingBytes} bytes in intake` : null,
    requests.count > 0 ? `${requests.count} requests of the API` : null,
  ].filter((one) => one !== null);
  return all.length === 0 ? null : all.join("; ");
}
