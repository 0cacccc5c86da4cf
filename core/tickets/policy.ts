/** Which of a ticket's fields are kept in step with its incident, and who wins when both sides have changed one (CONTRACT 6). */

export const ticketFields = ["status", "assignee", "notes", "priority"] as const;
export type TicketField = (typeof ticketFields)[number];

/**
 * `once`: set when the ticket is made, then left alone by both. `two_way`: changes travel both ways, and the ticket wins. `ours`: changes of
 * the incident reach the ticket, never the other way round.
 */
export const fieldPolicies = ["once", "two_way", "ours"] as const;
export type FieldPolicy = (typeof fieldPolicies)[number];
export type FieldPolicies = Readonly<Record<TicketField, FieldPolicy>>;

/** A ticket's priority is not a risk, so it is never read back. */
export const defaultPolicies: FieldPolicies = {
  status: "two_way",
  assignee: "two_way",
  notes: "two_way",
  priority: "ours",
};

/** Whose value wins when both incident and ticket changed a field of this policy. */
export function winnerOf(policy: FieldPolicy): "ticket" | "rhythmx" {
  return policy === "ours" ? "rhythmx" : "ticket";
}
