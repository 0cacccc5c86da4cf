/** What a node of a cluster shows while it has nothing to serve yet: its health ports, with the reason. */
import { Faults } from "../../core/faults.ts";
import { type FeedName, feedNames } from "../../core/feeds/feeds.ts";
import { feedHealth } from "../../core/feeds/health.ts";
import type { Clock } from "../../core/ports.ts";
import type { Settings } from "../../core/settings.ts";
import { healthApp } from "../../transports/http/health.ts";
import { HealthListener } from "../runtime/listeners.ts";
import type { Log } from "../runtime/log.ts";

interface WaitingTools {
  resolved: { settings: Pick<Settings, "alertHealth" | "incidentHealth"> };
  clock: Clock;
  log: Log;
  onAlive?: (summary: string) => void;
}

export class Waiting {
  readonly #tools: WaitingTools;
  readonly #faults: Faults;
  readonly #begun: number;
  #ports: readonly HealthListener[] = [];

  private constructor(tools: WaitingTools) {
    const { clock, log } = tools;
    this.#tools = tools;
    this.#begun = clock.monotonic();
    this.#faults = new Faults(
      () => clock.now(),
      ({ name, message }, state) => {
        if (state === "appeared") log.error("fault", { fault: name, detail: message });
      },
    );
  }

  static async start(tools: WaitingTools): Promise<Waiting> {
    const waiting = new Waiting(tools);
    const { alertHealth, incidentHealth } = tools.resolved.settings;
    const addresses = { alerts: alertHealth, incidents: incidentHealth };
    const port = (name: FeedName) =>
      HealthListener.start(name, addresses[name], healthApp(() => waiting.#health(name)).fetch, waiting.#faults);
    waiting.#ports = await Promise.all(feedNames.map(port));
    return waiting;
  }

  /** Addresses of the two health ports. */
  get urls(): string[] {
    return this.#ports.map(({ url }) => url);
  }

  /** Says what it waits for, in place of what it said before; also to the watchdog, because a restart would not help. */
  show(fault: string, why: string): void {
    for (const { name } of this.#faults.list())
      if (name.startsWith("cluster_") && name !== fault) this.#faults.clear(name);
    this.#faults.set(fault, why);
    this.#tools.onAlive?.(`waiting: ${why}`);
  }

  async stop(): Promise<void> {
    for (const port of this.#ports) await port.stop();
  }

  #health(name: FeedName) {
    return feedHealth(name, {
      uptimeMs: this.#tools.clock.monotonic() - this.#begun,
      sinceLastPollMs: null,
      pollIntervalMs: 30_000,
      lastPoll: null,
      destinations: [],
      faults: this.#faults.list(),
    });
  }
}
