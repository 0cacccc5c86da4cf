/**
 * `config.json` and `incident_syslog_config.json`: the destinations and the intervals of a feed (seed 003 "Configuration", CONTRACT 1). Both
 * have one shape; what differs is in `feedForms`.
 */
import type { FeedName } from "../feeds/feeds.ts";
import type { DestinationSettings, FeedSettings, SettingOrigin } from "../settings.ts";
import { destinationKeys, readDestination, tlsKeys } from "./destination.ts";
import { type Form, fraction, trueOrFalse, wholeNumber } from "./forms.ts";
import { type JsonNode, parseJsonText, plainValue } from "./json-text.ts";
import { type ObjectReader, objectReader } from "./object-reader.ts";
import { type Report, shown } from "./problem.ts";
import type { SettingsFile } from "./sources.ts";

/** A text in the shape of a feed's file: the file, or what was saved in the console. */
export interface FeedDocument extends SettingsFile {
  /** Whether people must change it there and cannot in the console. */
  pinned: boolean;
}

const daemonForms = {
  enabled: trueOrFalse,
  poll_interval_seconds: fraction(0, 3600, true),
  hourly_interval_minutes: fraction(0, 10_080, true),
  batch_size: wholeNumber(1, 1000),
  health_port: wholeNumber(1, 65_535),
} as const satisfies Record<string, Form<number> | Form<boolean>>;
type DaemonKey = keyof typeof daemonForms;
type NumberKey = Exclude<DaemonKey, "enabled">;

/** A feed's defaults. */
export interface FeedForm {
  feed: FeedName;
  /** Its file in the configuration folder. */
  file: string;
  facility: number;
  appName: string;
  daemon: Readonly<{ enabled: boolean } & Partial<Record<NumberKey, number>>>;
  /** What a file that cannot be read leads to. */
  effect: string;
  /** Prefix of the keys of its origins. */
  origin: string;
}

export const feedForms = {
  alerts: {
    feed: "alerts",
    file: "config.json",
    facility: 16,
    appName: "SigmaAlert",
    origin: "",
    daemon: {
      enabled: true,
      poll_interval_seconds: 30,
      hourly_interval_minutes: 60,
      batch_size: 100,
      health_port: 8888,
    },
    effect: "no alert goes to any syslog destination",
  },
  incidents: {
    feed: "incidents",
    file: "incident_syslog_config.json",
    facility: 17,
    appName: "SigmaIncident",
    origin: "incidents.",
    daemon: { enabled: true, poll_interval_seconds: 60, batch_size: 50, health_port: 8889 },
    effect: "no incident and no case goes to any syslog destination",
  },
} as const satisfies Record<FeedName, FeedForm>;

/** Every key of a feed's file, by the object that it stands in. */
export function feedKeys(form: FeedForm): Record<"" | "syslog" | "tls" | "daemon", readonly string[]> {
  return {
    "": ["syslog", "daemon"],
    syslog: destinationKeys(form.feed),
    tls: tlsKeys,
    daemon: Object.keys(form.daemon),
  };
}

const exampleFile = '{"syslog": {"protocol": "tcp", "host": "192.0.2.10", "port": 514}}';

export interface ReadFeed {
  feed: FeedSettings;
  hourlyIntervalMinutes: number;
  healthPort: number;
}

