import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { EdgeError } from "../../core/errors.ts";
import { systemClock } from "../runtime/time.ts";
import { bundleName } from "../support/bundle.ts";
import { command } from "./command.ts";
import { withOperations } from "./operations.ts";

export const supportCommand = command({
  name: "support",
  summary: "write a redacted support bundle for whoever helps",
  about: `Writes one archive with what somebody who helps needs to know: what \`doctor\` and \`check\` say, every setting with its source, the last lines of the log, metrics, the last reload, the machine. Passwords, tokens, keys, logs and the text of detections, incidents and tickets are left out; its README says what is in it. Look through it before you hand it on.

The log and metrics are in it while the appliance runs. It tries to reach every receiver, which takes up to 20 seconds.`,
  arguments: [
    {
      name: "FILE",
      about:
        "where it is written, readable for you alone; - is stdout; a file that exists is not replaced. Default: a name with the time, here",
      optional: true,
      completes: "file",
    },
  ],
  examples: [
    { what: "Make one and look what is in it", lines: ["rhythmx support bundle.tar.gz", "tar -tzf bundle.tar.gz"] },
    { what: "Take it from another machine", lines: ["ssh edge sudo rhythmx support - > edge.tar.gz"] },
  ],
  seeAlso: ["rhythmx doctor", "rhythmx check"],

  async run({ args: [file = bundleName(systemClock.now())], terminal, loadSettings, serviceUnit }) {
    if (file !== "-" && existsSync(file)) throw exists(file);
    const resolved = await loadSettings();
    const bundle = await withOperations({ terminal, serviceUnit, resolved, mode: "change" }, (operations) =>
      operations.supportBundle(),
    );
    if (file === "-") {
      await terminal.bytes?.(bundle);
      return 0;
    }
    try {
      await writeFile(file, bundle, { mode: 0o600, flag: "wx" });
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EEXIST") throw error;
      throw exists(file);
    }
    terminal.err(`${file}: ${Math.ceil(bundle.length / 1024)} KiB; look through it before you hand it on\n`);
    return 0;
  },
});

function exists(file: string): EdgeError {
  return new EdgeError("file_exists", `${file} exists: name another file`);
}
