import { constants } from "node:os";
import { type Command, noPositionals, parseOptions } from "./command.ts";

const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The demo was ended from outside. */
class Ended extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super("ended");
    this.exitCode = exitCode;
  }
}

export const demoCommand: Command = {
  name: "demo",
  summary: "show the main job with sample data and nothing to configure",
  help: `Usage: rhythmx demo

Starts an appliance with a temporary data folder and free ports, feeds it real
sample detections, and prints the syslog messages that come out. Its clock is
compressed, so that HOURLY messages come within a minute. Configuration and data
of an installed appliance are neither read nor changed. On a terminal it keeps
running until Ctrl-C; without one it is faster and ends by itself: exit code 0
when everything was seen, else 1.`,

  async run({ args, terminal }) {
    noPositionals(parseOptions(args, {}).positionals);
    const { stdout, env } = process;
    const onTerminal = stdout.isTTY === true;
    const ending = new AbortController();
    const onSignal = (signal: (typeof endings)[number]) => ending.abort(new Ended(128 + constants.signals[signal]));
    const onOutputGone = () => ending.abort(new Ended(1));
    for (const signal of endings) process.on(signal, onSignal);
    // The output was closed (a closed terminal, `| head`): the temporary folder still has to be removed.
    stdout.on("error", onOutputGone);
    try {
      // Loaded for this command alone: its sample would otherwise stay in the memory of the service.
      const [{ runDemo }, { Screen }] = await Promise.all([import("../demo/demo.ts"), import("../demo/screen.ts")]);
      const missing = await runDemo({
        screen: new Screen({
          write: terminal.out,
          columns: onTerminal ? stdout.columns : undefined,
          colour: onTerminal && !env.NO_COLOR && env.TERM !== "dumb",
        }),
        minutesPerSecond: onTerminal ? 2 : 6,
        staysOpen: onTerminal,
        signal: ending.signal,
      });
      if (onTerminal) terminal.err("\nThe demo has ended; its folder is removed.\n");
      return missing.length === 0 ? 0 : 1;
    } catch (error) {
      if (error instanceof Ended) {
        terminal.err("\nThe demo was ended before it was through; its folder is removed.\n");
        return error.exitCode;
      }
      throw error;
    } finally {
      for (const signal of endings) process.off(signal, onSignal);
      stdout.off("error", onOutputGone);
    }
  },
};
