/** The feeds as sections of the settings that API and console read and save: `alert_syslog`, `incident_syslog` (CONTRACT 10). */

import type { FeedName } from "../../feeds/feeds.ts";
import type { DestinationSettings, FeedSettings, SettingOrigin, Settings } from "../../settings.ts";
import { scalarText } from "../../text/own.ts";
import { feedForms, feedKeys, readFeed } from "../feed.ts";
import type { Problem } from "../problem.ts";
import type { Difference, FieldProblem, SavedField } from "./section-version.ts";

export const feedSections = { alert_syslog: "alerts", incident_syslog: "incidents" } as const satisfies Record<
  string,
  FeedName
>;
export type FeedSection = keyof typeof feedSections;

/** Keys of a section: `syslog`, and those of `daemon` by their own names. */
export function fieldsOfSection(section: FeedSection): readonly string[] {
  return ["syslog", ...feedKeys(feedForms[feedSections[section]]).daemon];
}

/** Name of a field in origins and problems. */
export function originName(section: FeedSection, field: string): string {
  const { origin } = feedForms[feedSections[section]];
  return `${origin}${field === "syslog" ? field : `daemon.${field}`}`;
}

interface SectionSources {
  settings: Settings;
  /** Where each value comes from. */
  origins: Readonly<Record<string, SettingOrigin>>;
  /** The saved text. */
  saved: string | undefined;
}

export interface SectionField extends SettingOrigin {
  value: unknown;
  /** As its file, or the environment, calls it. */
  setting: string;
  /** As it was saved, whether it counts or not; absent if it was not. */
  saved?: unknown;
}

/** The values in force, as the section's fields. */
export function sectionFields(
  section: FeedSection,
  { settings, origins, saved }: SectionSources,
): Record<string, SectionField> {
  const feed = feedSections[section];
  const own: FeedSettings = feed === "alerts" ? settings.alertFeed : settings.incidentFeed;
  const values: Readonly<Record<string, unknown>> = {
    enabled: own.enabled,
    syslog: own.destinations.map((destination) => destinationJson(feed, destination)),
    poll_interval_seconds: own.pollIntervalSeconds,
    hourly_interval_minutes: settings.alertFeed.hourlyIntervalMinutes,
    batch_size: own.batchSize,
    health_port: (feed === "alerts" ? settings.alertHealth : settings.incidentHealth).port,
  };
  const kept = savedFields(saved);
  return Object.fromEntries(
    fieldsOfSection(section).map((field) => [
      field,
      {
        value: values[field],
        ...placeOf(section, field, origins),
        ...(Object.hasOwn(kept, field) ? { saved: kept[field] } : {}),
      },
    ]),
  );
}

/** The port for health is also a value of the environment, which wins. */
function placeOf(
  section: FeedSection,
  field: string,
  origins: SectionSources["origins"],
): { setting: string } & SettingOrigin {
  const none = { source: "default", pinned: false };
  const variable = section === "alert_syslog" ? "RHYTHMX_ALERT_HEALTH" : "RHYTHMX_INCIDENT_HEALTH";
  const inFile = origins[originName(section, field)] ?? none;
  const given = field === "health_port" ? origins[variable] : undefined;
  if (given?.pinned && given.source !== inFile.source) return { setting: variable, ...given };
  return { setting: field === "syslog" ? field : `daemon.${field}`, ...inFile };
}

/** The saved text by the names of fields. */
function savedFields(saved: string | undefined): Record<string, unknown> {
  if (saved === undefined) return {};
  const { syslog, daemon = {} } = JSON.parse(saved) as { syslog?: unknown; daemon?: Record<string, unknown> };
  return { ...daemon, ...(syslog === undefined ? {} : { syslog: Array.isArray(syslog) ? syslog : [syslog] }) };
}

/** Each field of a section with what is saved of it, for its version. */
export function savedTexts(section: FeedSection, saved: string | undefined): SavedField[] {
  const kept = savedFields(saved);
  return fieldsOfSection(section).map((field) => [
    field,
    Object.hasOwn(kept, field) ? JSON.stringify(kept[field]) : undefined,
  ]);
}

