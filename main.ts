import { runProgram } from "./appliance/cli/program.ts";
import { exitWith } from "./appliance/runtime/exit.ts";
import { isBuilt } from "./appliance/runtime/version.ts";

// Whatever is written (database, socket, keys) is for this user alone.
process.umask(0o077);

const code = await runProgram({
  args: process.argv.slice(2),
  env: process.env,
  fromCheckout: !isBuilt,
  terminal: {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stdin: process.stdin,
    interactive: process.stderr.isTTY === true,
    columns: process.stdout.isTTY === true ? process.stdout.columns || 80 : null,
  },
});
exitWith(code);
