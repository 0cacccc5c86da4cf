/** What receivers expect, so that naming one is enough. An option that is given wins over its preset. */
import type { DestinationSettings, PresetName, SyslogProtocol } from "../settings.ts";

type Framing = DestinationSettings["framing"];

interface Preset {
  framing: Readonly<Record<"tcp" | "tls", Framing>>;
  port: Readonly<Record<SyslogProtocol, number>>;
  /** Of the stream protocols; a datagram stays at 2048 (RFC 5426 3.2). */
  maxBytes: number;
  timestampPrecision: 0 | 3 | 6;
}

/**
 * Without a preset. TCP has no standard framing, LF is what most receivers read; TLS must be counted (RFC 5425 4.3). RELP has no
 * assigned port, 2514 is that of rsyslog's examples.
 */
export const standard: Preset = {
  framing: { tcp: "lf", tls: "octet" },
  port: { udp: 514, tcp: 514, tls: 6514, relp: 2514 },
  maxBytes: 8192,
  timestampPrecision: 0,
};

const lines: Preset["framing"] = { tcp: "lf", tls: "lf" };
const counted: Preset["framing"] = { tcp: "octet", tls: "octet" };

export const presets = {
  /** A raw TCP input breaks events at newlines and keeps a count as text; TRUNCATE is 10000 bytes. */
  splunk: { ...standard, framing: lines, maxBytes: 10_000 },
  /** The listeners on 514 and 6514 read lines; counted frames belong to 601, so give `port` and `framing` for that one. */
  sc4s: { ...standard, framing: lines },
  /** Lines; a payload of 4096 bytes; RFC 5424 times only with milliseconds. */
  qradar: { ...standard, framing: lines, maxBytes: 4096, timestampPrecision: 3 },
  /** Logstash and Elastic Agent read lines; a count stays in the event. */
  elastic: { ...standard, framing: lines },
  /** imtcp reads both; counted frames keep their borders whatever the message holds. maxMessageSize is 8192. */
  rsyslog: { ...standard, framing: counted },
  /** The `syslog()` driver reads counted frames only, on 601; a line makes it close the connection. */
  "syslog-ng": { ...standard, framing: counted, port: { ...standard.port, tcp: 601 } },
  /** Decides once per connection by the first byte and reads both. */
  graylog: { ...standard, framing: counted },
  /** The agent does not listen for others: a Linux forwarder's rsyslog or syslog-ng on 514 does, and both read lines there. */
  sentinel: { ...standard, framing: lines },
} as const satisfies Record<PresetName, Preset>;

export const presetNames = Object.keys(presets) as PresetName[];
