/** One destination of a syslog feed, with every option of CONTRACT 1. */
import type { FeedName } from "../feeds/feeds.ts";
import type { DestinationSettings, PresetName, SyslogProtocol, TlsSettings } from "../settings.ts";
import { entityNames, fraction, host, matching, oneOf, path, trueOrFalse, wholeNumber } from "./forms.ts";
import type { JsonObject } from "./json-text.ts";
import { type ObjectReader, objectReader, type Place } from "./object-reader.ts";
import { presetNames, presets, standard } from "./presets.ts";
import { shown } from "./problem.ts";

const keysOfFeed: Readonly<Record<FeedName, readonly string[]>> = {
  alerts: ["rule_info", "severity"],
  incidents: ["risk_level_events"],
};
export const tlsKeys: readonly string[] = ["ca_file", "cert_file", "key_file", "server_name", "verify"];

/** Keys of a destination of this feed. */
export function destinationKeys(feed: FeedName): readonly string[] {
  return [
    ...["name", "preset", "protocol", "host", "port", "framing", "tls"],
    ...[
      "facility",
      "app_name",
      "hostname",
      "enterprise_id",
      "max_bytes",
      "timestamp_precision",
      "msgid",
      "sequence_id",
    ],
    ...keysOfFeed[feed],
    ...["min_risk", "entities", "heartbeat_minutes"],
  ];
}

/** A feed's default destination; one without a name is named after the feed. */
interface FeedDefaults {
  feed: FeedName;
  facility: number;
  appName: string;
}

/** What a destination shares with the others of its file. */
interface DestinationContext {
  form: FeedDefaults;
  /** The file's own folder, where relative TLS paths start. */
  folder: string;
  /** Names in use so far, each with the path of the destination that has it. */
  taken: Map<string, string>;
}

/** The largest UDP payload over IPv4: 65535 less the IP and UDP headers. */
const largestDatagram = 65_507;
const datagramDefault = 2048;

/** Begins the name of a file that was uploaded in the console, in the place of a path. */
const uploadedPrefix = "uploaded:";

/** The name of what was uploaded with this SHA-256 (hexadecimal). */
export function uploadedName(sha256: string): string {
  return `${uploadedPrefix}${sha256}`;
}

/** Whether this is no path, but the name of an uploaded file. */
export function isUploaded(file: string): boolean {
  return file.startsWith(uploadedPrefix);
}

/** Names stand in metric labels, log lines and on the command line. */
/** Not `.` or `..`: in the address of its page they would be steps. */
const destinationName = matching(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/,
  "1 to 64 letters, digits, dots, hyphens or underscores, not . or ..",
);
const protocols: readonly SyslogProtocol[] = ["udp", "tcp", "tls", "relp"];

/**
 * Reads a destination; null if it has a problem (which is reported): sending something unintended is worse than sending
 * nothing and reporting it.
 */
