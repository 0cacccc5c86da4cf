import { runProgram } from "./appliance/cli/program.ts";
import { processTerminal } from "./appliance/cli/terminal/process-terminal.ts";
import { exitWith } from "./appliance/runtime/exit.ts";
import { isBuilt } from "./appliance/runtime/version.ts";

// Whatever is written (database, socket, keys) is for this user alone.
process.umask(0o077);

const code = await runProgram({
  args: process.argv.slice(2),
  // As it was at the start: the exceptions from proxies are changed in it later.
  env: { ...process.env },
  fromCheckout: !isBuilt,
  terminal: processTerminal(),
});
exitWith(code);
