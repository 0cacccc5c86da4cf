/** Which incidents become tickets by themselves (seed 001 "Auto-Push", CONTRACT 9.15). */
import { compareLevels, type RiskLevel } from "../risk.ts";
import type { TicketSystemName } from "./ticket.ts";

export interface AutoPush {
  /** Incidents at this level or above. */
  minLevel: RiskLevel;
  /** Those that are enabled and configured. */
  systems: readonly TicketSystemName[];
}

/** The systems in which an incident of this level gets a ticket. */
export function systemsToPush(push: AutoPush | null, level: RiskLevel): readonly TicketSystemName[] {
  return push !== null && compareLevels(level, push.minLevel) >= 0 ? push.systems : [];
}
