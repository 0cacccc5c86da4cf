import { versionInfo } from "../runtime/version.ts";
import { type Command, noPositionals, parseOptions } from "./command.ts";

export const versionCommand: Command = {
  name: "version",
  summary: "print version, commit, runtime and target",
  help: "Usage: rhythmx version",
  async run({ args, terminal }) {
    noPositionals(parseOptions(args, {}).positionals);
    const { version, commit, runtime, target } = versionInfo();
    terminal.out(`rhythmx ${version}\ncommit  ${commit}\nruntime ${runtime}\ntarget  ${target}\n`);
    return 0;
  },
};
