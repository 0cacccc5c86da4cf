/**
 * What the packs are held against: the messages of both feeds that the whole sample leads to, and hostile ones, each with the values that it
 * must give. Those of alerts come from what was sent in, the others from the rows that the messages are made from; no message is read for them.
 */
import type { LoggedEvent } from "../../core/event.ts";
import { alertMessage } from "../../core/feeds/alert-message.ts";
import { fieldsOfMessage, type MessageKind } from "../../core/feeds/fields.ts";
import { incidentFeedMessage } from "../../core/feeds/incident-message.ts";
import { parseSnapshot } from "../../core/feeds/snapshot.ts";
import { statusMessage, testMessage } from "../../core/feeds/status-message.ts";
import type { MessageOptions } from "../../core/feeds/syslog-options.ts";
import { byHash } from "../e2e/verify-sample.ts";
import { recordedEvents } from "./corpus-events.ts";
import { hostileDetections, type Ingested } from "./hostile-detections.ts";
import { valueAt } from "./json-values.ts";

export interface CorpusMessage {
  kind: MessageKind;
  /** Without framing. */
  line: string;
  /** Its body. */
  body: string;
  /** By the names of the list of fields, what structured data must give; times, numbers and lists as their text. */
  expected: Readonly<Record<string, string>>;
}

/** Options of the two feeds' destinations without a preset. */
const alertOptions: MessageOptions = {
  facility: 16,
  appName: "SigmaAlert",
  hostname: "RhythmX",
  enterpriseId: 32473,
  maxBytes: 8192,
  timestampPrecision: 0,
  msgid: "event",
  sequenceId: false,
  ruleInfo: true,
  severity: "info",
  procid: 4242,
};
const incidentOptions: MessageOptions = { ...alertOptions, facility: 17, appName: "SigmaIncident" };

/** Everything that reaches a destination without a preset, in the order of the log. */
export interface Corpus {
  /** All of it, with these options changed. */
  messages(changed?: Partial<MessageOptions>): CorpusMessage[];
  /** In every form that a setting gives messages, and forms to come: few messages of each kind, hostile ones among them. */
  variants(): CorpusMessage[];
}

/** Of an appliance that was sent the sample and the hostile detections. */
export async function makeCorpus(): Promise<Corpus> {
  const ingested = new Map<string, Ingested>();
  for (const [hash, [first]] of byHash)
    if (first !== undefined) ingested.set(hash, { ...first, entity: "Primary Site" });
  const events = (await recordedEvents()).filter(({ kind }) => kindOf(kind) !== null);
  const hostile = hostileHashes(events, ingested);
  const render = (event: LoggedEvent, changed: Partial<MessageOptions> = {}) => rendered(event, ingested, changed);
  return {
    messages: (changed) => [...events.map((event) => render(event, changed)), ...aboutTheFeed(changed)],
    variants: () => {
      const some = someOfEachKind(events, hostile);
      const forms: Partial<MessageOptions>[] = [
        { msgid: "nil" },
        { enterpriseId: 99_999 },
        { sequenceId: true },
        { ruleInfo: false },
        { severity: "by_risk", timestampPrecision: 3 },
        { timestampPrecision: 6, hostname: "edge-1.corp.example", appName: "Edge_1" },
        { maxBytes: 2048 },
        { maxBytes: 4096, timestampPrecision: 3 },
      ];
      return [
        ...forms.flatMap((form) => some.map((event) => render(event, form))),
        ...some.map((event) => withLaterElement(render(event))),
        ...some.map((event) => withEarlierElements(render(event))),
      ];
    },
  };
}

function kindOf(kind: string): MessageKind | null {
  const [word] = kind.split("_");
  return word === "alert" || word === "incident" || word === "case" ? (kind === "incident_scored" ? null : word) : null;
}

/** Alerts that are not of the sample are the hostile detections'; their hashes are known from the rows. */
function hostileHashes(events: readonly LoggedEvent[], ingested: Map<string, Ingested>): Set<string> {
  const left = new Map(hostileDetections().map((detection) => [detection.rule_id, detection]));
  const found = new Set<string>();
  for (const { kind, data } of events) {
    if (kind !== "alert_first") continue;
    const { hash, ruleId } = parseSnapshot(data);
    const detection = left.get(ruleId);
    if (detection === undefined || ingested.has(hash)) continue;
    ingested.set(hash, detection);
    found.add(hash);
  }
  if (found.size !== left.size) throw new Error(`${left.size - found.size} hostile detections have no alert`);
  return found;
}

