/**
 * The alert feed's messages: FIRST and HOURLY (seed 003 "Alert Syslog Format", CONTRACT 3). They are made from the stored event
 * and the destination's options alone, so that a replay has the same bytes.
 *
 * The seed's Logstash pattern ends the structured data at the first `] `, escaped or not, so it splits a message wrongly whose
 * rule title or other value holds that. The value is sent all the same: SIEM and console must name a rule alike, and every
 * parser of RFC 5424 reads it.
 */
import type { AlertSnapshot } from "../alert.ts";
import { EdgeError } from "../errors.ts";
import type { LoggedEvent } from "../event.ts";
import { riskLevel, syslogSeverity } from "../risk.ts";
import { composeMessage, type EncodedMessage } from "./fit.ts";
import { type MessageBytes, ownBytes } from "./message-buffer.ts";
import { formatTime, type SdElement } from "./rfc5424.ts";
import { metaElement } from "./sequence-id.ts";
import { parseSnapshot } from "./snapshot.ts";
import type { MessageOptions } from "./syslog-options.ts";

/** The message of an alert event. Throws `EdgeError` code `event_corrupt` for an event that cannot be one. `into`: gives its bytes. */
export function alertMessage(
  event: LoggedEvent,
  options: MessageOptions,
  into: MessageBytes = ownBytes,
): EncodedMessage {
  const snapshot = parseSnapshot(event.data);
  const body = event.bodyBytes ?? event.body;
  if (body === null) throw corrupt(event, "its log is missing");
  const hourly = event.kind === "alert_hourly";
  const sd = [hourly ? hourlyElement(event, snapshot, options) : firstElement(snapshot, options)];
  if (options.ruleInfo) sd.push(ruleElement(snapshot, options));
  if (options.sequenceId) sd.push(metaElement(event.seq));
  return composeMessage(
    {
      severity: options.severity === "by_risk" ? syslogSeverity[riskLevel(snapshot.risk)] : 6,
      timestamp: event.at,
      msgid: options.msgid === "nil" ? null : hourly ? "HOURLY" : "FIRST",
      sd,
      body,
    },
    options,
    into,
  );
}

function firstElement(s: AlertSnapshot, options: MessageOptions): SdElement {
  return {
    id: `sigma@${options.enterpriseId}`,
    params: [
      ["hash", s.hash],
      ["count", String(s.count)],
      ["risk", String(s.risk)],
      ["ml_cluster", String(s.mlCluster)],
      ["first_seen", formatTime(s.firstSeen, 0)],
      ["last_seen", formatTime(s.lastSeen, 0)],
    ],
  };
}

function hourlyElement(event: LoggedEvent, s: AlertSnapshot, options: MessageOptions): SdElement {
  if (s.delta === undefined || s.burst === undefined) throw corrupt(event, "it is an HOURLY without delta and burst");
  const { id, params } = firstElement(s, options);
  return { id, params: [...params, ["hourly_delta", String(s.delta)], ["burst", String(s.burst)]] };
}

function ruleElement(s: AlertSnapshot, options: MessageOptions): SdElement {
  return {
    id: `rule@${options.enterpriseId}`,
    params: [
      ["id", s.ruleId],
      ["title", s.ruleTitle],
      ["level", s.level],
      ["author", s.ruleAuthor],
      ["tags", s.tags.join(",")],
      ["entity", s.entity],
      ["user", s.user],
      ["host", s.host],
      ["ip", s.ip],
    ],
    shorten: ["tags", "author", "title", "entity", "user", "host", "ip", "id"],
  };
}

function corrupt(event: LoggedEvent, what: string): EdgeError {
  const message = `Event ${event.seq} of alert ${event.subject} cannot be sent: ${what}. Run "rhythmx doctor"; restore a backup if the database is damaged.`;
  return new EdgeError("event_corrupt", message, { data: { seq: event.seq } });
}
