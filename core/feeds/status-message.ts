/** Messages that are about the feed itself: STATUS, so that quiet can be told from dead, and TEST (CONTRACT 3). */
import { asciiJson } from "../text/ascii-json.ts";
import { composeMessage, type EncodedMessage } from "./fit.ts";
import type { MsgId, SdElement } from "./rfc5424.ts";
import type { MessageOptions } from "./syslog-options.ts";

/** How the feed to one destination is doing. */
export interface FeedStatus {
  /** Name of the destination. */
  destination: string;
  uptimeSeconds: number;
  /** Alert messages sent since the start of the process. */
  sent: number;
  /** Alert messages that wait. */
  queued: number;
}

/** The heartbeat at `at` (epoch milliseconds): `[status@32473 destination="" uptime_seconds="" sent="" queued=""]` and the same as JSON. */
export function statusMessage(at: number, status: FeedStatus, options: MessageOptions): EncodedMessage {
  const fields = {
    destination: status.destination,
    uptime_seconds: status.uptimeSeconds,
    sent: status.sent,
    queued: status.queued,
  };
  return feedMessage(at, "STATUS", "status", fields, options);
}

/** A message by which people see that a destination works: `[test@32473 destination=""]` and a sentence as JSON. */
export function testMessage(at: number, destination: string, options: MessageOptions): EncodedMessage {
  const sentence = "Test message: this destination receives what RhythmX sends.";
  return feedMessage(at, "TEST", "test", { destination }, options, { message: sentence });
}

/** MSGID is always the name, whatever `msgid` says: nothing else would tell these from alerts. */
function feedMessage(
  timestamp: number,
  msgid: MsgId,
  name: string,
  fields: Readonly<Record<string, string | number>>,
  options: MessageOptions,
  more: Readonly<Record<string, string>> = {},
): EncodedMessage {
  const element: SdElement = {
    id: `${name}@${options.enterpriseId}`,
    params: Object.entries(fields).map(([key, value]) => [key, String(value)] as const),
    shorten: ["destination"],
  };
  const body = asciiJson(JSON.stringify({ ...fields, ...more }));
  return composeMessage({ severity: 6, timestamp, msgid, sd: [element], body }, options);
}
