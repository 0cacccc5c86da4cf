import { versionInfo } from "../runtime/version.ts";
import { command, jsonOption } from "./command.ts";
import { printJson } from "./terminal/table.ts";

export const versionCommand = command({
  name: "version",
  summary: "print version, commit, runtime and target",
  about:
    "Prints what this program is: its version, the commit that it was made from, the runtime in it and the kind of machine that it is for. Support asks for it first.",
  options: jsonOption,
  examples: [
    { what: "What is installed here", lines: ["rhythmx version"] },
    { what: "The version alone, in a script", lines: ["rhythmx version --json | jq -r .version"] },
  ],
  seeAlso: ["rhythmx doctor"],

  async run({ values, terminal }) {
    const { version, commit, runtime, target } = versionInfo();
    if (values.json) printJson(terminal, { version, commit, runtime, target });
    else terminal.out(`rhythmx ${version}\ncommit  ${commit}\nruntime ${runtime}\ntarget  ${target}\n`);
    return 0;
  },
});