/** The feed's settings and its daemon's. `documents`: first wins, key by key; `syslog` counts as one. A broken one stops the feed. */
export function readFeed(
  form: FeedForm,
  documents: readonly FeedDocument[],
  report: Report,
  origins: Record<string, SettingOrigin>,
): ReadFeed {
  const parts = documents.map((document) => readDocument(form, document, report));
  const readerOf = (key: DaemonKey): ObjectReader | null => {
    const part = parts.find(({ daemon }) => daemon?.node(key));
    origins[`${form.origin}daemon.${key}`] = originOf(part?.document);
    return part?.daemon ?? null;
  };
  const daemon = (key: NumberKey): number => {
    const fallback = form.daemon[key];
    // A key that this feed does not have.
    if (fallback === undefined) return 0;
    return readerOf(key)?.read(key, daemonForms[key], fallback) ?? fallback;
  };
  const sending = parts.find(({ root }) => root === null || root.node("syslog") !== null);
  origins[`${form.origin}syslog`] = originOf(sending?.document);
  const destinations = sending?.root ? readDestinations(form, sending.root, sending.document.folder) : [];
  const { enabled: unlessSet } = form.daemon;
  const enabled = readerOf("enabled")?.read("enabled", daemonForms.enabled, unlessSet) ?? unlessSet;
  const pollIntervalSeconds = daemon("poll_interval_seconds");
  const hourlyIntervalMinutes = daemon("hourly_interval_minutes");
  const batchSize = daemon("batch_size");
  const feed = { enabled, destinations, pollIntervalSeconds, batchSize };
  return { feed, hourlyIntervalMinutes, healthPort: daemon("health_port") };
}

function originOf(document: FeedDocument | undefined): SettingOrigin {
  return document === undefined
    ? { source: "default", pinned: false }
    : { source: document.source, pinned: document.pinned };
}

interface Part {
  document: FeedDocument;
  /** Null when the text is no JSON object. */
  root: ObjectReader | null;
  daemon: ObjectReader | null;
}

function readDocument(form: FeedForm, document: FeedDocument, report: Report): Part {
  const { effect } = form;
  const broken = (where: string, found: string, accepted: string): Part => {
    report.problems.push({ source: `${document.source}${where}`, key: "", found, accepted, effect, fatal: false });
    return { document, root: null, daemon: null };
  };
  if ("fault" in document.content) return broken("", document.content.fault.found, document.content.fault.accepted);
  const { text } = document.content;
  if (text.trim() === "") return broken("", "an empty file", `a JSON object such as ${exampleFile}, or no file`);
  const parsed = parseJsonText(text);
  if ("fault" in parsed) {
    const { line, column, found, accepted } = parsed.fault;
    return broken(` line ${line} column ${column}`, found, accepted);
  }
  const place = { file: document.source, path: "", effect, report };
  if (parsed.root.kind !== "object")
    return broken("", shown(plainValue(parsed.root)), `a JSON object such as ${exampleFile}`);
  const root = objectReader(parsed.root, place, feedKeys(form)[""]);
  return { document, root, daemon: readDaemon(form, root) };
}

function readDaemon(form: FeedForm, root: ObjectReader): ObjectReader | null {
  const node = root.node("daemon");
  if (node === null) return null;
  const effect = "the default is used";
  const keys = feedKeys(form).daemon;
  if (node.kind === "object") return objectReader(node, { ...root.place, path: "daemon", effect }, keys);
  root.problem("daemon", shown(plainValue(node)), `an object with any of ${keys.join(", ")}`, effect);
  return null;
}

function readDestinations(form: FeedForm, root: ObjectReader, folder: string): DestinationSettings[] {
  const node = root.node("syslog");
  if (node === null) return [];
  const accepted = "one destination as an object, or a list of such objects";
  const nodes: readonly (readonly [string, JsonNode])[] =
    node.kind === "array" ? node.items.map((item, index) => [`syslog[${index}]`, item] as const) : [["syslog", node]];
  const taken = new Map<string, string>();
  const destinations: DestinationSettings[] = [];
  for (const [path, item] of nodes) {
    const effect = "this destination is left out";
    const place = { ...root.place, path, effect };
    if (item.kind !== "object") {
      const source = `${place.file} line ${item.line}`;
      place.report.problems.push({ source, key: path, found: shown(plainValue(item)), accepted, effect, fatal: false });
      continue;
    }
    const destination = readDestination(item, place, { form, folder, taken });
    if (destination !== null) destinations.push(destination);
  }
  return destinations;
}
