/** The shapes of what needs attention, and of the state that it follows from. */
/** In order of urgency: what loses or delays data, then what a person has to decide, then what should be set up. */
export const attentionReasons = [
  "fault",
  "breached",
  "critical_without_owner",
  "ticket_not_identified",
  "credentials_refused",
  "tickets_stand_still",
  "destination_away",
  "at_risk",
  "high_without_owner",
  "certificate_ends",
  "key_ends",
  "exceptions_proposed",
  "nothing_received",
  "no_destination",
  "first_password",
] as const;
export type AttentionReason = (typeof attentionReasons)[number];

/** How a line is marked: something is broken, something waits for a person, or something is good to know. */
export type AttentionTone = "urgent" | "broken" | "waits" | "hint";

export interface AttentionLine {
  reason: AttentionReason;
  tone: AttentionTone;
  /** A sentence without a full stop. */
  title: string;
  /** What it means: sentences. */
  means: string;
  /** What the other side said, as it came: untrusted text. */
  says: { who: string; words: string } | null;
  /** Where the next step is taken: an address of the console, and its verb. */
  step: { label: string; href: string };
  /** Epoch milliseconds; null where there is no beginning. */
  since: number | null;
}

/** What is known, as far as the person may see it. Times are epoch milliseconds. */
export interface AttentionState {
  faults: readonly { name: string; message: string; since: number }[];
  incidents: {
    open: number;
    withoutOwner: number;
    criticalWithoutOwner: number;
    highWithoutOwner: number;
    /** Open incidents past their service level, and those with three quarters of it gone. */
    breached: number;
    atRisk: number;
    /** The earliest due time of those at risk. */
    nextDueAt: number | null;
  };
  /** Of both syslog feeds. */
  destinations: readonly {
    /** What goes there: alerts, incidents. */
    feed: string;
    name: string;
    connected: boolean;
    /** Messages that wait on the disk; null where that is not for this person. */
    queued: number | null;
    lastError: string | null;
  }[];
  /** Deliveries to ticket systems that wait for a person, grouped by cause. */
  standing: readonly {
    system: string;
    cause: string;
    state: "parked" | "dead";
    count: number;
    words: string;
    since: number;
    /** A ticket was made whose number the answer did not say. */
    isNotIdentified: boolean;
    /** The system refuses the credentials. */
    areCredentialsRefused: boolean;
  }[];
  /** Null without TLS or where it is not for this person. */
  certificateEndsAt: number | null;
  /** Exceptions proposed by false positives that nobody has looked at. */
  /** API keys that end soon or have ended lately, the next one first; for administrators alone. */
  endingKeys: readonly { name: string; endsAt: number }[];
  proposedExceptions: number;
  detections: number;
  hasDestination: boolean;
  /** The generated first password still lies in the data folder. */
  hasFirstPassword: boolean;
}
