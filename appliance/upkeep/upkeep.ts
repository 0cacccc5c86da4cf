/** The work of the loops: each function is one turn. */
import { Cron } from "croner";
import type { Settings } from "../../core/settings.ts";
import { dayMs, hourMs, minuteMs } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { PruneStep } from "../../store/retention/retention.ts";
import type { Log } from "../runtime/log.ts";

interface UpkeepParts {
  store: Store;
  settings: () => Settings;
  log: Log;
  /** Counts removed events, and those that some destination had not sent. */
  onPruned(events: number, expired: number): void;
  recountQueues(): Promise<void>;
  /** A turn consists of small steps; no further one is started once this is aborted. */
  stopping: AbortSignal;
}

/** A timer takes no more than 24 days. */
const longestPauseMs = 20 * dayMs;
/**
 * What is kept for a time of its own, whatever the limit of retention and its schedule: kept longer, an `id` or an Idempotency-Key that is used again
 * after its time would still be taken for the one of before, and what came with it would not be.
 */
const ofOwnTime = [
  "detectionIds",
  "batches",
  "sightings",
  "outbreaks",
] as const satisfies readonly PruneStep["sweep"][];
/** Entries of the audit log removed in one write. */
const auditStep = 500;

export function createUpkeep({ store, settings, log, onPruned, recountQueues, stopping }: UpkeepParts) {
  /** Repeats a step as long as there is more to do. */
  const whileMore = async (step: () => Promise<boolean>) => {
    while (!stopping.aborted && (await step()));
  };
  /** A pass of retention by the schedule that the clock has put off is tried again then; epoch milliseconds. Null: none is owed. */
  let owedAt: number | null = null;
  return {
    /** Records HOURLY events for every alert that is due: a million of them take longer than three intervals of the loop. */
    hourly: async (now: number, stepped: () => void) => {
      const intervalMs = settings().alertFeed.hourlyIntervalMinutes * minuteMs;
      await whileMore(async () => {
        const { more } = await store.recordHourly(now, intervalMs);
        stepped();
        return more;
      });
    },
    /** Assesses actors left by interrupted batches, and lowers scores that are due. */
    correlation: async (now: number) => {
      await whileMore(() => store.incidents.assessLeft(now, false));
      await whileMore(() => store.incidents.decayScores(now));
    },
    /** When retention is next due by its schedule; Infinity: by the pace of its loop alone. */
    retentionDueAt: (now: number): number => {
      const schedule = settings().retentionSchedule;
      if (schedule === null) return Number.POSITIVE_INFINITY;
      const next = new Cron(schedule, { paused: true }).nextRun(new Date(now))?.getTime() ?? Number.POSITIVE_INFINITY;
      // Noted by a clock that was ahead, it would be years away.
      return owedAt === null ? next : Math.min(next, owedAt, now + minuteMs);
    },
    /** With a schedule so rarely that this is what counts. */
    retentionEveryMs: (): number => (settings().retentionSchedule === null ? hourMs : longestPauseMs),
    /** Forgets what is kept for a time of its own. */
    forgetting: async (now: number) => {
      for (const sweep of ofOwnTime) {
        let place: PruneStep = { sweep, after: 0, share: 1 };
        await whileMore(async () => {
          const { next } = await store.admin.prune(now, settings().retentionDays, place);
          place = next ?? place;
          return next?.sweep === sweep;
        });
      }
    },
    /** `isTrusted`: the clock is; at the start that is not known yet. */
    retention: async (now: number, isTrusted: boolean) => {
      owedAt = isTrusted ? null : now + minuteMs;
      if (!isTrusted) return;
      let place: PruneStep | null = null;
      await whileMore(async () => {
        const { events, expired, next } = await store.admin.prune(now, settings().retentionDays, place);
        onPruned(events, expired);
        if (expired > 0) {
          await recountQueues();
          log.warn("events passed the retention limit undelivered", { deliveries: expired });
        }
        place = next;
        return next !== null;
      });
      await whileMore(() => store.admin.pruneAudit(now - settings().auditRetentionDays * dayMs, auditStep));
    },
  };
}
