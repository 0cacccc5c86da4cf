import { messageOf } from "../../core/errors.ts";
import { formatProblems } from "../../core/settings/problem.ts";
import { type AuditAuthor, signal } from "../access/audit-log.ts";
import { credentialsFolder } from "../access/master-key.ts";
import { isClustered } from "../cluster/connection.ts";
import type { Appliance } from "../options.ts";
import { createLog } from "../runtime/log.ts";
import { LogLevelSwitch } from "../runtime/log-level.ts";
import { giveBackMemory } from "../runtime/memory.ts";
import { cpuSeconds } from "../runtime/process-figures.ts";
import { RecentLog } from "../runtime/recent-log.ts";
import { serviceManager } from "../runtime/sd-notify.ts";
import { systemClock, systemSleep } from "../runtime/time.ts";
import { command } from "./command.ts";

export const serveCommand = command({
  name: "serve",
  summary: "run the appliance until SIGTERM or SIGINT",
  about: `Runs the appliance: intake, API, console, syslog feeds and tickets. Settings come from the environment and the files in RHYTHMX_CONFIG_DIR, else from the console. The log goes to stderr.

SIGTERM and SIGINT let it send what is queued for up to 10 seconds, then it ends with 0. SIGHUP reads settings and certificates again, as \`rhythmx reload\` does. Only \`serve\` brings the database to a newer schema, after it has made a copy of it.`,
  examples: [
    { what: "Run it as a service", lines: ["systemctl enable --now rhythmx"] },
    {
      what: "Try it in the foreground, with its data in a folder of your own",
      lines: ["RHYTHMX_DATA_DIR=$HOME/edge RHYTHMX_LOG_FORMAT=text rhythmx serve"],
    },
  ],
  exitCodes: {
    0: "it was asked to end",
    1: "it cannot go on; the log says why",
    2: "a setting without which it cannot run is wrong",
  },
  seeAlso: ["rhythmx check", "rhythmx reload", "docs/settings.md", "docs/operations.md"],

  async run({ terminal, loadSettings }) {
    const resolved = await loadSettings();
    if (resolved.problems.some(({ fatal }) => fatal)) {
      terminal.err(`${formatProblems(resolved)}\nrhythmx serve: the settings above have to be mended first\n`);
      return 2;
    }
    // Loaded for this command alone, and before signals are listened to: it is half of the program, and every other command starts without it.
    const start = isClustered(resolved.settings)
      ? (await import("../cluster-node.ts")).startClusterNode
      : (await import("../appliance.ts")).startAppliance;
    let { logFormat } = resolved.settings;
    const logLevel = new LogLevelSwitch(resolved.settings.logLevel);
    const recentLog = new RecentLog();
    const log = createLog({
      level: () => logLevel.inForce,
      format: () => logFormat,
      clock: systemClock,
      recent: recentLog,
    });
    const service = serviceManager(process.env, (why) => log.warn("systemd cannot be told the state", { why }));

    // A defect: it is logged on one line with its place, and systemd restarts the service; nothing accepted is lost.
    process.on("uncaughtException", (error) => {
      log.error("crashed", { error: messageOf(error), where: error instanceof Error ? error.stack : undefined });
      process.exit(1);
    });
    const ending = Promise.withResolvers<"signal" | Error>();
    const end = (signal: string) => {
      log.info("stopping", { signal });
      ending.resolve("signal");
    };
    process.once("SIGTERM", end);
    process.once("SIGINT", end);

    // The line of `systemctl status`: the first fault, else how it does. Said only when it changes: systemd-notify may be a process.
    let summary = "starting: opening the database";
    let fault = "";
    let said = "";
    const status = () => {
      said = fault || summary;
      return said;
    };
    const sayStatus = () => (fault || summary) !== said && service.status(status());
    sayStatus();
    const reload = async (author: AuditAuthor) => {
      const appliance = await starting;
      service.reloading();
      try {
        return await appliance.reload(await loadSettings(), author);
      } catch (error) {
        log.error("reading the settings again failed", { error: messageOf(error) });
        throw error;
      } finally {
        service.ready(status());
      }
    };
    const starting = start({
      resolved,
      clock: systemClock,
      sleep: systemSleep,
      random: Math.random,
      log,
      recentLog,
      logLevel,
      memory: { cpuSeconds, giveBack: giveBackMemory },
      credentialsDir: credentialsFolder(process.env, resolved.settings.configDir),
      onAlive: (now) => {
        service.watchdog();
        summary = now;
        sayStatus();
      },
      onFaults: (faults) => {
        const [first] = faults;
        fault = first === undefined ? "" : `${first.name}: ${first.message}`;
        sayStatus();
      },
      onSettings: (settings) => {
        logFormat = settings.logFormat;
        logLevel.configure(settings.logLevel);
      },
      reload: (author) => reload(author),
    });
    // Also while the start is waiting: without a listener the signal would end the process.
    process.on("SIGHUP", () => void reload(signal).catch(() => {}));
    // A signal also ends a start that waits for the disk or a lock.
    const started = await Promise.race([starting, ending.promise]);
    if (started === "signal") process.exit(0);
    if (started instanceof Error) throw started;
    const appliance: Appliance = started;
    appliance.broken.then(ending.resolve);
    if (summary.startsWith("starting")) summary = `serving ${appliance.apiUrl}`;
    service.ready(status());

    const reason = await ending.promise;
    service.stopping();
    await appliance.stop();
    log.info("stopped");
    if (reason instanceof Error) throw reason;
    return 0;
  },
});
