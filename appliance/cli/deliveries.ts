import { UsageError } from "../../core/errors.ts";
import { ticketSystems } from "../../core/tickets/ticket.ts";
import type { DeadLetterFilter } from "../../store/outbox/standing.ts";
import { action, type CommandContext, commandGroup, jsonOption } from "./command.ts";
import { timeOption } from "./destination-arguments.ts";
import { type Access, withOperations } from "./operations.ts";
import { printJson, table } from "./terminal/table.ts";

const idArgument = { name: "ID", about: "a delivery, as list shows it under EXAMPLE", completes: "delivery" } as const;
const optionalId = { ...idArgument, optional: true } as const;
const filters = {
  cause: { value: "CAUSE", about: "all that stand still for this cause, as list shows it", completes: "cause" },
  all: { about: "everything that stands still, as far as the options below do not narrow it" },
  system: { value: "SYSTEM", choices: ticketSystems, about: "only those of one ticket system" },
  state: { value: "STATE", choices: ["parked", "dead"], about: "only those in one state" },
  entity: { value: "ENTITY", about: "only those of one entity" },
  incident: { value: "INCIDENT", about: "only those of one incident" },
  since: { value: "TIME", about: "only what stands still since this time or later: ISO 8601, or a day (UTC)" },
  before: { value: "TIME", about: "only what stood still before this time" },
  "dry-run": { about: "says how many match, with the newest ten, and changes nothing" },
} as const;
const narrowing =
  "[--system SYSTEM] [--state STATE] [--entity ENTITY] [--incident INCIDENT] [--since TIME] [--before TIME]";
const ticketDocuments = ["docs/tickets.md"];

const list = action({
  summary: "what stands still, by cause, with the target's own words",
  about: `Lists deliveries that a person has to look at: parked (refused by the target; somebody has to mend something) and dead (retries used up). Nothing of it is ever deleted by itself. Mend the settings first: saving them sends what was parked again.

What is parked while another ticket has come to stand for its campaign is then discarded with cause campaign, unless it may have arrived; \`retry ID\` makes it all the same.`,
  options: jsonOption,
  examples: [
    { what: "What stands still and why", lines: ["rhythmx deliveries"] },
    { what: "How many that are, for a script", lines: ["rhythmx deliveries --json | jq 'map(.count) | add // 0'"] },
  ],
  seeAlso: ticketDocuments,

  async run({ values, terminal, loadSettings, serviceUnit }) {
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
  },
});

const retry = action({
  summary: "send again what stands still",
  about: `Sends deliveries again. A create that the target has made without saying which ticket it is (made_not_identified), or may have made (unknown_outcome), is looked up first; where it is not found, \`retry ID\` makes another one. --all leaves made_not_identified alone.`,
  arguments: [optionalId],
  options: filters,
  forms: ["ID", `--cause CAUSE ${narrowing} [--dry-run]`, `--all ${narrowing} [--dry-run]`],
  examples: [
    { what: "Send one again", lines: ["rhythmx deliveries retry dlv-4f2a91c07be35d18"] },
    {
      what: "All that Jira rejected, once the cause is mended",
      lines: ["rhythmx deliveries retry --cause rejected --system jira"],
    },
    { what: "Everything, after an outage", lines: ["rhythmx deliveries retry --all"] },
    {
      what: "How many of one customer's stand still since a night",
      lines: ["rhythmx deliveries retry --all --entity North --since 2026-11-20 --dry-run"],
    },
  ],
  seeAlso: ticketDocuments,

  async run({ values, args: [id], terminal, loadSettings, serviceUnit }) {
    const which = filterOf(values, id);
    const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
    if (values["dry-run"]) return dryRun(access, which, false);
    const { retried } = await withOperations(access, (operations) => operations.retryDeliveries(which));
    terminal.err(`${counted(retried)} sent again\n`);
    return 0;
  },
});

const candidates = action({
  summary: "the tickets that a create may have made",
  about:
    "For a create that has arrived, but whose answer did not say which ticket it is: asks its system for the tickets that may be it, for `identify`. Nothing is changed. What the account may not see is not among them.",
  arguments: [idArgument],
  options: jsonOption,
  examples: [
    { what: "Which tickets may it be?", lines: ["rhythmx deliveries candidates dlv-4f2a91c07be35d18"] },
    {
      what: "The same for a script",
      lines: ["rhythmx deliveries candidates dlv-4f2a91c07be35d18 --json | jq .candidates"],
    },
  ],
  seeAlso: ticketDocuments,

  async run({ values, args: [id], terminal, loadSettings, serviceUnit }) {
    // With the credentials of the ticket systems, which a command that only looks does not read.
    const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
    const found = await withOperations(access, (operations) => operations.listCandidates(id));
    if (values.json) {
      printJson(terminal, found);
      return 0;
    }
    if (found.candidates.length > 0)
      terminal.out(
        table(
          ["NUMBER", "MADE", "STATUS", "TICKET OF", "TITLE"],
          found.candidates.map((one) => [
            String(one.number),
            one.made_at === null ? "" : String(one.made_at).slice(0, 16),
            String(one.status),
            String(one.ticket_of ?? ""),
            String(one.title),
          ]),
          terminal.columns,
        ),
      );
    if (found.doubt !== null) terminal.err(`${found.doubt}\n`);
    return 0;
  },
});

