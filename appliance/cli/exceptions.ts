import { UsageError } from "../../core/errors.ts";
import { type NewException, whyNoException } from "../../core/exceptions/exception.ts";
import { acceptedSince, readSince } from "../../core/pages/since.ts";
import { dayMs } from "../../core/time.ts";
import { systemClock } from "../runtime/time.ts";
import { action, commandGroup, jsonOption } from "./command.ts";
import { withOperations } from "./operations.ts";
import { printJson, table } from "./terminal/table.ts";

const what = {
  entity: { value: "NAME", about: "the whole name of the entity (tenant)" },
  rule: { value: "RULE", about: "id or title of the rule" },
  actor: { value: "NAME", about: "user without domain, host or address" },
  host: { value: "NAME", about: "name of a host" },
  process: { value: "PATH", about: "of the process in the log, or its file name alone" },
  "command-line": { value: "TEXT", about: "command line of the process in the log" },
  hash: { value: "HASH", about: "MD5, SHA-1 or SHA-256 in the log" },
} as const;

const whatItCovers = `WHAT is given by the options --entity to --hash: a rule, an actor or a host at least, and everything has to fit. In all but the entity * is any run of characters and ? any one; they have to fit the whole, in any case: 'C:\\Tools\\*' is everything below C:\\Tools. Quote them, or the shell takes them for names of files.`;
const documents = ["docs/correlation.md"];

const list = action({
  summary: "list exceptions and how often each was used",
  about: "Lists the exceptions that hold, with their hits, who made them and why.",
  options: jsonOption,
  examples: [
    { what: "Which there are", lines: ["rhythmx exceptions"] },
    { what: "Those that were never used", lines: ["rhythmx exceptions --json | jq '.[] | select(.hits == 0)'"] },
  ],

  async run({ values, terminal, loadSettings, serviceUnit }) {
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
  },
});

const tryOut = action({
  summary: "say what an exception would have suppressed; save nothing",
  about: `Says how many detections of the last 30 days the exception would have suppressed, and which incidents would not have come about. Nothing is saved. ${whatItCovers}`,
  options: { ...what, ...jsonOption },
  forms: ["WHAT"],
  examples: [
    {
      what: "What if the backup account's use of vssadmin counted for nothing",
      lines: ["rhythmx exceptions try --actor svc-backup --process vssadmin.exe"],
    },
  ],
  seeAlso: documents,

  async run({ values, terminal, loadSettings, serviceUnit }) {
    const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
    const request = requestOf(values, null, "");
    const result = await withOperations(access, (operations) => operations.tryException(request));
    if (values.json) printJson(terminal, result);
    else terminal.out(`${String(result.summary)}\n`);
    return 0;
  },
});

const add = action({
  summary: "add an exception",
  about: `Adds an exception, and takes what it covers by entity, rule, actor and host out of open incidents. It prints its id. ${whatItCovers}`,
  options: {
    ...what,
    reason: { value: "TEXT", required: true, about: "why these detections say nothing: 1 to 2,000 characters" },
    until: {
      value: "TIME",
      about: "a day, a time with its zone, or a number of days: 90d",
      fallback: "until it is removed",
    },
    ...jsonOption,
  },
  forms: ["WHAT --reason TEXT [--until TIME]"],
  examples: [
    {
      what: "For a quarter, with the reason that the next person asks for",
      lines: [
        "rhythmx exceptions add --rule 'Shadow Copies Deletion*' --actor svc-backup \\",
        "  --until 90d --reason 'nightly backup, change CHG-2210'",
      ],
    },
  ],
  seeAlso: documents,

  async run({ values, terminal, loadSettings, serviceUnit }) {
    const reason = values.reason.trim();
    if (reason === "" || reason.length > 2000) throw new UsageError("--reason TEXT: 1 to 2,000 characters");
    const request = requestOf(values, untilOf(values.until), reason);
    const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
    const made = await withOperations(access, (operations) => operations.addException(request));
    if (values.json) printJson(terminal, made);
    else terminal.out(`${String(made.id)}\n`);
    return 0;
  },
});

const remove = action({
  summary: "remove an exception",
  about: "What it covers counts again from now on. What was suppressed meanwhile stays suppressed.",
  arguments: [{ name: "ID", about: "as list shows it", completes: "exception" }],
  examples: [{ what: "One that is not needed any more", lines: ["rhythmx exceptions remove exc-17"] }],

  async run({ args: [id], terminal, loadSettings, serviceUnit }) {
    const access = { terminal, serviceUnit, resolved: await loadSettings(), mode: "change" } as const;
    await withOperations(access, (operations) => operations.removeException(id));
    terminal.err(`${id} is removed\n`);
    return 0;
  },
});

const proposals = action({
  summary: "exceptions that follow from false positives",
  about:
    "Proposes the narrowest exceptions that would have kept an incident away, for one incident or for those of late that were false positives. Nothing is saved.",
  arguments: [{ name: "INCIDENT", about: "id of an incident", optional: true }],
  options: jsonOption,
  examples: [
    { what: "From all false positives of late", lines: ["rhythmx exceptions proposals"] },
    { what: "From one incident", lines: ["rhythmx exceptions proposals INC-20261120-0001"] },
  ],
  seeAlso: documents,

  async run({ values, args: [incident], terminal, loadSettings, serviceUnit }) {
    const incidentId = incident ?? null;
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
  },
});

export const exceptionsCommand = commandGroup({
  name: "exceptions",
  summary: "say which detections are no evidence",
  about: "An exception keeps detections from making incidents; they are still deduplicated and sent.",
  usual: "list",
  actions: { list, try: tryOut, add, remove, proposals },
  examples: [],
  seeAlso: documents,
});

type What = Readonly<Record<keyof typeof what, string | undefined>>;

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