function rendered(
  event: LoggedEvent,
  ingested: ReadonlyMap<string, Ingested>,
  changed: Partial<MessageOptions>,
): CorpusMessage {
  const kind = kindOf(event.kind);
  if (kind === "alert") {
    const options = { ...alertOptions, ...changed };
    const line = textOf(alertMessage(event, options).bytes);
    return { kind, line, ...bodyOf(line, event, options), expected: valuesOfAlert(event, ingested, options) };
  }
  if (kind !== "incident" && kind !== "case") throw new Error(`no message of ${event.kind}`);
  const options = { ...incidentOptions, ...changed, ...(changed.appName === undefined ? {} : { appName: "Edge_2" }) };
  const { bytes, shrunk } = incidentFeedMessage(event, options);
  const line = textOf(bytes);
  const body = line.slice(line.indexOf(`] {"${kind}_id":"`) + 2);
  // What is left of the lists in a shortened message stands in its JSON.
  const stored = JSON.parse(shrunk ? body : event.data);
  const expected: Record<string, string> = {};
  for (const { name, sd, json } of fieldsOfMessage(kind))
    if (sd !== null && json !== null) expected[name] = sdText(valueAt(stored, json));
  if (options.sequenceId) expected.sequence_id = String(event.seq);
  return { kind, line, body, expected };
}

function valuesOfAlert(
  { data, seq }: LoggedEvent,
  ingested: ReadonlyMap<string, Ingested>,
  options: MessageOptions,
): Record<string, string> {
  const s = parseSnapshot(data);
  const record = ingested.get(s.hash);
  if (record === undefined) throw new Error(`nobody sent what alert ${s.hash} is of`);
  const seconds = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
  return {
    hash: s.hash,
    count: String(s.count),
    risk: String(Math.round(s.risk)),
    ml_cluster: String(s.mlCluster),
    first_seen: seconds(s.firstSeen),
    last_seen: seconds(s.lastSeen),
    ...(s.delta === undefined ? {} : { hourly_delta: String(s.delta), burst: String(s.burst) }),
    ...(options.ruleInfo
      ? {
          rule_id: record.rule_id,
          rule_title: sdText(record.rule_title),
          rule_level: record.level,
          rule_author: sdText(record.rule_author),
          rule_tags: record.tags.join(","),
          entity: sdText(record.entity),
          // Spellings that are the same alert: the message has the first one.
          user: sdText(record.user),
          host: sdText(record.host),
          ip: sdText(record.src_ip),
        }
      : {}),
    ...(options.sequenceId ? { sequence_id: String(seq) } : {}),
  };
}

/** Control characters are spaces in structured data, and lists have commas. */
function sdText(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  return String(value ?? "")
    .trim()
    .replace(/\p{Cc}/gu, " ");
}

function bodyOf(line: string, { body }: LoggedEvent, { maxBytes }: MessageOptions): { body: string } {
  if (body !== null && line.endsWith(body)) return { body };
  // Shortened, or a bare log in `{"raw": …}`: it begins behind the last element, whose quotes are closed.
  const start = /^<\d+>1 \S+ \S+ \S+ \S+ \S+ (?:\[[^\s="\]]+(?: [^\s="\]]+="(?:[^"\\\]]|\\.)*")*\])+ /u.exec(line)?.[0]
    .length;
  if (start === undefined) throw new Error(`no body in a message of at most ${maxBytes} bytes`);
  return { body: line.slice(start) };
}

/** As a version to come may send it. */
function withLaterElement(message: CorpusMessage): CorpusMessage {
  const { line, body } = message;
  const head = line.slice(0, line.length - body.length - 1);
  return { ...message, line: `${head}[later@32473 id="x\\]y\\"z" title="\\\\"] ${body}` };
}

/** As a relay may send it on. */
function withEarlierElements(message: CorpusMessage): CorpusMessage {
  const others = String.raw`[timeQuality tzKnown="1" isSynced="1"][origin@8072 software="a \"b\" \\ \] [rule@32473 title="][empty@8072]`;
  return { ...message, line: message.line.replace(/^(?:\S+ ){6}/, (header) => `${header}${others}`) };
}

function aboutTheFeed(changed: Partial<MessageOptions> = {}): CorpusMessage[] {
  const at = Date.UTC(2026, 10, 29, 8);
  const options = { ...alertOptions, ...changed };
  const status = textOf(
    statusMessage(at, { destination: "siem", uptimeSeconds: 86_400, sent: 1182, queued: 3 }, options).bytes,
  );
  const test = textOf(testMessage(at, 'lab "2"', options).bytes);
  return [
    {
      kind: "status",
      line: status,
      body: status.slice(status.indexOf("] {") + 2),
      expected: { destination: "siem", uptime_seconds: "86400", sent: "1182", queued: "3" },
    },
    {
      kind: "test",
      line: test,
      body: test.slice(test.indexOf("] {") + 2),
      expected: { destination: 'lab "2"' },
    },
  ];
}

/** All hostile alerts, and every so many of the others. */
function someOfEachKind(events: readonly LoggedEvent[], hostile: ReadonlySet<string>): LoggedEvent[] {
  const seen = new Map<string, number>();
  return events.filter((event) => {
    if (kindOf(event.kind) === "alert" && hostile.has(parseSnapshot(event.data).hash)) return true;
    const n = seen.get(event.kind) ?? 0;
    seen.set(event.kind, n + 1);
    return n % 40 === 0;
  });
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
