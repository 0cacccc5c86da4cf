import { UsageError } from "../../core/errors.ts";
import { ticketSystems } from "../../core/tickets/ticket.ts";
import type { DeadLetterFilter } from "../../store/outbox/dead-letters.ts";
import { actionOf, type Command, type CommandContext, noPositionals, onePositional, parseOptions } from "./command.ts";
import { withOperations } from "./operations.ts";
import { jsonOption, printJson, table } from "./terminal/table.ts";

export const deliveriesCommand: Command = {
  name: "deliveries",
  summary: "list, retry, identify, discard what ticket systems refused",
  help: `Usage: rhythmx deliveries [list] [--json]
       rhythmx deliveries retry ID
       rhythmx deliveries retry --cause CAUSE [--system SYSTEM]
       rhythmx deliveries retry --all [--system SYSTEM]
       rhythmx deliveries identify ID NUMBER
       rhythmx deliveries discard ID --reason TEXT
       rhythmx deliveries discard --cause CAUSE [--system SYSTEM] --reason TEXT

list shows what stands still, by cause, with the target's own words: parked
(refused, somebody has to mend something) and dead (retries used up). Nothing of
it is ever deleted by itself. Mend the settings first; saving them sends what
was parked again.
What is parked while another ticket has come to stand for its campaign is then
discarded with cause campaign, unless it may have arrived; retry ID makes it.

A create that the target has made without saying which ticket it is
(made_not_identified), or may have made (unknown_outcome), waits for you:
identify says which it is, such as INC0010023; retry ID looks once more and then
makes another one. --all leaves the first kind alone.
  --cause   as list shows it
  --system  ${ticketSystems.join(", ")}
  --reason  why it is given up; kept with it
  --json    for programs`,

  async run(context) {
    const [first = "list", ...rest] = context.args;
    const isOption = first.startsWith("-");
    const action = isOption ? "list" : first;
    const args = isOption ? context.args : rest;
    return actionOf(actions, action)({ ...context, args });
  },
};

const actions: Readonly<Record<string, (context: CommandContext) => Promise<number>>> = {
  list,
  retry,
  identify,
  discard,
};

const filters = { cause: { type: "string" }, system: { type: "string" }, all: { type: "boolean" } } as const;

async function list({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, jsonOption);
  noPositionals(positionals);
  const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "look" } as const;
  const groups = await withOperations(access, (operations) => operations.listDeadLetters());
  if (values.json) printJson(terminal, groups);
  else if (groups.length === 0) terminal.err("nothing stands still\n");
  else
    terminal.out(
      table(
        ["SYSTEM", "STATE", "CAUSE", "COUNT", "SINCE", "EXAMPLE", "WHAT THE TARGET SAID"],
        groups.map((one) => [
          ...[one.system, one.state, one.cause, String(one.count), one.oldest.slice(0, 16), one.delivery_id],
          one.detail.slice(0, 120),
        ]),
        terminal.columns,
      ),
    );
  return 0;
}

async function retry({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, filters);
  const which = filterOf(values, positionals);
  const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
  const { retried } = await withOperations(access, (operations) => operations.retryDeliveries(which));
  terminal.err(`${counted(retried)} sent again\n`);
  return 0;
}

async function identify({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { positionals } = parseOptions(args, {});
  const [id, number, ...others] = positionals;
  if (id === undefined || number === undefined || others.length > 0)
    throw new UsageError("ID and NUMBER are both needed");
  const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
  await withOperations(access, (operations) => operations.identifyDelivery(id, number));
  terminal.err(`it is ${number}\n`);
  return 0;
}

async function discard({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...filters, reason: { type: "string" } });
  const reason = values.reason?.trim() ?? "";
  if (reason === "" || reason.length > 1000) throw new UsageError("--reason TEXT: 1 to 1,000 characters");
  const which = filterOf(values, positionals);
  const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
  const { discarded } = await withOperations(access, (operations) => operations.discardDeliveries(which, reason));
  terminal.err(`${counted(discarded)} given up\n`);
  return 0;
}

function filterOf(
  { cause, system, all = false }: { cause?: string; system?: string; all?: boolean },
  positionals: string[],
): DeadLetterFilter {
  const known = ticketSystems.find((one) => one === system);
  if (system !== undefined && known === undefined)
    throw new UsageError(`--system ${JSON.stringify(system.slice(0, 64))}: ${ticketSystems.join(", ")}`);
  if (positionals.length > 0) {
    if (cause !== undefined || all) throw new UsageError("either ID or --cause or --all");
    return { id: onePositional(positionals, "ID") };
  }
  if ((cause !== undefined) === all) throw new UsageError("one of ID, --cause CAUSE, --all is to be given");
  return { ...(cause === undefined ? {} : { causes: [cause] }), ...(known === undefined ? {} : { system: known }) };
}

function counted(count: number): string {
  return count === 1 ? "1 delivery is" : `${count} deliveries are`;
}
