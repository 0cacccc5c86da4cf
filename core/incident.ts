/** An incident: everything about one actor of one entity. */
import type { Outbreak } from "./campaigns/campaign.ts";
import type { RiskLevel } from "./risk.ts";

export const actorTypes = ["user", "host", "ip"] as const;
export type ActorType = (typeof actorTypes)[number];

export const incidentStatuses = ["OPEN", "IN_PROGRESS", "CLOSED", "FALSE_POSITIVE"] as const;
export type IncidentStatus = (typeof incidentStatuses)[number];

/** Whether evidence still counts towards an incident of this status. */
export function isOpen(status: IncidentStatus): boolean {
  return status === "OPEN" || status === "IN_PROGRESS";
}

/** An incident as it is stored. Times are epoch milliseconds. */
export interface Incident {
  /** `INC-` and 8 hexadecimal digits. */
  incidentId: string;
  /** The actor period it belongs to: the actor's evidence since its last incident was closed. */
  periodId: number;
  entity: string;
  /** `group_key`. */
  actor: string;
  actorType: ActorType;
  status: IncidentStatus;
  score: number;
  level: RiskLevel;
  assignedAnalyst: string | null;
  investigationNotes: string | null;
  resolutionNotes: string | null;
  ticketId: string | null;
  ticketUrl: string | null;
  ticketSystem: string | null;
  createdAt: number;
  updatedAt: number;
  closedAt: number | null;
  /** When the present level was reached. */
  escalatedAt: number;
  /** `CMP-` and 8 hexadecimal digits: the campaign it is part of; null = none. */
  campaignId: string | null;
  /** The same rule on many hosts, which made it what it is; of several the one on most hosts. */
  outbreak: Outbreak | null;
}

/** Counts of an actor in one period. Times are epoch milliseconds of the detections' own clock; null without any. */
export interface ActorActivity {
  detections: number;
  /** Of level high or critical. */
  highDetections: number;
  alarms: number;
  rbpSum: number;
  rbpMax: number;
  firstAt: number | null;
  lastAt: number | null;
}
