/** `config.json`: the destinations and the pace of the alert feed (seed 003 "Configuration", CONTRACT 1). */
import type { AlertFeedSettings, DestinationSettings, SettingOrigin } from "../settings.ts";
import { destinationKeys, type FeedDefaults, readDestination, tlsKeys } from "./destination.ts";
import { type Form, fraction, wholeNumber } from "./forms.ts";
import { type JsonNode, parseJsonText, plainValue } from "./json-text.ts";
import { type ObjectReader, objectReader } from "./object-reader.ts";
import { type Report, shown } from "./problem.ts";
import type { SettingsFile } from "./sources.ts";

/** A text in the shape of `config.json`: the file, or what was saved in the console. */
export interface FeedDocument extends SettingsFile {
  /** Whether people must change it there and cannot in the console. */
  pinned: boolean;
}

const daemonSettings = {
  poll_interval_seconds: { form: fraction(0, 3600, true), fallback: 30 },
  hourly_interval_minutes: { form: fraction(0, 10_080, true), fallback: 60 },
  batch_size: { form: wholeNumber(1, 1000), fallback: 100 },
  health_port: { form: wholeNumber(1, 65_535), fallback: 8888 },
} as const satisfies Record<string, { form: Form<number>; fallback: number }>;
type DaemonKey = keyof typeof daemonSettings;

/** Every key of `config.json`, by the object that it stands in. */
export const alertFeedKeys = {
  "": ["syslog", "daemon"],
  syslog: destinationKeys,
  tls: tlsKeys,
  daemon: Object.keys(daemonSettings),
} as const satisfies Record<string, readonly string[]>;

const feedDefaults: FeedDefaults = { name: "alerts", facility: 16, appName: "SigmaAlert" };
const exampleFile = '{"syslog": {"protocol": "tcp", "host": "192.0.2.10", "port": 514}}';

/** The feed's settings and `daemon.health_port`. `documents`: first wins, key by key; `syslog` counts as one. A broken one stops the feed. */
export function readAlertFeed(
  documents: readonly FeedDocument[],
  report: Report,
  origins: Record<string, SettingOrigin>,
): { feed: AlertFeedSettings; healthPort: number } {
  const parts = documents.map((document) => readDocument(document, report));
  const daemon = (key: DaemonKey): number => {
    const { form, fallback } = daemonSettings[key];
    const part = parts.find(({ daemon }) => daemon?.node(key));
    origins[`daemon.${key}`] = originOf(part?.document);
    return part?.daemon?.read(key, form, fallback) ?? fallback;
  };
  const sending = parts.find(({ root }) => root === null || root.node("syslog") !== null);
  origins.syslog = originOf(sending?.document);
  return {
    feed: {
      destinations: sending?.root ? readDestinations(sending.root, sending.document.folder) : [],
      pollIntervalSeconds: daemon("poll_interval_seconds"),
      hourlyIntervalMinutes: daemon("hourly_interval_minutes"),
      batchSize: daemon("batch_size"),
    },
    healthPort: daemon("health_port"),
  };
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

function readDocument(document: FeedDocument, report: Report): Part {
  const effect = "no alert goes to any syslog destination";
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
  const root = objectReader(parsed.root, place, alertFeedKeys[""]);
  return { document, root, daemon: readDaemon(root) };
}

function readDaemon(root: ObjectReader): ObjectReader | null {
  const node = root.node("daemon");
  if (node === null) return null;
  const effect = "the default is used";
  if (node.kind === "object")
    return objectReader(node, { ...root.place, path: "daemon", effect }, alertFeedKeys.daemon);
  root.problem("daemon", shown(plainValue(node)), `an object with any of ${alertFeedKeys.daemon.join(", ")}`, effect);
  return null;
}

function readDestinations(root: ObjectReader, folder: string): DestinationSettings[] {
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
    const destination = readDestination(item, place, { defaults: feedDefaults, folder, taken });
    if (destination !== null) destinations.push(destination);
  }
  return destinations;
}
