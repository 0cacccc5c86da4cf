/** `rhythmx completion`: the scripts by which shells complete the command line, and the values that they ask for. */
import { EdgeError, UsageError } from "../../../../core/errors.ts";
import { visible } from "../../../../core/text/visible.ts";
import type { Operations } from "../../../control/operations.ts";
import { packs } from "../../../packs/packs.ts";
import { command, type DynamicValues, dynamicValues } from "../../command.ts";
import { withOperations } from "../../operations.ts";
import { completionScript, shells } from "./script.ts";

/** Names that are looked up when they are needed. */
const lookUp: Readonly<Record<Exclude<DynamicValues, "pack">, (operations: Operations) => Promise<string[]>>> = {
  destination: async (operations) => (await operations.listDestinations()).map((one) => one.destination),
  key: async (operations) => (await operations.listKeys()).filter((one) => one.revokedAt === null).map(({ id }) => id),
  user: async (operations) => (await operations.listUsers()).map(({ name }) => name),
  delivery: async (operations) => (await operations.listDeadLetters()).map((one) => one.delivery_id),
  cause: async (operations) => (await operations.listDeadLetters()).map((one) => one.cause),
  exception: async (operations) => (await operations.listExceptions()).map((one) => String(one.id)),
};

/** The most values that are offered. */
const mostValues = 200;

export const completionCommand = command({
  name: "completion",
  summary: "print the script that completes commands in a shell",
  about: `Prints a script for bash, zsh or fish. With it the tab key completes commands, actions, options and their values, and names of destinations, users, keys, deliveries and exceptions, where the one who types may read the data folder.

The packages install the scripts; this is for other machines and for a shell of your own.`,
  arguments: [{ name: "SHELL", about: shells.join(", "), optional: true, completes: shells }],
  options: {
    values: {
      value: "KIND",
      choices: dynamicValues,
      about: "prints the names that there are, one a line: used by the scripts",
    },
  },
  forms: ["SHELL", "--values KIND"],
  examples: [
    { what: "In this bash", lines: ["source <(rhythmx completion bash)"] },
    { what: "In every bash", lines: ["rhythmx completion bash > /etc/bash_completion.d/rhythmx"] },
    { what: "In every zsh", lines: ["rhythmx completion zsh > /usr/local/share/zsh/site-functions/_rhythmx"] },
    { what: "In every fish", lines: ["rhythmx completion fish > /etc/fish/completions/rhythmx.fish"] },
  ],

  async run({ values, args: [shell], terminal, loadSettings, commands }) {
    const known = shells.find((one) => one === shell);
    if (values.values === "pack" && shell === undefined) {
      for (const { name } of packs()) terminal.out(`${name}\n`);
      return 0;
    }
    if (values.values !== undefined && values.values !== "pack" && shell === undefined) {
      const resolved = await loadSettings();
      // Nobody completes with warnings between the names.
      const quiet = { err: () => {} };
      const access = { terminal: quiet, serviceUnit: async () => null, resolved, mode: "look" } as const;
      try {
        const found = await withOperations(access, lookUp[values.values]);
        for (const name of [...new Set(found)].slice(0, mostValues)) terminal.out(`${visible(name)}\n`);
      } catch (error) {
        // Without a database or the right to read it there is nothing to offer.
        if (!(error instanceof EdgeError)) throw error;
        return 1;
      }
      return 0;
    }
    if (known === undefined)
      throw new UsageError(
        shell === undefined ? "SHELL is missing" : `SHELL ${JSON.stringify(shell.slice(0, 64))}: ${shells.join(", ")}`,
      );
    terminal.out(completionScript(known, commands));
    return 0;
  },
});
