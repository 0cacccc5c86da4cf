/**
 * What needs somebody's attention now, the most urgent first: each line with its named reason, what it means for the data or for the
 * service, and the one next step. A pure function of what is known.
 */
import { dayMs } from "../time.ts";

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
  "exceptions_proposed",
  "nothing_received",
  "no_destination",
  "first_password",
  "no_backup",
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
    name: string;
    address: string;
    connected: boolean;
    /** Messages that wait on the disk. */
    queued: number;
    lastError: string | null;
    failingSince: number | null;
    /** Delivered at most once: what is sent meanwhile is lost. */
    isUdp: boolean;
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
  proposedExceptions: number;
  detections: number;
  hasDestination: boolean;
  /** The generated first password still lies in the data folder. */
  hasFirstPassword: boolean;
  /** Null where backups are not for this person. */
  backup: { lastAt: number | null } | null;
}

const certificateNoticeMs = 30 * dayMs;
const backupNoticeMs = 7 * dayMs;

/** The lines for this state at `now` (epoch milliseconds), the most urgent first; empty when nothing needs anybody. */
export function needsAttention(state: AttentionState, now: number): AttentionLine[] {
  const lines = [
    ...faultLines(state),
    ...incidentLines(state),
    ...ticketLines(state),
    ...destinationLines(state),
    ...setUpLines(state, now),
  ];
  return lines.sort((a, b) => attentionReasons.indexOf(a.reason) - attentionReasons.indexOf(b.reason));
}

function faultLines({ faults }: AttentionState): AttentionLine[] {
  return faults.map(({ message, since }) => ({
    reason: "fault",
    tone: "broken",
    title: capital(firstSentence(message)),
    means: "What was accepted is kept, and the appliance goes on by itself when the cause is gone.",
    says: { who: "The appliance", words: message },
    step: { label: "Open the system page", href: "/system" },
    since,
  }));
}

function incidentLines({ incidents: i }: AttentionState): AttentionLine[] {
  const lines: AttentionLine[] = [];
  const line = (reason: AttentionReason, tone: AttentionTone, title: string, means: string, query: string) =>
    lines.push({
      reason,
      tone,
      title,
      means,
      says: null,
      step: { label: "Show them", href: `/incidents?${query}` },
      since: null,
    });
  const unowned = `${i.withoutOwner} of ${counted(i.open, "open incident")} ${i.withoutOwner === 1 ? "has" : "have"} no owner.`;
  if (i.breached > 0)
    line(
      "breached",
      "urgent",
      `${counted(i.breached, "incident")} ${isOrAre(i.breached)} past ${i.breached === 1 ? "its" : "their"} service level`,
      "Close what is done; what is left should be somebody's next task.",
      "sla=breached",
    );
  if (i.criticalWithoutOwner > 0)
    line(
      "critical_without_owner",
      "urgent",
      `${counted(i.criticalWithoutOwner, "critical incident")} ${i.criticalWithoutOwner === 1 ? "has" : "have"} no owner`,
      unowned,
      "level=critical&owner=none",
    );
  if (i.atRisk > 0) {
    const next = i.nextDueAt === null ? "" : `The first is due at ${clockOf(i.nextDueAt)} UTC. `;
    line(
      "at_risk",
      "waits",
      `${counted(i.atRisk, "incident")} will soon be past ${i.atRisk === 1 ? "its" : "their"} service level`,
      `${next}Three quarters of the time are gone.`,
      "sla=at_risk",
    );
  }
  if (i.highWithoutOwner > 0)
    line(
      "high_without_owner",
      "waits",
      `${counted(i.highWithoutOwner, "high incident")} ${i.highWithoutOwner === 1 ? "has" : "have"} no owner`,
      unowned,
      "level=high&owner=none",
    );
  return lines;
}

