/** The state of the writing Worker while a file is open: what operations need, and the lock. */

import type { OpenOutbreaks } from "../campaigns/operations.ts";
import type { InstanceLock } from "../database/instance-lock.ts";
import type { OpenIncidents } from "../incidents/operations.ts";

export interface Open extends OpenIncidents, OpenOutbreaks {
  /** Null in mode `look`. */
  readonly lock: InstanceLock | null;
}