export function readDestination(
  object: JsonObject,
  place: Place,
  context: DestinationContext,
): DestinationSettings | null {
  const { form, folder } = context;
  const problemsBefore = place.report.problems.length;
  const reader = objectReader(object, place, destinationKeys(form.feed));
  const presetName: PresetName | null = reader.read("preset", oneOf(presetNames), null);
  const preset = presetName === null ? standard : presets[presetName];
  const protocol = reader.read("protocol", oneOf(protocols), reader.node("tls") === null ? "tcp" : "tls");
  const stream = protocol === "tcp" || protocol === "tls";
  const destination = {
    preset: presetName,
    name: readName(reader, context),
    protocol,
    host: reader.required("host", host),
    port: reader.read("port", wholeNumber(1, 65_535), preset.port[protocol]),
    framing: reader.read("framing", oneOf(["lf", "octet"]), stream ? preset.framing[protocol] : "lf"),
    message: {
      facility: reader.read("facility", wholeNumber(0, 23), form.facility),
      appName: reader.read("app_name", matching(/^\w{1,48}$/, "1 to 48 letters, digits or underscores"), form.appName),
      hostname: reader.read("hostname", headerHostname, "RhythmX"),
      enterpriseId: reader.read("enterprise_id", wholeNumber(1, 4_294_967_295), 32_473),
      maxBytes: readMaxBytes(reader, protocol, preset.maxBytes),
      timestampPrecision: reader.read("timestamp_precision", oneOf([0, 3, 6]), preset.timestampPrecision),
      msgid: reader.read("msgid", oneOf(["event", "nil"]), "event"),
      sequenceId: reader.read("sequence_id", trueOrFalse, false),
      ...(form.feed === "alerts"
        ? {
            ruleInfo: reader.read("rule_info", trueOrFalse, true),
            severity: reader.read("severity", oneOf(["info", "by_risk"]), "info"),
          }
        : { ruleInfo: true, severity: "info" as const }),
    },
    riskLevelEvents: form.feed === "incidents" ? reader.read("risk_level_events", trueOrFalse, true) : true,
    heartbeatMinutes: reader.read("heartbeat_minutes", fraction(0, 1440), 0),
    minRisk: reader.read("min_risk", wholeNumber(0, 100), 0),
    entities: reader.read("entities", entityNames, []),
    tls: readTls(reader, protocol, folder),
  } as const;
  if (!stream && reader.node("framing") !== null) {
    reader.warning(
      "framing",
      `a framing with protocol ${protocol}`,
      "framing with protocol tcp or tls only",
      "it is ignored",
    );
  }
  const broken = place.report.problems.length > problemsBefore;
  return broken || destination.host === undefined ? null : { ...destination, host: destination.host };
}

function readName(reader: ObjectReader, { form, taken }: DestinationContext): string {
  const given = reader.node("name") !== null;
  const name = given ? reader.read("name", destinationName, null) : form.feed;
  if (name === null) return form.feed;
  const other = taken.get(name);
  if (other === undefined) taken.set(name, reader.place.path);
  else {
    const found = given ? `${shown(name)}, the name of ${other}` : `nothing, and ${other} is called ${shown(name)}`;
    reader.problem("name", found, 'a name of its own for each destination of a list, such as "siem-2"');
  }
  return name;
}

/** The seed's SIEM patterns need a HOSTNAME of these characters. */
const headerHostname = matching(
  /^[0-9A-Za-z][0-9A-Za-z.-]{0,254}$/,
  "1 to 255 letters, digits, dots or hyphens, a letter or digit first",
);

function readMaxBytes(reader: ObjectReader, protocol: SyslogProtocol, streamDefault: number): number {
  const udp = protocol === "udp";
  return reader.read(
    "max_bytes",
    wholeNumber(480, udp ? largestDatagram : 262_144),
    udp ? datagramDefault : streamDefault,
  );
}

function readTls(reader: ObjectReader, protocol: SyslogProtocol, folder: string): TlsSettings | null {
  const none: TlsSettings = { caFile: null, certFile: null, keyFile: null, serverName: null, verify: true };
  const node = reader.node("tls");
  if (node === null) return protocol === "tls" ? none : null;
  if (node.kind !== "object") {
    reader.problem(
      "tls",
      shown(node.kind === "array" ? [] : node.value),
      `an object with any of ${tlsKeys.join(", ")}`,
    );
    return null;
  }
  // Never send in clear what was meant to be encrypted.
  if (protocol === "udp" || protocol === "tcp") {
    reader.problem("tls", `a tls block with protocol ${protocol}`, "a tls block with protocol tls or relp only");
    return null;
  }
  const tls = objectReader(node, { ...reader.place, path: `${reader.place.path}.tls` }, tlsKeys);
  const file = (key: string) => {
    const given = tls.read(key, path, null);
    return given === null || given.startsWith("/") || isUploaded(given) ? given : `${folder}/${given}`;
  };
  const read: TlsSettings = {
    caFile: file("ca_file"),
    certFile: file("cert_file"),
    keyFile: file("key_file"),
    serverName: tls.read("server_name", host, null),
    verify: tls.read("verify", trueOrFalse, true),
  };
  if ((tls.node("cert_file") === null) !== (tls.node("key_file") === null)) {
    const missing = tls.node("cert_file") === null ? "cert_file" : "key_file";
    tls.problem(missing, "nothing", "a path: cert_file and key_file are given together or not at all");
  }
  return read;
}
