/** How messages to one destination look. Settings of the same names in lower case with underscores (CONTRACT 1). */
export interface MessageOptions {
  /** RFC 5424 facility 0-23: 16 (local0) for alerts. */
  facility: number;
  appName: string;
  hostname: string;
  /** Private enterprise number of the SD-IDs. */
  enterpriseId: number;
  /** Largest message in bytes, framing not counted. */
  maxBytes: number;
  /** Fraction digits of TIMESTAMP. */
  timestampPrecision: 0 | 3 | 6;
  /** `event` puts the event's name into MSGID, `nil` a "-". */
  msgid: "event" | "nil";
  /** Adds `[meta sequenceId="…"]` (RFC 5424 7.3.1). */
  sequenceId: boolean;
  /** Adds the rule element to alert messages. */
  ruleInfo: boolean;
  /** Severity of alert messages: always informational, or by the alert's risk. */
  severity: "info" | "by_risk";
  /** Decimal process id for PROCID. */
  procid: number;
}
