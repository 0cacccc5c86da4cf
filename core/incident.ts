/** An incident: all that concerns one actor of one entity. */

export const actorTypes = ["user", "host", "ip"] as const;
export type ActorType = (typeof actorTypes)[number];

export const incidentStatuses = ["OPEN", "IN_PROGRESS", "CLOSED", "FALSE_POSITIVE"] as const;
export type IncidentStatus = (typeof incidentStatuses)[number];

/** Whether evidence still counts towards an incident of this status. */
export function isOpen(status: IncidentStatus): boolean {
  return status === "OPEN" || status === "IN_PROGRESS";
}
