/** Database, disk, certificates, retention, and the readers behind intake. */
import { dayMs } from "../../../core/time.ts";
import { counter, gauge, one } from "./families.ts";
import type { Family, Sample } from "./family.ts";
import type { Gathered, MetricSources } from "./sources.ts";

export function storageFamilies(sources: MetricSources, gathered: Gathered): Family[] {
  const { database, databaseBytes, walBytes, certificates } = gathered;
  const disk = sources.disk();
  const behind = (): Sample[] => [
    [{ reader: "search" }, sources.searchBehind()],
    ...(database === null
      ? []
      : ([
          [{ reader: "campaigns" }, database.campaignsBehind],
          [{ reader: "outbreaks" }, database.outbreaksBehind],
        ] satisfies Sample[])),
  ];
  const backups = sources.backups();
  const oldest = database?.oldestEventAt ?? null;
  return [
    gauge("rhythmx_database_size_bytes", "Size of the database file.", one(databaseBytes)),
    gauge("rhythmx_database_wal_size_bytes", "Size of the database's write-ahead log.", one(walBytes)),
    gauge("rhythmx_disk_free_bytes", "Free on the data folder's disk.", one(disk?.freeBytes ?? null)),
    gauge("rhythmx_disk_size_bytes", "Size of the data folder's disk.", one(disk?.totalBytes ?? null)),
    gauge("rhythmx_disk_free_limit_bytes", "Intake closes below so much.", one(disk?.limitBytes ?? null)),
    gauge(
      "rhythmx_event_log_oldest_timestamp_seconds",
      "When the oldest event of the log was recorded.",
      one(oldest === null ? null : oldest / 1000),
    ),
    gauge(
      "rhythmx_retention_seconds",
      "How long events and closed incidents are kept.",
      one((sources.retentionDays() * dayMs) / 1000),
    ),
    gauge("rhythmx_reader_behind", "Rows that a reader behind intake has not looked at.", behind),
    gauge("rhythmx_search_behind", "Rows that the search index does not know yet.", one(sources.searchBehind())),
    counter(
      "rhythmx_campaign_failures_total",
      "Looks at an incident for campaigns that failed.",
      one(sources.campaigns.failures),
    ),
    gauge(
      "rhythmx_backup_last_success_timestamp_seconds",
      "When the last backup succeeded.",
      one(backups.lastAt === null ? null : backups.lastAt / 1000),
    ),
    gauge("rhythmx_backup_last_size_bytes", "Size of the last backup that succeeded.", one(backups.lastBytes)),
    counter("rhythmx_backup_failures_total", "Backups that failed.", one(backups.failures)),
    gauge("rhythmx_certificate_expiry_timestamp_seconds", "When a certificate in use expires.", () =>
      certificates.map(({ usage, name, expiresAt }) => [{ usage, name }, expiresAt / 1000]),
    ),
  ];
}
