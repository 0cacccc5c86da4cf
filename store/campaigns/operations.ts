/** Operations on what concerns several actors. */
import type { Operations } from "../database/operation.ts";
import type { OpenIncidents } from "../incidents/operations.ts";
import { correlationAuthor, UnitOfWork } from "../incidents/unit-of-work.ts";
import { nextDue } from "./outbreak-rows.ts";
import { scanAlerts } from "./outbreak-scan.ts";
import { settleOutbreaks } from "./outbreak-settling.ts";

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
      const { formed, more } = await UnitOfWork.inOneTransaction(open, correlationAuthor, now, async (unit) => {
        const isLeft = await scanAlerts(unit, correlator);
        // Not before everything that is there has been seen: one of the hosts may be earlier.
        const settled = isLeft ? { formed: 0, more: false } : await settleOutbreaks(unit, correlator);
        return { formed: settled.formed, more: isLeft || settled.more };
      });
      return { more, formed, nextAt: await nextDue(open.database) };
    },
  },
} satisfies Operations<OpenIncidents>;
