import { EdgeError } from "../../core/errors.ts";
import { visible } from "../../core/text/visible.ts";
import { connectControl } from "../control/control-client.ts";
import { type Command, noPositionals, parseOptions } from "./command.ts";

export const reloadCommand: Command = {
  name: "reload",
  summary: "make the running appliance read settings and certificates anew",
  help: `Usage: rhythmx reload

Makes the running appliance read its configuration files and certificates again,
as SIGHUP does, and waits until that is done. What is wrong keeps its last good
settings. Exit code 0 when everything was taken over, 1 when something was
refused (each problem is named) or no appliance runs.`,

  async run({ args, terminal, loadSettings }) {
    noPositionals(parseOptions(args, {}).positionals);
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
};
