import { UsageError } from "../../core/errors.ts";
import { type NewException, whyNoException } from "../../core/exceptions/exception.ts";
import { acceptedSince, readSince } from "../../core/pages/since.ts";
import { dayMs } from "../../core/time.ts";
import { systemClock } from "../runtime/time.ts";
import { actionOf, type Command, type CommandContext, noPositionals, onePositional, parseOptions } from "./command.ts";
import { withOperations } from "./operations.ts";
import { jsonOption, printJson, table } from "./terminal/table.ts";

export const exceptionsCommand: Command = {
  name: "exceptions",
  summary: "list, try, add, remove which detections are no evidence",
  help: `Usage: rhythmx exceptions [list] [--json]
       rhythmx exceptions try WHAT [--json]
       rhythmx exceptions add WHAT --reason TEXT [--until TIME]
       rhythmx exceptions remove ID
       rhythmx exceptions proposals [INCIDENT] [--json]

An exception keeps detections from making incidents; they are still sent. WHAT
names a rule, an actor or a host at least, and everything in it has to fit:
  --entity NAME        the whole name
  --rule RULE          id or title
  --actor NAME         user without domain, host or address
  --host NAME
  --process PATH       of the process in the log, or its file name alone
  --command-line TEXT  of the process in the log
  --hash HASH          MD5, SHA-1 or SHA-256 in the log
In all but the entity * is any run of characters and ? any one; they have to fit
the whole, in any case. 'C:\\Tools\\*' is everything below C:\\Tools. Quote them, or
the shell takes them for names of files.
  --until TIME         a day, a time with its zone, or a number of days: 90d;
                       without it until it is removed
  --reason TEXT        why these detections say nothing
  --json               for programs

try says what it would have suppressed in the last 30 days, and saves nothing.
add takes what it covers by entity, rule, actor and host out of open incidents.
proposals come from incidents that were false positives.`,

  async run(context) {
    const [first = "list", ...rest] = context.args;
    const isOption = first.startsWith("-");
    return actionOf(actions, isOption ? "list" : first)({ ...context, args: isOption ? context.args : rest });
  },
};

const actions: Readonly<Record<string, (context: CommandContext) => Promise<number>>> = {
  list,
  try: tryOut,
  add,
  remove,
  proposals,
};

const what = {
  entity: { type: "string" },
  rule: { type: "string" },
  actor: { type: "string" },
  host: { type: "string" },
  process: { type: "string" },
  "command-line": { type: "string" },
  hash: { type: "string" },
} as const;

async function list({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, jsonOption);
  noPositionals(positionals);
  const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "look" } as const;
  const all = await withOperations(access, (operations) => operations.listExceptions());
  if (values.json) printJson(terminal, all);
  else if (all.length === 0) terminal.err("there are no exceptions\n");
  else
    terminal.out(
      table(
        ["ID", "HITS", "LAST", "UNTIL", "WHAT", "WHO", "REASON"],
        all.map((one) => [
          ...[String(one.id), String(one.hits), shortTime(one.last_hit_at, "never"), shortTime(one.until, "removed")],
          ...[whatOf(one), String(one.who), String(one.reason)],
        ]),
        terminal.columns,
      ),
    );
  return 0;
}

async function tryOut({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...what, ...jsonOption });
  noPositionals(positionals);
  const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
  const request = requestOf(values, null, "");
  const result = await withOperations(access, (operations) => operations.tryException(request));
  if (values.json) printJson(terminal, result);
  else terminal.out(`${String(result.summary)}\n`);
  return 0;
}

async function add({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const options = { ...what, ...jsonOption, reason: { type: "string" }, until: { type: "string" } } as const;
  const { values, positionals } = parseOptions(args, options);
  noPositionals(positionals);
  const reason = values.reason?.trim() ?? "";
  if (reason === "" || reason.length > 2000) throw new UsageError("--reason TEXT: 1 to 2,000 characters");
  const request = requestOf(values, untilOf(values.until), reason);
  const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
  const made = await withOperations(access, (operations) => operations.addException(request));
  if (values.json) printJson(terminal, made);
  else terminal.out(`${String(made.id)}\n`);
  return 0;
}

async function remove({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { positionals } = parseOptions(args, {});
  const id = onePositional(positionals, "ID");
  const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
  await withOperations(access, (operations) => operations.removeException(id));
  terminal.err(`${id} is removed\n`);
  return 0;
}

async function proposals({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, jsonOption);
  const incidentId = positionals.length === 0 ? null : onePositional(positionals, "INCIDENT");
  const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "look" } as const;
  const found = await withOperations(access, (operations) => operations.proposedExceptions(incidentId));
  if (values.json) printJson(terminal, found);
  else if (found.length === 0) terminal.err("nothing is proposed\n");
  else
    terminal.out(
      table(
        ["INCIDENT", "RULE", "DETECTIONS", "WHAT", "WHY"],
        found.map((one) => [
          String(one.incident_id ?? incidentId),
          ...[String(one.rule_title), String(one.detections)],
          ...[whatOf(one.exception as Record<string, unknown>), String(one.why)],
        ]),
        terminal.columns,
      ),
    );
  return 0;
}

type What = Partial<Record<keyof typeof what, string>>;

/** @throws UsageError for what cannot be an exception */
function requestOf(values: What, until: number | null, reason: string): NewException {
  const given = (field: keyof What) => values[field]?.trim() ?? "";
  const request = {
    entity: given("entity"),
    rule: given("rule"),
    actor: given("actor"),
    host: given("host"),
    process: given("process"),
    commandLine: given("command-line"),
    hash: given("hash"),
    until,
    reason,
  };
  const refusal = whyNoException(request, systemClock.now());
  if (refusal !== null) throw new UsageError(refusal);
  return request;
}

/** Epoch milliseconds; null = until it is removed. */
function untilOf(text = ""): number | null {
  if (text.trim() === "") return null;
  const days = /^(\d{1,4})d$/.exec(text.trim())?.[1];
  const at = days === undefined ? readSince(text)?.at : systemClock.now() + Number(days) * dayMs;
  if (at == null) throw new UsageError(`--until: ${acceptedSince}, or a number of days such as 90d`);
  return at;
}

/** The fields that it asks for, as options. */
function whatOf(exception: Readonly<Record<string, unknown>>): string {
  const fields = { entity: "entity_name", rule: "rule", actor: "actor", host: "host", process: "process" };
  return Object.entries({ ...fields, "command-line": "command_line", hash: "hash" })
    .map(([option, field]) => [option, exception[field] ?? (option === "entity" ? exception.entity : null)])
    .filter(([, text]) => typeof text === "string" && text !== "")
    .map(([option, text]) => `--${option} ${JSON.stringify(text)}`)
    .join(" ");
}

function shortTime(time: unknown, none: string): string {
  return typeof time === "string" ? time.slice(0, 16) : none;
}
