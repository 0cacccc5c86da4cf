/** The lines about faults, incidents, tickets, destinations, and what should be set up. */
import { throttled } from "../tickets/probes.ts";
import { dayMs } from "../time.ts";
import type { AttentionLine, AttentionReason, AttentionState, AttentionTone } from "./attention-state.ts";

const certificateNoticeMs = 30 * dayMs;

export function faultLines({ faults }: AttentionState): AttentionLine[] {
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

export function incidentLines({ incidents: i }: AttentionState): AttentionLine[] {
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

export function ticketLines({ standing }: AttentionState): AttentionLine[] {
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
          ? `All attempts are used up. They are kept, and go once somebody retries them or ${group.cause === throttled ? "a read-only test is good, within the hour" : "the system is back after an outage"}.`
          : "They are kept. Mended once, all of them go.",
      step: { label: "Mend and retry", href },
      ...common,
    };
  });
}

export function destinationLines({ destinations }: AttentionState): AttentionLine[] {
  const away = destinations.filter(({ connected, lastError }) => !connected && lastError !== null);
  const others = destinations.length - away.length;
  return away.map(({ feed, name, queued, lastError }) => {
    const rest = others > 0 ? ` ${counted(others, "other destination")} ${isOrAre(others)} not affected.` : "";
    const kept =
      queued === null
        ? "What was accepted waits on the disk and nothing is lost."
        : `${counted(queued, "message")} ${queued === 1 ? "waits" : "wait"} on the disk and nothing is lost.`;
    return {
      reason: "destination_away",
      tone: "broken",
      title: `${name} cannot be reached with ${feed}`,
      means: `${kept}${rest}`,
      says: lastError === null ? null : { who: "The last attempt", words: lastError },
      step: { label: "Open the system page", href: "/system" },
      since: null,
    };
  });
}

export function setUpLines(state: AttentionState, now: number): AttentionLine[] {
  const lines: AttentionLine[] = [];
  const hint = (reason: AttentionReason, title: string, means: string, label: string, href: string) =>
    lines.push({ reason, tone: "hint", title, means, says: null, step: { label, href }, since: null });
  const { certificateEndsAt, endingKeys, proposedExceptions } = state;
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
  const [key, ...keys] = endingKeys;
  if (key !== undefined) {
    const days = Math.floor((key.endsAt - now) / dayMs);
    const others =
      keys.length === 0 ? "" : ` ${counted(keys.length, "other key")} ${keys.length === 1 ? "follows" : "follow"}.`;
    hint(
      "key_ends",
      key.endsAt <= now
        ? `The API key ${key.name} has ended`
        : `The API key ${key.name} ends in ${counted(days, "day")}`,
      `The program that uses it is refused from then on: make a new key for it.${others}`,
      "Show the keys",
      key.endsAt <= now ? "/keys?view=ended" : "/keys",
    );
  }
  if (proposedExceptions > 0)
    hint(
      "exceptions_proposed",
      `${counted(proposedExceptions, "exception")} ${isOrAre(proposedExceptions)} proposed by false positives`,
      "Saved, they keep the same activity from becoming an incident again.",
      "Show them",
      "/exceptions?view=proposed",
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
      "Alerts and incidents are kept here; nothing is forwarded. Destinations are set up in a few minutes.",
      "Set one up",
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
