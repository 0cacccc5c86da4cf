import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../../core/errors.ts";
import { type FeedName, feedNames, readerName } from "../../../core/feeds/feeds.ts";
import { testMessage } from "../../../core/feeds/status-message.ts";
import { certificateFiles } from "../../../core/settings/certificate-files.ts";
import { feedForms } from "../../../core/settings/feed.ts";
import { formatProblems } from "../../../core/settings/problem.ts";
import type { ResolvedSettings } from "../../../core/settings/resolve.ts";
import { readTicketSettings } from "../../../core/settings/tickets.ts";
import type { DestinationSettings, Settings } from "../../../core/settings.ts";
import { visible } from "../../../core/text/visible.ts";
import { ticketSystems as allSystems } from "../../../core/tickets/ticket.ts";
import type { TestStep } from "../../../core/tickets/ticket-system.ts";
import type { SyslogSenderOptions } from "../../../transports/syslog/options.ts";
import { probe, sendOnce } from "../../../transports/syslog/probe.ts";
import { firstPasswordProblem } from "../../access/first-admin.ts";
import { otherDataDir } from "../../config/unit-file.ts";
import { connectControl } from "../../control/control-client.ts";
import type { Operations } from "../../control/operations.ts";
import { tlsMaterial } from "../../feeds/syslog-feed.ts";
import { feedSettings } from "../../feeds/syslog-feeds.ts";
import { noThrottles, TicketSystems } from "../../tickets/systems.ts";
import { command } from "../command.ts";
import { savedFeeds } from "../operations.ts";
import { checkDataDir, checkMasterKey } from "./check-folders.ts";
import { checkCertificate, checkPorts, type Finding } from "./check-listener.ts";
import { becomeServiceUser } from "./service-user.ts";

/** How long a receiver may take to accept the test message. */
const testMessageMs = 10_000;

export const checkCommand = command({
  name: "check",
  summary: "validate settings, reach every destination and ticket system",
  about: `Reads the configuration as the service would, as its user and with the environment of its unit, and prints every problem with its key and the accepted form. Looks at data folder, disk, ports and certificate, and tries to reach every destination and ticket system (nothing is sent, nothing is written there). One line each.`,
  options: {
    "test-message": {
      about: "also sends each destination one message with MSGID TEST, to be looked for at the receiver",
    },
  },
  examples: [
    { what: "Before the first start, and after each change of a file", lines: ["rhythmx check"] },
    { what: "Does a message arrive at the SIEM", lines: ["rhythmx check --test-message"] },
  ],
  exitCodes: { 0: "nothing has to be mended", 1: "something has to be mended" },
  seeAlso: ["rhythmx doctor", "rhythmx reload", "docs/settings.md"],

  async run({ values, terminal, loadSettings, serviceUnit }) {
    const unit = await serviceUnit();
    const ownDataDir = (await loadSettings()).settings.dataDir;
    const underUnit = () => loadSettings(unit?.environment);
    const user = await becomeServiceUser((await underUnit()).settings.dataDir, unit);
    if (user !== null) terminal.out(`note: ${user}\n`);
    const given = await underUnit();
    const resolved = given.withSaved(await savedFeeds(given.settings.dataDir));
    const report = formatProblems(resolved);
    if (report !== "") terminal.out(`${report}\n`);
    const { settings } = resolved;
    const password = isFirstStart(settings) ? firstPasswordProblem(resolved) : null;
    const elsewhere = otherDataDir(ownDataDir, unit);
    for (const warning of unverified(resolved)) terminal.out(`warning: ${visible(warning)}\n`);
    for (const form of Object.values(feedForms)) {
      if (feedSettings(settings, form.feed).destinations.length > 0) continue;
      const what = form.feed === "alerts" ? "alerts" : "incidents and cases";
      terminal.out(
        `warning: no syslog destination is configured for ${what}: they are kept, none are sent (${form.file} in ${settings.configDir})\n`,
      );
    }
    const send = values["test-message"];
    const control = await connectControl(settings.dataDir, (version) =>
      terminal.out(`warning: the running service is of another version (${visible(version)}): restart it\n`),
    ).catch(() => null);
    const { baseUrl } = readTicketSettings(resolved.ticketValues).settings;
    const findings = await Promise.all([
      ...[elsewhere, password].flatMap((line) => (line === null ? [] : [{ ok: false, line }])),
      ...(await checkDataDir(settings)),
      ...checkMasterKey(settings),
      ...(await checkPorts(settings, control !== null)),
      ...(await checkCertificate(certificateFiles(settings), { baseUrl, port: settings.listen.port }, Date.now())),
      ...(await ticketSystems(resolved, control)),
      ...feedNames.flatMap((feed) =>
        feedSettings(settings, feed).destinations.map((destination) => checkDestination(feed, destination, send)),
      ),
    ]);
    for (const { ok, line } of findings) terminal.out(`${ok ? "ok" : "problem"}: ${visible(line)}\n`);
    return resolved.problems.length === 0 && findings.every(({ ok }) => ok) ? 0 : 1;
  },
});

