/** Entries of the event log: what happened, when the appliance recorded it, and a snapshot that alone determines the message. */

export const alertEventKinds = ["alert_first", "alert_hourly"] as const;

/** Kinds that the incident/case feed sends. */
export const incidentEventKinds = ["incident_created", "incident_updated", "case_created", "case_updated"] as const;

/** `incident_scored`: the score of an incident moved and its level did not rise; for readers that follow scores, no message. */
export const eventKinds = [...alertEventKinds, "alarm", ...incidentEventKinds, "incident_scored"] as const;
export type EventKind = (typeof eventKinds)[number];

/** How many events of each kind one commit appended. */
export type AppendedCounts = Partial<Record<EventKind, number>>;

export interface LoggedEvent {
  /** Position in the log: grows by at least one, is never used twice. */
  seq: number;
  /** When the appliance recorded it, epoch milliseconds. */
  at: number;
  kind: EventKind;
  /** Its subject: an alert's hash, or the id of an alarm, incident or case. */
  subject: string;
  entity: string;
  /** Snapshot as JSON text; its shape belongs to the kind: `AlertSnapshot`, `IncidentBody`, `CaseBody`. */
  data: string;
  /** The original log as a one-line ASCII JSON object, or null where the kind has none. */
  body: string | null;
  /** The same as UTF-8, where the reader has asked for it in that form (`EventLog.readInto`); `body` is null then. */
  bodyBytes?: Uint8Array;
}
