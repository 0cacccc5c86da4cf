/** The options of a destination as fields of a form, and back into the shape of the feed's file. */
import type { FieldGroup, FieldSpec, Section, SectionField } from "../../../parts/settings/field-spec.ts";

type Json = Record<string, unknown>;

/** A feed as its pages know it. */
export interface Feed {
  section: "alert_syslog" | "incident_syslog";
  /** Of its page. */
  path: string;
  title: string;
}

export const feedPages: Readonly<Record<Feed["section"], Feed>> = {
  alert_syslog: {
    section: "alert_syslog",
    path: "/settings/integrations/alert-syslog",
    title: "Alert Syslog Forwarding",
  },
  incident_syslog: {
    section: "incident_syslog",
    path: "/settings/integrations/incident-syslog",
    title: "Incident/Case Syslog Forwarding",
  },
};

const presets = ["splunk", "sc4s", "qradar", "elastic", "rsyslog", "syslog-ng", "graylog", "sentinel"] as const;

const facilities: readonly (readonly [string, string])[] = [
  ...["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"],
  ...["ntp", "audit", "alert", "clock"],
  ...Array.from({ length: 8 }, (_, number) => `local${number}`),
].map((name, code) => [String(code), `${code} (${name})`] as const);

/** What a choice says for what no preset and nobody has set. */
const usual = ["", "as usual for it"] as const;

const receiver: readonly FieldSpec[] = [
  {
    name: "name",
    label: "Name",
    kind: "text",
    mono: true,
    hint: "Its place in the log belongs to the name: another host keeps it, another name has a place of its own.",
  },
  {
    name: "preset",
    label: "Preset",
    kind: "choice",
    options: [["", "none"], ...presets.map((name) => [name, name] as const)],
    hint: "Sets what this receiver needs; what you set below wins.",
  },
  {
    name: "protocol",
    label: "Protocol",
    kind: "choice",
    options: [
      ["tcp", "TCP"],
      ["tls", "TLS"],
      ["relp", "RELP, acknowledged"],
      ["relp_tls", "RELP over TLS"],
      ["udp", "UDP, may lose messages"],
    ],
  },
  { name: "host", label: "Host", kind: "text", mono: true, hint: "Name or IP address." },
  { name: "port", label: "Port", kind: "number" },
  {
    name: "framing",
    label: "Framing",
    kind: "choice",
    options: [usual, ["lf", "a line feed after each message"], ["octet", "the length before each message"]],
  },
];

const tls: readonly FieldSpec[] = [
  {
    name: "tls.verify",
    label: "Check the receiver's certificate",
    kind: "switch",
    hint: "Without it anybody in between could read along.",
  },
  {
    name: "tls.server_name",
    label: "Name in its certificate",
    kind: "text",
    mono: true,
    hint: "Only where it differs from the host.",
  },
];

const filters: readonly FieldSpec[] = [
  { name: "min_risk", label: "From risk", kind: "number", hint: "0 to 100; what is below is not sent here." },
  {
    name: "heartbeat_minutes",
    label: "Heartbeat every … minutes",
    kind: "number",
    hint: "A STATUS message, so that quiet can be told from dead. 0 = none.",
  },
  { name: "entities", label: "Only these entities", kind: "lines", hint: "One a line; empty = all." },
];

const message: readonly FieldSpec[] = [
  { name: "max_bytes", label: "Largest message, bytes", kind: "number", hint: "Longer ones are shortened by meaning." },
  { name: "facility", label: "Facility", kind: "choice", options: [usual, ...facilities] },
  { name: "app_name", label: "APP-NAME", kind: "text", mono: true },
  { name: "hostname", label: "HOSTNAME", kind: "text", mono: true },
  {
    name: "timestamp_precision",
    label: "Time",
    kind: "choice",
    options: [usual, ["0", "whole seconds"], ["3", "milliseconds"], ["6", "microseconds"]],
  },
  { name: "msgid", label: "MSGID", kind: "choice", options: [usual, ["event", "kind of event"], ["nil", "none (-)"]] },
  { name: "enterprise_id", label: "Enterprise number in SD-IDs", kind: "number" },
  {
    name: "sequence_id",
    label: "Number of the event in each message",
    kind: "switch",
    hint: "Adds [meta sequenceId]: the same in every repeat.",
  },
];