const identify = action({
  summary: "say which ticket a create has made",
  about:
    "For a create that has arrived, but whose answer did not say which ticket it is: names that ticket, so that no second one is made.",
  arguments: [idArgument, { name: "NUMBER", about: "the ticket as its system calls it, such as INC0010023 or SEC-17" }],
  examples: [
    {
      what: "The ticket is there: it is INC0010023",
      lines: ["rhythmx deliveries identify dlv-4f2a91c07be35d18 INC0010023"],
    },
  ],
  seeAlso: ticketDocuments,

  async run({ args: [id, number], terminal, loadSettings, serviceUnit }) {
    const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
    await withOperations(access, (operations) => operations.identifyDelivery(id, number));
    terminal.err(`it is ${number}\n`);
    return 0;
  },
});

const discard = action({
  summary: "give up what stands still",
  about:
    "Gives deliveries up: they are never sent. Who did it and why stays with them, in the history of their incidents and in the audit log.",
  arguments: [optionalId],
  options: {
    ...filters,
    reason: { value: "TEXT", required: true, about: "why: 1 to 1,000 characters" },
  },
  forms: [
    "ID --reason TEXT",
    `--cause CAUSE ${narrowing} --reason TEXT [--dry-run]`,
    `--all ${narrowing} --reason TEXT [--dry-run]`,
  ],
  examples: [
    {
      what: "A ticket that somebody has made by hand",
      lines: ["rhythmx deliveries discard dlv-4f2a91c07be35d18 --reason 'it is SEC-17'"],
    },
  ],
  seeAlso: ticketDocuments,

  async run({ values, args: [id], terminal, loadSettings, serviceUnit }) {
    const reason = values.reason.trim();
    if (reason === "" || reason.length > 1000) throw new UsageError("--reason TEXT: 1 to 1,000 characters");
    const which = filterOf(values, id);
    const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
    if (values["dry-run"]) return dryRun(access, which, true);
    const { discarded } = await withOperations(access, (operations) => operations.discardDeliveries(which, reason));
    terminal.err(`${counted(discarded)} given up\n`);
    return 0;
  },
});

const renew = action({
  summary: "make another ticket where one was deleted",
  about: `For an incident whose ticket was deleted in its system: makes another one. The deleted one is looked for once more; where it is back, or the account finds no ticket of ours at all, nothing is made. Both tickets stay in the ledger, and the incident's history has the decision.`,
  arguments: [
    { name: "INCIDENT", about: "such as INC-7601d999" },
    { name: "SYSTEM", about: `one of ${ticketSystems.join(", ")}` },
  ],
  options: { reason: { value: "TEXT", about: "for the incident's history: up to 1,000 characters" } },
  examples: [
    {
      what: "Somebody has deleted its issue by mistake",
      lines: ["rhythmx deliveries renew INC-7601d999 jira --reason 'deleted by mistake'"],
    },
  ],
  seeAlso: ticketDocuments,

  async run({ values, args: [incident, named], terminal, loadSettings, serviceUnit }) {
    const system = ticketSystems.find((one) => one === named);
    if (system === undefined) throw new UsageError(`SYSTEM: one of ${ticketSystems.join(", ")}`);
    const reason = values.reason?.trim() ?? "";
    if (reason.length > 1000) throw new UsageError("--reason TEXT: up to 1,000 characters");
    const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
    await withOperations(access, (operations) =>
      operations.renewTicket(incident, system, reason === "" ? null : reason),
    );
    terminal.err("another ticket is on its way\n");
    return 0;
  },
});

export const deliveriesCommand = commandGroup({
  name: "deliveries",
  summary: "list, retry or give up what ticket systems refused",
  about:
    "A delivery is one thing to be sent to a ticket system: a ticket, a comment, a change. Those that were refused, or could not be sent, wait here for a person.",
  usual: "list",
  actions: { list, retry, candidates, identify, renew, discard },
  examples: [],
  seeAlso: ticketDocuments,
});

interface Narrowed {
  cause: string | undefined;
  all: boolean;
  system: DeadLetterFilter["system"];
  state: DeadLetterFilter["state"];
  entity: string | undefined;
  incident: string | undefined;
  since: string | undefined;
  before: string | undefined;
}

function filterOf(values: Narrowed, id: string | undefined): DeadLetterFilter {
  const { cause, all, system, state, entity, incident, since, before } = values;
  if (id !== undefined) {
    if (cause !== undefined || all) throw new UsageError("either ID or --cause or --all");
    return { id };
  }
  if ((cause !== undefined) === all) throw new UsageError("one of ID, --cause CAUSE, --all is to be given");
  return {
    ...(cause === undefined ? {} : { causes: [cause] }),
    ...(system === undefined ? {} : { system }),
    ...(state === undefined ? {} : { state }),
    ...(entity === undefined ? {} : { entities: [entity] }),
    ...(incident === undefined ? {} : { incidentId: incident }),
    ...(since === undefined ? {} : { since: timeOption("--since", since) }),
    ...(before === undefined ? {} : { before: timeOption("--before", before) }),
  };
}

/** How many match, and the newest ten. */
async function dryRun(
  access: Access & Pick<CommandContext, "terminal">,
  which: DeadLetterFilter,
  toDiscard: boolean,
): Promise<number> {
  const look = { ...access, mode: "look" as const };
  const { count, first } = await withOperations(look, (operations) => operations.matchingDeliveries(which, toDiscard));
  const { terminal } = access;
  terminal.err(`${counted(count)} meant; nothing was changed\n`);
  if (first.length > 0)
    terminal.out(
      table(
        ["ID", "INCIDENT", "SYSTEM", "WHAT", "STATE", "CAUSE", "ENTITY"],
        first.map((one) =>
          ["id", "incident_id", "system", "kind", "state", "cause", "entity_name"].map((name) =>
            String(one[name] ?? ""),
          ),
        ),
        terminal.columns,
      ),
    );
  return 0;
}

function counted(count: number): string {
  return count === 1 ? "1 delivery is" : `${count} deliveries are`;
}
