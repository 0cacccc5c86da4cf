/** Checks whether a syslog receiver can be reached. */
import { messageOf } from "../../core/errors.ts";
import { type FeedName, readerName } from "../../core/feeds/feeds.ts";
import { testMessage } from "../../core/feeds/status-message.ts";
import type { DestinationSettings } from "../../core/settings.ts";
import type { SyslogSenderOptions } from "../../transports/syslog/options.ts";
import { probe, sendOnce } from "../../transports/syslog/probe.ts";
import { type ReadTlsFile, tlsMaterial } from "../feeds/syslog-feed.ts";
import type { Finding } from "./finding.ts";

/** How long a receiver may take to accept the test message. */
const testMessageMs = 10_000;

/** `readFile`: gives certificates and keys, uploaded ones too. `send`: also sends it a message with MSGID TEST. */
export async function checkDestination(
  feed: FeedName,
  destination: DestinationSettings,
  { send, readFile }: { send: boolean; readFile: ReadTlsFile },
): Promise<Finding> {
  const { name, protocol, host, port, framing, tls } = destination;
  const where = `${readerName(feed, name)}: ${protocol}${tls !== null && protocol === "relp" ? " over TLS" : ""} to ${host}:${port}`;
  const options: SyslogSenderOptions = {
    protocol,
    host,
    port,
    framing,
    tls: () => (tls === null ? null : tlsMaterial(tls, readFile)),
  };
  try {
    await probe(options);
    const reached = protocol === "udp" ? "the name resolves; udp cannot tell whether anybody listens" : "reached";
    if (!send) return { level: "ok", line: `${where}: ${reached}` };
    const { bytes } = testMessage(Date.now(), name, { ...destination.message, procid: process.pid });
    await sendOnce(options, bytes, testMessageMs);
    const taken = protocol === "relp" ? "the receiver has acknowledged a test message" : "a test message was written";
    return { level: "ok", line: `${where}: ${reached}; ${taken}` };
  } catch (error) {
    return { level: "problem", line: `${where}: ${messageOf(error)}` };
  }
}
