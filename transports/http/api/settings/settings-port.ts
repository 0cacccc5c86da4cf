/** What the API and the console need for settings. */
import type { Caller } from "../../../../core/access/caller.ts";
import type { TargetScreens } from "../../../../core/tickets/fields/target-fields.ts";
import type { CadenceEstimate, RetryEstimate } from "../shapes/estimate-shapes.ts";

type Json = Record<string, unknown>;

export interface PushEstimate {
  days: number;
  /** Made within these days. */
  incidents: number;
  /** How many of them have reached each severity at some time. */
  by_min_severity: Readonly<Record<"CRITICAL" | "HIGH" | "MEDIUM" | "LOW", number>>;
}

/** A text as tickets would have it, with these patterns and without them. */
export interface MaskingPreview {
  masked: string;
  without_patterns: string;
}

/** Where tickets of the entities of the last days would go; null = the system is not in use, "" = it has no value there. */
export interface RoutingPreview {
  days: number;
  entities: {
    entity: string;
    detections: number;
    is_routed: boolean;
    jira_project: string | null;
    assignment_group: string | null;
    service_identifier: string | null;
  }[];
  /** Entities with a route of which nothing came in these days; lower case. */
  never_seen: string[];
}

/** Users that were actors in these days and are shared accounts by these settings, so that their hosts would be the actors. */
export interface AccountsPreview {
  days: number;
  count: number;
  /** The first of them. */
  actors: { entity: string; name: string }[];
}

/** What retention would remove with these settings, at its next pass. */
export interface RetentionPreview {
  days: number;
  audit_days: number;
  /** These are counted up to 100,000; events are counted to their end. */
  alerts: number;
  closed_incidents: number;
  deliveries: number;
  alarms: number;
  events: number;
  /** Events among them that readers, such as destinations, have not read yet; those of other feeds are counted too. */
  unread: { reader: string; events: number }[];
  audit_entries: number;
}

export type SettingsPreview = RetentionPreview | MaskingPreview | RoutingPreview | AccountsPreview;

/** One of all settings: where it is saved, or why it cannot be. */
export interface ListedSetting {
  setting: string;
  /** Null = it cannot be saved. */
  section: string | null;
  field: string | null;
  /** Absent for a secret, which has `configured`. */
  value?: unknown;
  configured?: boolean;
  source: string;
  pinned: boolean;
  /** Why it cannot be saved; null = it can. */
  fixed: string | null;
}

/** Where a destination of a new name begins: where another one stands, or (null) with what comes from now on. `queued`: messages that this is about, for the audit log. */
export interface NewPlace {
  name: string;
  from: string | null;
  queued: number;
}

export interface SettingsPort {
  /** Every setting with what is in force. */
  all(): Promise<ListedSetting[]>;
  /** Fields with value, source, and whether they are pinned; the version of what is saved, and who saved it. @throws EdgeError section_unknown */
  section(section: string): Promise<Json>;
  /**
   * All fields or none. `version`: which the section must have; null = whichever. `despite`: what a test before has found, for the audit log.
   * `place`: of a destination of a feed, in the same write.
   * @throws UsageError with every field that is wrong; EdgeError section_unknown, setting_pinned, settings_changed
   */
  save(
    caller: Caller,
    section: string,
    fields: Json,
    version: string | null,
    more?: { despite?: readonly string[]; place?: NewPlace | null },
  ): Promise<Json>;
  /** What is wrong with fields before they are saved. @throws EdgeError section_unknown */
  check(section: string, fields: Json): Promise<readonly { name: string; reason: string }[]>;
  /** What fields that are not saved would mean: sections masking (of `text`), routing, correlation, retention. @throws UsageError; EdgeError section_unknown */
  preview(caller: Caller, section: string, fields: Json, text: string): Promise<SettingsPreview>;
  test(caller: Caller, section: string, fields: Json): Promise<object>;
  /**
   * The fields of a ticket system's own screens, with `fields` laid over the settings in force. `fresh`: asked now, and not as some minutes ago.
   * @throws UsageError; EdgeError section_unknown, fields_unknown, not_configured, ca_file
   */
  screens(caller: Caller, section: string, fields: Json, fresh: boolean): Promise<TargetScreens>;
  /** How many incidents of the last week auto-push would have taken, by the severity from which on it does. */
  pushEstimate(): Promise<PushEstimate>;
  /** What settings of retries would have meant for the last week, with `fields` laid over those in force. @throws UsageError */
  retryEstimate(fields: Json): Promise<RetryEstimate>;
  /** How many updates tickets would have got in the last week, likewise. @throws UsageError */
  cadenceEstimate(fields: Json): Promise<CadenceEstimate>;
  /** Of ticket systems. */
  status(): Promise<Json[]>;
  /** Of the two syslog feeds. */
  feeds(caller: Caller): Promise<Json[]>;
}
