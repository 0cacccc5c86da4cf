import { EdgeError } from "../../core/errors.ts";
import type { ListedDestination } from "../feeds/destination-control.ts";
import { actionOf, type Command, type CommandContext, noPositionals, onePositional, parseOptions } from "./command.ts";
import { withOperations } from "./operations.ts";
import { timeOption } from "./replay.ts";
import { canAsk, confirm } from "./terminal/confirm.ts";
import { jsonOption, printJson, table } from "./terminal/table.ts";

export const destinationsCommand: Command = {
  name: "destinations",
  summary: "list destinations and their backlog; skip it, forget one",
  help: `Usage: rhythmx destinations [list] [--json]
       rhythmx destinations skip DESTINATION [--to TIME] [--yes]
       rhythmx destinations forget DESTINATION [--yes]

list    how far each destination is, and how much waits for it
skip    gives up what waits for a destination: it is never sent there
forget  forgets a destination that is configured no more; one of that name
        would begin at the end of the log
  --to    only what was recorded before TIME
  --yes   does not ask; needed where there is no terminal to ask on
  --json  for programs`,

  async run(context) {
    const [first = "list", ...rest] = context.args;
    const isOption = first.startsWith("-");
    const action = isOption ? "list" : first;
    return actionOf(actions, action)({ ...context, args: isOption ? context.args : rest });
  },
};

const actions: Readonly<Record<string, (context: CommandContext) => Promise<number>>> = { list, skip, forget };

async function list({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, jsonOption);
  noPositionals(positionals);
  const resolved = await loadSettings();
  const all = await withOperations({ terminal, serviceUnit, resolved, mode: "look" }, (operations) =>
    operations.listDestinations(),
  );
  if (values.json) printJson(terminal, all);
  else if (all.length === 0) terminal.err("there is no destination yet\n");
  else terminal.out(destinationTable(all, terminal.columns));
  return 0;
}

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

async function skip({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, { to: { type: "string" }, yes: { type: "boolean" } });
  const destination = onePositional(positionals, "DESTINATION");
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
}

async function forget({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, { yes: { type: "boolean" } });
  const destination = onePositional(positionals, "DESTINATION");
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
}

/** Skips nothing without a confirmation. @throws EdgeError not_confirmed if nobody can be asked */
async function agreed(
  { terminal, yes = false }: Pick<CommandContext, "terminal"> & { yes?: boolean | undefined },
  messages: number,
  question: string,
): Promise<boolean> {
  if (yes || messages === 0) return true;
  if (!canAsk(terminal)) throw new EdgeError("not_confirmed", `${question} Say so with --yes`);
  const said = await confirm(terminal, question);
  if (!said) terminal.err("nothing is changed\n");
  return said;
}
