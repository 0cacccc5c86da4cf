import { EdgeError } from "../../core/errors.ts";
import { visible } from "../../core/text/visible.ts";
import { connectControl } from "../control/control-client.ts";
import { command } from "./command.ts";

export const reloadCommand = command({
  name: "reload",
  summary: "read settings and certificates again while it runs",
  about: `Makes the running appliance read its configuration files and certificates again, as SIGHUP does, and waits until that is done. What is wrong keeps its last good settings.`,
  examples: [{ what: "After a change of a file", lines: ["rhythmx check && rhythmx reload"] }],
  exitCodes: {
    0: "everything was taken over",
    1: "something was refused (each problem is named), or no appliance runs",
  },
  seeAlso: ["rhythmx check", "docs/settings.md"],

  async run({ terminal, loadSettings }) {
    const { settings } = await loadSettings();
    const control = await connectControl(settings.dataDir, (running) =>
      terminal.err(`warning: the running service is of another version (${visible(running)}): restart it\n`),
    );
    if (control === null)
      throw new EdgeError(
        "not_running",
        `no appliance runs on ${settings.dataDir}: it reads its settings when it starts`,
      );
    const { problems, restart } = await control.reload();
    for (const name of restart) terminal.err(`note: the new value of ${name} holds after a restart\n`);
    for (const problem of problems) terminal.err(`problem: ${visible(problem)}\n`);
    if (problems.length === 0) terminal.err("settings and certificates are read again\n");
    return problems.length === 0 ? 0 : 1;
  },
});