function ticketLines({ standing }: AttentionState): AttentionLine[] {
  return standing.map((group): AttentionLine => {
    const { system, count, words, since, state } = group;
    const says = words === "" ? null : { who: system, words };
    const href = `/deliveries?${new URLSearchParams({ system: system.toLowerCase(), cause: group.cause })}`;
    const common = { says, since };
    if (group.isNotIdentified)
      return {
        reason: "ticket_not_identified",
        tone: "waits",
        title: `${counted(count, `${system} ticket`)} ${count === 1 ? "was" : "were"} made, and the answer did not say which`,
        means: "Nothing is sent again, so that there is no second ticket. Look the number up and name it.",
        step: { label: "Name the ticket", href },
        ...common,
      };
    if (group.areCredentialsRefused)
      return {
        reason: "credentials_refused",
        tone: "broken",
        title: `${system} refuses the credentials`,
        means: `${counted(count, "delivery", "deliveries")} wait and nothing is lost. Few further attempts are made, so that the account is not locked.`,
        step: { label: "Open the integration", href: "/settings/integrations" },
        ...common,
      };
    return {
      reason: "tickets_stand_still",
      tone: "broken",
      title: `${counted(count, `${system} delivery`, `${system} deliveries`)} stand still for one cause`,
      means:
        state === "dead"
          ? "All attempts are used up. They are kept, and go once somebody retries them or the system is back after an outage."
          : "They are kept. Mended once, all of them go.",
      step: { label: "Mend and retry", href },
      ...common,
    };
  });
}

function destinationLines({ destinations }: AttentionState): AttentionLine[] {
  const away = destinations.filter(({ connected, lastError }) => !connected && lastError !== null);
  const others = destinations.length - away.length;
  return away.map(({ name, address, queued, lastError, failingSince, isUdp }) => {
    const rest = others > 0 ? ` ${counted(others, "other destination")} ${isOrAre(others)} not affected.` : "";
    const kept = isUdp
      ? "UDP confirms nothing: what is sent meanwhile may be lost."
      : `${counted(queued, "message")} ${queued === 1 ? "waits" : "wait"} on the disk and nothing is lost.`;
    return {
      reason: "destination_away",
      tone: "broken",
      title: `${name} cannot be reached`,
      means: `${kept}${rest}`,
      says: lastError === null ? null : { who: address, words: lastError },
      step: { label: "Open the destination", href: "/settings/integrations" },
      since: failingSince,
    };
  });
}

function setUpLines(state: AttentionState, now: number): AttentionLine[] {
  const lines: AttentionLine[] = [];
  const hint = (reason: AttentionReason, title: string, means: string, label: string, href: string) =>
    lines.push({ reason, tone: "hint", title, means, says: null, step: { label, href }, since: null });
  const { certificateEndsAt, proposedExceptions, backup } = state;
  if (certificateEndsAt !== null && certificateEndsAt - now < certificateNoticeMs) {
    const days = Math.floor((certificateEndsAt - now) / dayMs);
    hint(
      "certificate_ends",
      days < 0 ? "The certificate has ended" : `The certificate ends in ${counted(days, "day")}`,
      "Browsers, pollers and senders that verify it will then refuse to connect.",
      "Open the system page",
      "/system",
    );
  }
  if (proposedExceptions > 0)
    hint(
      "exceptions_proposed",
      `${counted(proposedExceptions, "exception")} ${isOrAre(proposedExceptions)} proposed by false positives`,
      "Saved, they keep the same activity from becoming an incident again.",
      "Look at them",
      "/exceptions",
    );
  if (state.detections === 0)
    hint(
      "nothing_received",
      "No detection has come yet",
      "Three steps bring the first one.",
      "Show the steps",
      "/#first-steps",
    );
  else if (!state.hasDestination)
    hint(
      "no_destination",
      "No SIEM is connected",
      "Alerts and incidents are kept here; nothing is forwarded.",
      "Add a destination",
      "/settings/integrations",
    );
  if (state.hasFirstPassword)
    hint(
      "first_password",
      "The first password still lies in the data folder",
      "It is removed when the account admin has another one.",
      "Change the password",
      "/account",
    );
  if (backup !== null && (backup.lastAt === null || now - backup.lastAt > backupNoticeMs))
    hint(
      "no_backup",
      backup.lastAt === null
        ? "There is no backup"
        : `The last backup is ${counted(Math.floor((now - backup.lastAt) / dayMs), "day")} old`,
      "A lost disk would take tickets, history and exceptions with it.",
      "Show how",
      "/system",
    );
  return lines;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

function isOrAre(count: number): string {
  return count === 1 ? "is" : "are";
}

function firstSentence(text: string): string {
  const [first = ""] = text.split(/[.:;]\s/, 1);
  return first.length > 100 ? `${first.slice(0, 99).toWellFormed()}…` : first;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function clockOf(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}
