/** What the Worker that writes has while a file is open: all that operations ask for, and the lock. */

import type { InstanceLock } from "../database/instance-lock.ts";
import type { OpenIncidents } from "../incidents/operations.ts";

export interface Open extends OpenIncidents {
  /** Null for one who only looks. */
  readonly lock: InstanceLock | null;
}
