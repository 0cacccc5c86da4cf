import { messageOf } from "../../core/errors.ts";
import { formatProblems } from "../../core/settings/problem.ts";
import { startAppliance } from "../appliance.ts";
import type { Appliance } from "../options.ts";
import { createLog } from "../runtime/log.ts";
import { serviceManager } from "../runtime/sd-notify.ts";
import { systemClock, systemSleep } from "../runtime/time.ts";
import { type Command, noPositionals, parseOptions } from "./command.ts";

export const serveCommand: Command = {
  name: "serve",
  summary: "run the appliance until SIGTERM or SIGINT",
  help: `Usage: rhythmx serve

Runs the appliance. SIGTERM and SIGINT let it send what is queued for up to
10 s, then it exits 0. SIGHUP reads the configuration files again, as does
\`rhythmx reload\`. Settings: files in RHYTHMX_CONFIG_DIR and the environment.
Exit code 2: a setting without which it cannot run is wrong.`,

  async run({ args, terminal, loadSettings }) {
    noPositionals(parseOptions(args, {}).positionals);
    const resolved = await loadSettings();
    if (resolved.problems.some(({ fatal }) => fatal)) {
      terminal.err(`${formatProblems(resolved)}\nrhythmx serve: the settings above have to be mended first\n`);
      return 2;
    }
    const { logLevel, logFormat } = resolved.settings;
    const log = createLog({ level: logLevel, format: logFormat, clock: systemClock });
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

    let serving = "Starting";
    // The present faults, for people; "" = none.
    let status = "";
    const reload = async () => {
      const appliance = await starting;
      service.reloading();
      try {
        return await appliance.reload(await loadSettings());
      } catch (error) {
        log.error("reading the settings again failed", { error: messageOf(error) });
        throw error;
      } finally {
        service.ready(status || serving);
      }
    };
    const starting = startAppliance({
      resolved,
      clock: systemClock,
      sleep: systemSleep,
      random: Math.random,
      log,
      credentialsDir: process.env.CREDENTIALS_DIRECTORY ?? null,
      onAlive: () => service.watchdog(),
      onFaults: (faults) => {
        const [first] = faults;
        status = first === undefined ? "" : `${first.name}: ${first.message}`;
        service.status(status || serving);
      },
      reload: () => reload(),
    });
    // Also while the start is waiting: without a listener the signal would end the process.
    process.on("SIGHUP", () => void reload().catch(() => {}));
    // A signal also ends a start that waits for the disk or a lock.
    const started = await Promise.race([starting, ending.promise]);
    if (started === "signal") process.exit(0);
    if (started instanceof Error) throw started;
    const appliance: Appliance = started;
    appliance.broken.then(ending.resolve);
    serving = `Serving ${appliance.apiUrl}`;
    service.ready(status || serving);

    const reason = await ending.promise;
    service.stopping();
    await appliance.stop();
    log.info("stopped");
    if (reason instanceof Error) throw reason;
    return 0;
  },
};
