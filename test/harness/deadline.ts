/** Loaded before every test file (bunfig.toml). */
import { setDefaultTimeout } from "bun:test";
import { startWorkerAt } from "../../appliance/packaging/worker-plugin.ts";

// A deadline is there for what hangs; a machine that is busy with other things must not meet it.
setDefaultTimeout(900_000);

// Appliances in a test start the Worker's bundle: from its sources it takes three times as long, and there are many.
Bun.plugin(
  startWorkerAt(async () => {
    const { workerProgram } = await import("./program.ts");
    return JSON.stringify(workerProgram);
  }),
);
