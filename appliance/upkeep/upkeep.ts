/** What the appliance does by itself as time passes: each is a turn of a loop. */
import type { Settings } from "../../core/settings.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";

interface UpkeepParts {
  store: Store;
  settings: () => Settings;
  log: Log;
  /** Events removed, and deliveries that will not happen. */
  onPruned(events: number, expired: number): void;
  recountQueues(): Promise<void>;
}

export function createUpkeep({ store, settings, log, onPruned, recountQueues }: UpkeepParts) {
  return {
    /** HOURLY events for every alert that is due. */
    hourly: async (now: number) => {
      const intervalMs = settings().alertFeed.hourlyIntervalMinutes * 60_000;
      while ((await store.recordHourly(now, intervalMs)).more);
    },
    /** What a batch that never came to its end has left, and scores that quiet lowers. */
    correlation: async (now: number) => {
      while (await store.incidents.assessLeft(now, false));
      while (await store.incidents.decayScores(now));
    },
    retention: async (now: number) => {
      for (let step: { alertId: number } | null = { alertId: 0 }; step !== null; ) {
        const pruned = await store.admin.prune(now, settings().retentionDays, step);
        onPruned(pruned.events, pruned.expired);
        if (pruned.expired > 0) {
          await recountQueues();
          log.warn("events passed the retention limit undelivered", { deliveries: pruned.expired });
        }
        step = pruned.next;
      }
    },
  };
}
