import { EdgeError } from "../../core/errors.ts";
import type { ListedDestination } from "../feeds/destination-control.ts";
import { action, type CommandContext, commandGroup, jsonOption } from "./command.ts";
import { destinationArgument, timeOption } from "./destination-arguments.ts";
import { withOperations } from "./operations.ts";
import { canAsk, confirm } from "./terminal/confirm.ts";
import { printJson, table } from "./terminal/table.ts";

const list = action({
  summary: "how far each destination is, and how much waits for it",
  about: `Prints for each destination its place in the event log, how many messages wait for it (for one that wants only some: events that are still to be looked at), how many retention took away before they were sent, and whether it is connected.`,
  options: jsonOption,
  examples: [
    { what: "What waits where", lines: ["rhythmx destinations"] },
    {
      what: "The names of destinations for which something waits",
      lines: ["rhythmx destinations --json | jq -r '.[] | select(.queued > 0).destination'"],
    },
  ],
  seeAlso: ["rhythmx check", "rhythmx replay"],

  async run({ values, terminal, loadSettings, serviceUnit }) {
    const resolved = await loadSettings();
    const all = await withOperations({ terminal, serviceUnit, resolved, mode: "look" }, (operations) =>
      operations.listDestinations(),
    );
    if (values.json) printJson(terminal, all);
    else if (all.length === 0) terminal.err("there is no destination yet\n");
    else terminal.out(destinationTable(all, terminal.columns));
    return 0;
  },
});

const yes = { about: "does not ask; needed where there is no terminal to ask on" } as const;

const skip = action({
  summary: "give up what waits for a destination",
  about: `Gives up what waits for a destination: it is never sent there. What is recorded from now on is sent as usual. It says how many messages that are and asks first.`,
  arguments: [destinationArgument],
  options: { to: { value: "TIME", about: "only what was recorded before TIME", fallback: "now" }, yes },
  examples: [
    { what: "Let a receiver begin anew", lines: ["rhythmx destinations skip siem"] },
    {
      what: "Give up all that is older than a day, without being asked",
      lines: ["rhythmx destinations skip siem --to 2026-11-20 --yes"],
    },
  ],
  exitCodes: { 0: "it is given up", 1: "nothing is changed" },
  seeAlso: ["rhythmx replay"],

  async run({ values, args: [destination], terminal, loadSettings, serviceUnit }) {
    const to = values.to === undefined ? null : timeOption("--to", values.to);
    const resolved = await loadSettings();
    return withOperations({ terminal, serviceUnit, resolved, mode: "change" }, async (operations) => {
      const { reader, messages } = await operations.countSkip(destination, to);
      const what = `${messages} of what waits for ${reader}`;
      if (!(await agreed({ terminal, yes: values.yes }, messages, `${what} would never be sent there: give it up?`)))
        return 1;
      await operations.skipDestination(destination, to);
      terminal.err(`${what} is given up\n`);
      return 0;
    });
  },
});

const forget = action({
  summary: "forget a destination that is configured no more",
  about: `Forgets the place of a destination that was taken out of the configuration; one of that name would begin at the end of the event log. Until then it keeps its place, so that a mistake in a file loses nothing.`,
  arguments: [destinationArgument],
  options: { yes },
  examples: [{ what: "After a receiver was taken out", lines: ["rhythmx destinations forget old-siem"] }],
  exitCodes: { 0: "it is forgotten", 1: "nothing is changed" },

  async run({ values, args: [destination], terminal, loadSettings, serviceUnit }) {
    const resolved = await loadSettings();
    return withOperations({ terminal, serviceUnit, resolved, mode: "change" }, async (operations, running) => {
      // A file that cannot be read names no destination: none of them is gone for it.
      if (!running && resolved.problems.length > 0)
        throw new EdgeError(
          "settings_wrong",
          "the settings have problems, so that it cannot be told what is configured: `rhythmx check` names them",
        );
      const { reader, messages } = await operations.countForget(destination);
      const question = `${messages} ${messages === 1 ? "message waits" : "messages wait"} for ${reader}, which is configured no more: forget it?`;
      if (!(await agreed({ terminal, yes: values.yes }, messages, question))) return 1;
      await operations.forgetDestination(reader);
      terminal.err(`${reader} is forgotten\n`);
      return 0;
    });
  },
});

export const destinationsCommand = commandGroup({
  name: "destinations",
  summary: "list destinations and what waits; skip it, forget one",
  about: `A destination is one syslog receiver of one feed. Each has its own place in the event log, so that one that is down delays no other, and what waits for it survives restarts.`,
  usual: "list",
  actions: { list, skip, forget },
  examples: [],
  seeAlso: ["rhythmx replay", "docs/receivers.md"],
});

/** The position of each destination. */
export function destinationTable(all: readonly ListedDestination[], columns: number | null): string {
  return table(
    ["DESTINATION", "POSITION", "QUEUED", "EXPIRED", "STATE"],
    all.map((one) => [one.destination, ...[one.position, one.queued, one.expired].map(String), stateOf(one)]),
    columns,
  );
}

function stateOf({ configured, connected, last_error }: ListedDestination): string {
  if (!configured) return "not configured any more: `rhythmx destinations forget` forgets it";
  if (connected === null) return "-";
  if (connected) return "connected";
  return last_error === null ? "not connected" : `not connected: ${last_error}`;
}

/** Skips nothing without a confirmation. @throws EdgeError not_confirmed if nobody can be asked */
async function agreed(
  { terminal, yes }: Pick<CommandContext, "terminal"> & { yes: boolean },
  messages: number,
  question: string,
): Promise<boolean> {
  if (yes || messages === 0) return true;
  if (!canAsk(terminal)) throw new EdgeError("not_confirmed", `${question} Say so with --yes`);
  const said = await confirm(terminal, question);
  if (!said) terminal.err("nothing is changed\n");
  return said;
}
