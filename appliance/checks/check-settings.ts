/** Everything that `rhythmx check` looks at, for the command and for the support bundle. */
import { feedNames, readerName } from "../../core/feeds/feeds.ts";
import { certificateFiles } from "../../core/settings/certificate-files.ts";
import { feedForms } from "../../core/settings/feed.ts";
import { formatProblem } from "../../core/settings/problem.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import { readTicketSettings } from "../../core/settings/tickets.ts";
import type { ReadTlsFile } from "../feeds/syslog-feed.ts";
import { feedSettings } from "../feeds/syslog-feeds.ts";
import { checkBackups } from "./check-backups.ts";
import { checkCluster } from "./check-cluster.ts";
import { checkDestination } from "./check-destination.ts";
import { checkDataDir, checkMasterKey } from "./check-folders.ts";
import { checkCertificate, checkPorts } from "./check-listener.ts";
import { checkTickets, type TestTickets } from "./check-tickets.ts";
import type { Finding } from "./finding.ts";

interface CheckOptions {
  /** The test of a running appliance's ticket systems; null if none runs: ports have to be free then. */
  running: TestTickets | null;
  /** Whether each destination gets a message with MSGID TEST. */
  send?: boolean;
  /** Gives certificates and keys of destinations. */
  readFile: ReadTlsFile;
  /** Epoch milliseconds. */
  now: number;
}

/** Reads no setting and changes nothing; takes as long as the slowest receiver. */
export async function checkSettings(
  resolved: ResolvedSettings,
  { running, send = false, readFile, now }: CheckOptions,
): Promise<Finding[]> {
  const { settings, problems, warnings } = resolved;
  const { baseUrl } = readTicketSettings(resolved.ticketValues).settings;
  return [
    ...problems.map((one): Finding => ({ level: one.fatal ? "error" : "problem", line: formatProblem(one) })),
    ...warnings.map((one): Finding => ({ level: "warning", line: formatProblem(one) })),
    ...unverified(resolved).map((line): Finding => ({ level: "warning", line })),
    ...withoutDestinations(resolved),
    ...checkBackups(settings, now),
    ...(await checkDataDir(settings)),
    ...checkMasterKey(settings),
    ...(await checkPorts(settings, running !== null)),
    ...(await checkCertificate(certificateFiles(settings), { baseUrl, port: settings.listen.port }, now)),
    ...(await checkCluster(settings)),
    ...(await checkTickets(resolved, running)),
    ...(await Promise.all(
      feedNames.flatMap((feed) =>
        feedSettings(settings, feed).destinations.map((destination) =>
          checkDestination(feed, destination, { send, readFile }),
        ),
      ),
    )),
  ];
}

function withoutDestinations({ settings }: ResolvedSettings): Finding[] {
  return Object.values(feedForms).flatMap((form): Finding[] => {
    if (feedSettings(settings, form.feed).destinations.length > 0) return [];
    const what = form.feed === "alerts" ? "alerts" : "incidents and cases";
    const line = `no syslog destination is configured for ${what}: they are kept, none are sent (${form.file} in ${settings.configDir})`;
    return [{ level: "warning", line }];
  });
}

/** Connections without certificate checks, on which somebody in between can read everything, including passwords. */
function unverified({ settings, ticketValues }: ResolvedSettings): string[] {
  const { proactive } = readTicketSettings(ticketValues).settings;
  const systems =
    proactive?.verifySsl === false
      ? [
          "PROACTIVE_SNOW_VERIFY_SSL=false: certificates are not checked, anybody in between reads the secret; give PROACTIVE_SNOW_CA_FILE",
        ]
      : [];
  const destinations = feedNames.flatMap((feed) =>
    feedSettings(settings, feed)
      .destinations.filter(({ tls }) => tls?.verify === false)
      .map(
        ({ name }) =>
          `${readerName(feed, name)}: "verify": false: the receiver's certificate is not checked; give tls.ca_file`,
      ),
  );
  return [...systems, ...destinations];
}
