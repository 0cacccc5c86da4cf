/** What the Worker has while a file is open. */

import type { Database } from "../database/database.ts";
import type { InstanceLock } from "../database/instance-lock.ts";
import type { Sequences } from "../events/sequences.ts";
import type { Assessments } from "../incidents/assessments.ts";
import type { Correlator } from "../incidents/correlator.ts";
import type { AlertWriter } from "../intake/alerts.ts";
import type { TicketRules } from "../outbox/ticket-updates.ts";

/** The Worker's state while a file is open. */
export interface Open {
  database: Database;
  /** Null for one who only looks. */
  lock: InstanceLock | null;
  sequences: Sequences;
  alerts: AlertWriter;
  assessments: Assessments;
  /** Null while there is no incident step: what comes in is no evidence. */
  correlator: Correlator | null;
  /** Changed in place: the incident step sees it too. */
  ticketRules: TicketRules;
}
