import { command } from "./command.ts";
import { Interrupted, interruptible } from "./terminal/interruption.ts";

export const demoCommand = command({
  name: "demo",
  summary: "show the main job with sample data and nothing to configure",
  about: `Starts an appliance with a temporary data folder and free ports, feeds it real sample detections, and prints the syslog messages that come out and the tickets that are made, with the address of the console and a login. Its clock is compressed, so that HOURLY messages come within a minute. Configuration and data of an installed appliance are neither read nor changed.

On a terminal it runs until Ctrl-C; without one it is faster and ends by itself with a summary.`,
  examples: [
    { what: "Look at it, with the console in a browser", lines: ["rhythmx demo"] },
    { what: "Prove in a script that this machine can run it", lines: ["rhythmx demo > demo.txt && echo works"] },
  ],
  exitCodes: { 0: "everything that it shows was seen", 1: "something was not" },
  seeAlso: ["rhythmx serve"],

  async run({ terminal, paint }) {
    const onTerminal = terminal.columns !== null;
    try {
      return await interruptible(async (signal, end) => {
        // The output was closed (a closed terminal, `| head`): the temporary folder still has to be removed.
        terminal.outputFailed = () => end(1);
        // Loaded for this command alone: its sample would otherwise stay in the memory of the service.
        const [{ runDemo }, { Screen }] = await Promise.all([import("../demo/demo.ts"), import("../demo/screen.ts")]);
        const missing = await runDemo({
          screen: new Screen({
            write: terminal.out,
            columns: terminal.columns ?? undefined,
            colour: paint.out.coloured,
          }),
          minutesPerSecond: onTerminal ? 2 : 6,
          staysOpen: onTerminal,
          signal,
        });
        if (onTerminal) terminal.err("\nThe demo has ended; its folder is removed.\n");
        return missing.length === 0 ? 0 : 1;
      });
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      terminal.err("\nThe demo was ended before it was through; its folder is removed.\n");
      return error.exitCode;
    } finally {
      delete terminal.outputFailed;
    }
  },
});
