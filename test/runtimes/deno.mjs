/** `npm run deno -- COMMAND`: runs the program's sources under Deno. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runtimeProgram } from "./installed.mjs";

const main = join(fileURLToPath(new URL(".", import.meta.url)), "../../main.ts");
const child = spawn(runtimeProgram("deno"), ["run", "--allow-all", main, ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
