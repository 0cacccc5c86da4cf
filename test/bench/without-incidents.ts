/** The program with the incident step left out of intake: what `incidents.ts` is held against. Other commands are as ever. */
import { startAppliance } from "../../appliance/appliance.ts";
import { runProgram } from "../../appliance/cli/program.ts";
import { loadSettings } from "../../appliance/config/load.ts";
import { createLog } from "../../appliance/runtime/log.ts";
import { systemClock, systemSleep } from "../../appliance/runtime/time.ts";

const args = process.argv.slice(2);
if (args[0] === "serve") {
  const resolved = await loadSettings({ env: process.env, fromCheckout: true });
  const log = createLog({ level: "warn", format: "text", clock: systemClock });
  await startAppliance({
    resolved,
    clock: systemClock,
    sleep: systemSleep,
    random: Math.random,
    log,
    correlate: false,
  });
} else {
  const terminal = {
    out: (text: string) => void process.stdout.write(text),
    err: (text: string) => void process.stderr.write(text),
    stdin: process.stdin,
    interactive: false,
    columns: null,
  };
  process.exit(await runProgram({ args, env: process.env, fromCheckout: true, terminal }));
}