/** A problem of a saved text under the name of its field: `syslog[0].port`, `batch_size`. */
export function fieldOfProblem({ key, found, accepted }: Problem): FieldProblem {
  return { name: key.replace(/^daemon\./, "") || "body", reason: `found ${found}; accepted: ${accepted}` };
}

/** Where two saved texts differ in these fields; destinations one by one. */
export function differencesBetween(
  saved: string | undefined,
  given: string | undefined,
  fields: readonly string[],
): Difference[] {
  const [before, after] = [savedFields(saved), savedFields(given)];
  const shown = (value: unknown) => (value === undefined ? "not set" : JSON.stringify(value));
  const pairs = fields.flatMap((field): [string, unknown, unknown][] => {
    if (field !== "syslog") return [[field, before[field], after[field]]];
    const [one, other] = [byName(before.syslog), byName(after.syslog)];
    return [...new Set([...one.keys(), ...other.keys()])].map((name) => [
      `syslog.${name}`,
      one.get(name),
      other.get(name),
    ]);
  });
  return pairs
    .map(([name, now, then]) => ({ name, saved: shown(now), given: shown(then) }))
    .filter((difference) => difference.saved !== difference.given);
}

function byName(destinations: unknown): Map<string, unknown> {
  const list = Array.isArray(destinations) ? (destinations as { name?: unknown }[]) : [];
  return new Map(list.map((one) => [scalarText(one?.name), one]));
}

/** The saved text with these fields applied; null if nothing is left. Null removes a field. */
export function withFields(saved: string | undefined, fields: Readonly<Record<string, unknown>>): string | null {
  const { syslog, daemon = {} } = (saved === undefined ? {} : JSON.parse(saved)) as {
    syslog?: unknown;
    daemon?: Record<string, unknown>;
  };
  const { syslog: given = syslog, ...pace } = fields;
  const merged = Object.entries({ ...daemon, ...pace }).filter(([, value]) => value !== null);
  const document = {
    ...(given === null || given === undefined ? {} : { syslog: given }),
    ...(merged.length === 0 ? {} : { daemon: Object.fromEntries(merged) }),
  };
  return Object.keys(document).length === 0 ? null : JSON.stringify(document);
}

/** What is wrong with a text in the shape of the feed's file; unknown keys too, because who saves them means something else. */
export function problemsOfText(section: FeedSection, text: string): Problem[] {
  const report = { problems: [], warnings: [] };
  const document = { source: section, folder: "/", pinned: false, content: { text } };
  readFeed(feedForms[feedSections[section]], [document], report, {});
  return [...report.problems, ...report.warnings];
}

/** A destination in the shape of its file. */
export function destinationJson(feed: FeedName, destination: DestinationSettings): Record<string, unknown> {
  const { message, tls, framing, protocol } = destination;
  const stream = protocol === "tcp" || protocol === "tls";
  return {
    name: destination.name,
    ...(destination.preset === null ? {} : { preset: destination.preset }),
    protocol,
    host: destination.host,
    port: destination.port,
    ...(stream ? { framing } : {}),
    facility: message.facility,
    app_name: message.appName,
    hostname: message.hostname,
    enterprise_id: message.enterpriseId,
    max_bytes: message.maxBytes,
    timestamp_precision: message.timestampPrecision,
    msgid: message.msgid,
    sequence_id: message.sequenceId,
    ...(feed === "alerts"
      ? { rule_info: message.ruleInfo, severity: message.severity }
      : { risk_level_events: destination.riskLevelEvents }),
    min_risk: destination.minRisk,
    ...(destination.entities.length === 0 ? {} : { entities: destination.entities }),
    heartbeat_minutes: destination.heartbeatMinutes,
    ...(tls === null
      ? {}
      : {
          tls: {
            ca_file: tls.caFile,
            cert_file: tls.certFile,
            key_file: tls.keyFile,
            server_name: tls.serverName,
            verify: tls.verify,
          },
        }),
  };
}