const ofAlerts: readonly FieldSpec[] = [
  {
    name: "severity",
    label: "Severity",
    kind: "choice",
    options: [usual, ["info", "always informational"], ["by_risk", "by risk"]],
  },
  {
    name: "rule_info",
    label: "Rule, level, user and host as structured data",
    kind: "switch",
    hint: "Adds the rule element; without it messages have the sigma element alone.",
  },
];

const ofIncidents: readonly FieldSpec[] = [
  {
    name: "risk_level_events",
    label: "Tell again when the risk level rises",
    kind: "switch",
    hint: "And of new high rules, crown jewels, campaign and outbreak.",
  },
];

/** The groups of the form; the files of TLS have controls of their own. */
export function groupsOf({ section }: Feed): Record<"receiver" | "tls" | "filters" | "message", FieldGroup> {
  return {
    receiver: { title: "Receiver", fields: receiver },
    tls: { title: "TLS", note: "for TLS and RELP over TLS", fields: tls },
    filters: { title: "What it gets", fields: filters },
    message: { title: "Message", fields: [...message, ...(section === "alert_syslog" ? ofAlerts : ofIncidents)] },
  };
}

/** Options that are true or false, with what counts unless they are given. */
const switches: Readonly<Record<string, boolean>> = {
  "tls.verify": true,
  sequence_id: false,
  rule_info: true,
  risk_level_events: true,
};

/** The options as texts of the form's fields. */
export function textsOf(options: Json): Record<string, unknown> {
  const { tls: own, ...rest } = options;
  const hasTls = typeof own === "object" && own !== null;
  const ofTls = hasTls ? (own as Json) : {};
  const given = typeof rest.protocol === "string" ? rest.protocol.toLowerCase() : null;
  const protocol = given ?? (hasTls ? "tls" : "tcp");
  return {
    ...rest,
    protocol: protocol === "relp" && hasTls ? "relp_tls" : protocol,
    ...Object.fromEntries(Object.entries(ofTls).map(([key, value]) => [`tls.${key}`, value])),
  };
}

/** The options with these changes of the form laid over them; null takes an option away. */
export function optionsWith(options: Json, changes: Readonly<Record<string, unknown>>): Json {
  const texts: Json = { ...textsOf(options), ...changes };
  const isTls = texts.protocol === "tls" || texts.protocol === "relp_tls";
  const isStream = texts.protocol === "tls" || texts.protocol === "tcp";
  const own: Json = {};
  const result: Json = {};
  for (const [name, value] of Object.entries(texts)) {
    const isOption = value !== null && value !== undefined && value !== "" && switches[name] !== value;
    if (!isOption || (name === "framing" && !isStream)) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    if (name.startsWith("tls.")) own[name.slice(4)] = value;
    else result[name] = asGiven(name, value);
  }
  return { ...result, ...(isTls ? { protocol: texts.protocol === "tls" ? "tls" : "relp", tls: own } : {}) };
}

/** Numbers that are chosen from a list come as texts. */
function asGiven(name: string, value: unknown): unknown {
  return (name === "facility" || name === "timestamp_precision") && /^\d+$/.test(String(value)) ? Number(value) : value;
}

/** The options as a section, which the parts of a settings form show. `defaults`: every option as it would be. */
export function sectionOf(
  feed: Feed,
  options: Json,
  { version, source, pinned }: { version: string; source: string; pinned: boolean },
): Section {
  const texts = textsOf(options);
  const fields = Object.values(groupsOf(feed))
    .flatMap((group) => group.fields)
    .map(({ name, kind }): [string, SectionField] => {
      const given = texts[name];
      const value = kind === "switch" ? (given ?? switches[name]) : given;
      return [name, { value, setting: name, source: given === undefined ? "default" : source, pinned }];
    });
  return { section: feed.section, version, saved: null, fields: Object.fromEntries(fields) };
}