/** A running appliance knows saved settings; otherwise the systems come from files and environment. */
async function ticketSystems(resolved: ResolvedSettings, control: Operations | null): Promise<Finding[]> {
  const tested = control === null ? await testGiven(resolved) : await control.testTickets();
  const findings = tested.map(({ system, steps }) => {
    const failed = steps.find(({ ok }) => !ok);
    const said =
      failed === undefined ? steps.map(({ detail }) => detail).join("; ") : `${failed.name}: ${failed.detail}`;
    return { ok: failed === undefined, line: `${system}: ${said}` };
  });
  const { baseUrl } = readTicketSettings(resolved.ticketValues).settings;
  // With a certificate, its name is used, and said with it.
  const unlinked = tested.length > 0 && baseUrl === null && certificateFiles(resolved.settings) === null;
  return unlinked
    ? [
        ...findings,
        {
          ok: true,
          line: "tickets link to the address that the API listens on: set RHYTHMX_BASE_URL to the one that people use",
        },
      ]
    : findings;
}

async function testGiven({ ticketValues }: ResolvedSettings): Promise<{ system: string; steps: TestStep[] }[]> {
  const { settings } = readTicketSettings(ticketValues);
  const systems = new TicketSystems(settings, () => Date.now(), noThrottles());
  const wanted = allSystems.filter((system) => systems.isConfigured(system) || settings.enabled[system]);
  return Promise.all(
    wanted.map(async (system) => {
      try {
        return { system, steps: await systems.of(system, "").test() };
      } catch (error) {
        return { system, steps: [{ name: "settings", ok: false, detail: messageOf(error) }] };
      }
    }),
  );
}

/** Only a first start uses RHYTHMX_ADMIN_PASSWORD; a start that refused it has created a database, but no key. */
function isFirstStart({ dataDir, masterKeyFile }: Settings): boolean {
  if (!existsSync(join(dataDir, "rhythmx.db"))) return true;
  return masterKeyFile === null && !existsSync(join(dataDir, "master.key"));
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

async function checkDestination(feed: FeedName, destination: DestinationSettings, send: boolean): Promise<Finding> {
  const { name, protocol, host, port, framing, tls } = destination;
  const where = `${readerName(feed, name)}: ${protocol}${tls !== null && protocol === "relp" ? " over TLS" : ""} to ${host}:${port}`;
  const options: SyslogSenderOptions = {
    protocol,
    host,
    port,
    framing,
    tls: () => (tls === null ? null : tlsMaterial(tls)),
  };
  try {
    await probe(options);
    const reached = protocol === "udp" ? "the name resolves; udp cannot tell whether anybody listens" : "reached";
    if (!send) return { ok: true, line: `${where}: ${reached}` };
    const { bytes } = testMessage(Date.now(), name, { ...destination.message, procid: process.pid });
    await sendOnce(options, bytes, testMessageMs);
    const taken = protocol === "relp" ? "the receiver has acknowledged a test message" : "a test message was written";
    return { ok: true, line: `${where}: ${reached}; ${taken}` };
  } catch (error) {
    return { ok: false, line: `${where}: ${messageOf(error)}` };
  }
}
