/** Operations on what concerns several actors. */

import { campaignReader } from "../../core/campaigns/campaign.ts";
import type { OpenDatabase, Operations } from "../database/operation.ts";
import { readPosition } from "../events/event-log.ts";
import type { OpenIncidents } from "../incidents/operations.ts";
import { correlationAuthor, UnitOfWork } from "../incidents/unit-of-work.ts";
import { joinIncidents } from "./join.ts";
import type { CampaignStep } from "./looks.ts";
import { campaignStep, type OpenCampaigns } from "./step.ts";

export const campaignOperations = {
  /** Makes one commit of a step that the reader took. Doing it again changes nothing. */
  joinIncidents: {
    kind: "write",
    run: (open, step: CampaignStep, now: number) =>
      UnitOfWork.inOneTransaction(open, correlationAuthor, now, (unit) =>
        joinIncidents(unit, open.correlator?.rules.patterns ?? [], step),
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
