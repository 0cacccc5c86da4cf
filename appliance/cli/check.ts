import { access, constants } from "node:fs/promises";
import { messageOf } from "../../core/errors.ts";
import { formatProblems } from "../../core/settings/problem.ts";
import type { DestinationSettings, Settings } from "../../core/settings.ts";
import { probe } from "../../transports/syslog/probe.ts";
import { tlsMaterial } from "../alert-feed.ts";
import { type Command, noPositionals, parseOptions } from "./command.ts";

interface Finding {
  ok: boolean;
  line: string;
}

export const checkCommand: Command = {
  name: "check",
  summary: "validate the configuration and reach every destination",
  help: `Usage: rhythmx check

Reads the configuration, prints every problem with its key and the accepted form, and tries to reach every destination
(nothing is sent). One line each. Exit code 1 when something has to be mended.`,

  async run({ args, terminal, loadSettings }) {
    noPositionals(parseOptions(args, {}).positionals);
    const resolved = await loadSettings();
    const report = formatProblems(resolved);
    if (report !== "") terminal.out(`${report}\n`);
    const { settings } = resolved;
    const { destinations } = settings.alertFeed;
    if (destinations.length === 0)
      terminal.out(
        `warning: no syslog destination is configured: alerts are kept, none are sent (config.json in ${settings.configDir})\n`,
      );
    const findings = await Promise.all([checkDataDir(settings), ...destinations.map(checkDestination)]);
    for (const { ok, line } of findings) terminal.out(`${ok ? "ok" : "problem"}: ${line}\n`);
    return resolved.problems.length === 0 && findings.every(({ ok }) => ok) ? 0 : 1;
  },
};

async function checkDataDir({ dataDir }: Settings): Promise<Finding> {
  try {
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return { ok: true, line: `data folder ${dataDir} can be written` };
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT")
      return { ok: true, line: `data folder ${dataDir} will be made at the first start` };
    return { ok: false, line: `data folder ${dataDir} cannot be written: ${messageOf(error)}` };
  }
}

async function checkDestination(destination: DestinationSettings): Promise<Finding> {
  const { name, protocol, host, port, framing, tls } = destination;
  const where = `${name}: ${protocol}${tls !== null && protocol === "relp" ? " over TLS" : ""} to ${host}:${port}`;
  try {
    await probe({ protocol, host, port, framing, tls: () => (tls === null ? null : tlsMaterial(tls)) });
    const reached = protocol === "udp" ? "the name resolves; udp cannot tell whether anybody listens" : "reached";
    return { ok: true, line: `${where}: ${reached}` };
  } catch (error) {
    return { ok: false, line: `${where}: ${messageOf(error)}` };
  }
}
