/** The feeds as sections of the settings that API and console read and save: `alert_syslog`, `incident_syslog` (CONTRACT 10). */
import type { FeedName } from "../feeds/feeds.ts";
import type { DestinationSettings, FeedSettings, SettingOrigin, Settings } from "../settings.ts";
import { feedForms, feedKeys, readFeed } from "./feed.ts";
import type { Problem } from "./problem.ts";

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

/** The values in force, as the section's fields. `origins`: where each comes from. */
export function sectionFields(
  section: FeedSection,
  settings: Settings,
  origins: Readonly<Record<string, SettingOrigin>>,
): Record<string, { value: unknown } & SettingOrigin> {
  const feed = feedSections[section];
  const own: FeedSettings = feed === "alerts" ? settings.alertFeed : settings.incidentFeed;
  const values: Readonly<Record<string, unknown>> = {
    syslog: own.destinations.map((destination) => destinationJson(feed, destination)),
    poll_interval_seconds: own.pollIntervalSeconds,
    hourly_interval_minutes: settings.alertFeed.hourlyIntervalMinutes,
    batch_size: own.batchSize,
    health_port: (feed === "alerts" ? settings.alertHealth : settings.incidentHealth).port,
  };
  return Object.fromEntries(
    fieldsOfSection(section).map((field) => [
      field,
      { value: values[field], ...(origins[originName(section, field)] ?? { source: "default", pinned: false }) },
    ]),
  );
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
function destinationJson(feed: FeedName, destination: DestinationSettings): Record<string, unknown> {
  const { message, tls, framing, protocol } = destination;
  const stream = protocol === "tcp" || protocol === "tls";
  return {
    name: destination.name,
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
