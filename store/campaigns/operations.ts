/** Operations on what concerns several actors. */
import { campaignReader } from "../../core/campaigns/campaign.ts";
import type { OpenDatabase, Operations } from "../database/operation.ts";
import { readPosition } from "../events/event-log.ts";
import type { OpenIncidents } from "../incidents/operations.ts";
import { correlationAuthor, UnitOfWork } from "../incidents/unit-of-work.ts";
import { campaignTickets } from "../outbox/campaign-tickets.ts";
import type { CrowdedRules } from "./crowded-rules.ts";
import { joinIncidents } from "./join.ts";
import type { CampaignStep } from "./looks.ts";
import { hasDue, nextDue } from "./outbreak-rows.ts";
import { hasNewAlerts, scanAlerts } from "./outbreak-scan.ts";
import { settleOutbreaks } from "./outbreak-settling.ts";
import { campaignStep, type OpenCampaigns } from "./step.ts";

export const campaignOperations = {
  /** Makes one commit of a step that the reader took. Doing it again changes nothing. */
  joinIncidents: {
    kind: "write",
    run: (open, step: CampaignStep, now: number) =>
      UnitOfWork.inOneTransaction(open, correlationAuthor, now, (unit) =>
        joinIncidents(unit, open.correlator?.rules.patterns ?? [], step, (campaignId) =>
          campaignTickets(open.database, open.ticketRules, campaignId, now),
        ),
      ),
  },
  /** Whether there are incidents at all: until then the reading Worker need not start. */
  hasIncidents: {
    kind: "read",
    run: async ({ database }) => {
      const { rows } = await database.read("select incident_id from incidents limit 1");
      return rows.length > 0;
    },
  },
  /** The last event up to which incidents have been looked at. */
  campaignPosition: {
    kind: "read",
    run: async ({ database }) => (await readPosition(database, campaignReader)) ?? 0,
  },
} satisfies Operations<OpenIncidents>;

export const campaignReading = {
  campaignStep: { kind: "read", run: (open, now: number) => campaignStep(open, now) },
} satisfies Operations<OpenCampaigns & OpenDatabase>;

/** Alerts that occurred again of which one step looks at so many. */
const repeatedPerStep = 1_000;

/** What the search for outbreaks needs of the Worker's state. */
export interface OpenOutbreaks {
  readonly crowdedRules: CrowdedRules;
}

export const outbreakOperations = {
  /**
   * A step of looking at new alerts and at outbreaks that are due at `now` (epoch ms). `more`: there is more to do at once; `nextAt`: when there
   * will be, if no alerts come (null = not); `formed`: outbreaks that became part of an incident.
   */
  followOutbreaks: {
    kind: "write",
    run: async (open, now: number): Promise<{ more: boolean; nextAt: number | null; formed: number }> => {
      const { correlator } = open;
      if (correlator === null) return { more: false, nextAt: null, formed: 0 };
      const repeated = open.repeatedAlerts.first(repeatedPerStep);
      if (repeated.length === 0 && !(await hasNewAlerts(open.database)) && !(await hasDue(open.database, now)))
        return { more: false, nextAt: await nextDue(open.database), formed: 0 };
      const { formed, more } = await UnitOfWork.inOneTransaction(open, correlationAuthor, now, async (unit) => {
        const isLeft = await scanAlerts(unit, { correlator, crowded: open.crowdedRules }, repeated);
        // Not before everything that is there has been seen: one of the hosts may be earlier.
        const settled =
          isLeft || repeated.length === repeatedPerStep
            ? { formed: 0, more: false }
            : await settleOutbreaks(unit, correlator);
        return { formed: settled.formed, more: isLeft || settled.more || repeated.length === repeatedPerStep };
      });
      open.repeatedAlerts.drop(repeated);
      return { more, formed, nextAt: await nextDue(open.database) };
    },
  },
} satisfies Operations<OpenIncidents & OpenOutbreaks>;
