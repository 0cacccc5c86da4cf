/** Gathers from the parts of the appliance what metrics read. */
import { join } from "node:path";
import type { ClusterStatus } from "../core/cluster.ts";
import { spaceLimit } from "../core/disk-space.ts";
import type { Faults } from "../core/faults.ts";
import { readerName } from "../core/feeds/feeds.ts";
import type { Intake } from "../core/intake/intake.ts";
import type { Clock } from "../core/ports.ts";
import { isPemText } from "../core/settings/ticket-forms.ts";
import type { Settings } from "../core/settings.ts";
import type { Store } from "../store/open-store.ts";
import type { Backups } from "./backups/backups.ts";
import { feedSettings, type SyslogFeeds } from "./feeds/syslog-feeds.ts";
import type { TlsUploads } from "./feeds/tls-uploads.ts";
import type { ApiListener } from "./runtime/listeners.ts";
import type { TicketDispatcher } from "./tickets/dispatcher.ts";
import type { CampaignWatch } from "./upkeep/campaign-watch.ts";
import { closedBy } from "./upkeep/closing-faults.ts";
import type { CertificatePlace } from "./upkeep/metrics/certificates.ts";
import type { MetricSources } from "./upkeep/metrics/sources.ts";
import type { Scheduler } from "./upkeep/scheduler.ts";
import type { SearchUpkeep } from "./upkeep/search-upkeep.ts";
import type { StorageWatch } from "./upkeep/storage-watch.ts";

interface MetricParts {
  clock: Clock;
  uptimeMs(): number;
  settings(): Settings;
  api(): Pick<ApiListener, "certificate">;
  logEnd(): number;
  store: Store;
  intake: Intake;
  feeds: SyslogFeeds;
  uploads: TlsUploads;
  faults: Faults;
  scheduler: Scheduler;
  campaigns: CampaignWatch;
  search: SearchUpkeep;
  storage: StorageWatch;
  dispatcher: TicketDispatcher;
  backups: Backups;
  cluster(): ClusterStatus | null;
}

export function metricSources(parts: MetricParts): MetricSources {
  const { clock, uptimeMs, settings, store, intake, feeds, faults, scheduler, campaigns, search, storage } = parts;
  return {
    now: () => clock.now(),
    uptimeMs,
    campaigns,
    destinations: () => feeds.status(),
    loops: () => scheduler.status(),
    faults: () => faults.list(),
    intakeOpen: () => closedBy(faults) === null,
    logEnd: parts.logEnd,
    searchBehind: () => search.behind,
    pendingBytes: () => intake.pendingBytes,
    storeCalls: () => store.waiting,
    database: () => store.reading.readMonitored(),
    databaseFile: join(settings().dataDir, "rhythmx.db"),
    disk: () => {
      const { space } = storage;
      const { minFreeBytes, minFreePercent } = settings();
      return space === null
        ? null
        : { ...space, limitBytes: spaceLimit(space.totalBytes, minFreeBytes, minFreePercent) };
    },
    retentionDays: () => settings().retentionDays,
    certificates: () => [
      ...ownCertificate(parts.api()),
      ...ofDestinations(settings(), parts.uploads),
      ...ofTickets(parts.dispatcher),
    ],
    backups: () => parts.backups.figures,
    cluster: parts.cluster,
    tickets: parts.dispatcher.metrics(),
  };
}

function ownCertificate({ certificate }: Pick<ApiListener, "certificate">): CertificatePlace[] {
  return certificate === null ? [] : [{ usage: "server", name: "api", pem: { text: certificate } }];
}

function ofDestinations(settings: Settings, uploads: TlsUploads): CertificatePlace[] {
  return (["alerts", "incidents"] as const).flatMap((feed) =>
    feedSettings(settings, feed).destinations.flatMap(({ name, tls }): CertificatePlace[] => {
      const of = { name: readerName(feed, name) };
      return [
        ...(tls?.certFile ? [{ ...of, usage: "destination_client" as const, pem: uploads.place(tls.certFile) }] : []),
        ...(tls?.caFile ? [{ ...of, usage: "destination_ca" as const, pem: uploads.place(tls.caFile) }] : []),
      ];
    }),
  );
}

function ofTickets(dispatcher: TicketDispatcher): CertificatePlace[] {
  return dispatcher.caFiles().map(({ system, file }) => ({
    usage: "ticket_ca",
    name: system,
    pem: isPemText(file) ? { text: file } : { file },
  }));
}
