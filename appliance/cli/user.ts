import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type Role, roles } from "../../core/access/user.ts";
import { UsageError } from "../../core/errors.ts";
import { visible } from "../../core/text/visible.ts";
import {
  actionOf,
  type Command,
  type CommandContext,
  noPositionals,
  onePositional,
  parseOptions,
  type Terminal,
} from "./command.ts";
import { withOperations } from "./operations.ts";
import { readHidden } from "./terminal/password-prompt.ts";
import { jsonOption, printJson, table } from "./terminal/table.ts";

export const userCommand: Command = {
  name: "user",
  summary: "add, list, disable users, set passwords",
  help: `Usage: rhythmx user add NAME --role ROLE [--entity E…]
       rhythmx user list [--json]
       rhythmx user password NAME
       rhythmx user disable NAME
       rhythmx user enable NAME
       rhythmx user reset-totp NAME

Passwords are asked for, or read as one line from stdin when that is no
terminal; never given as an argument. Everything but list ends the user's
logins at once.
  --role    ${roles.join(", ")}; soar is for programs: API only
  --entity  limit the user to an entity (tenant); may be given several times;
            not with --role admin
  --json    for programs`,

  async run(context) {
    const [action, ...args] = context.args;
    if (action === undefined) throw new UsageError(`${Object.keys(actions).join(", ")} is missing`);
    return actionOf(actions, action)({ ...context, args });
  },
};

const actions: Readonly<Record<string, (context: CommandContext) => Promise<number>>> = {
  add,
  list,
  password: setPassword,
  disable: (context) => change(context, { disabled: true }, "is disabled: no login and no token of it holds any more"),
  enable: (context) => change(context, { disabled: false }, "may log in again"),
  "reset-totp": (context) => change(context, { resetTotp: true }, "has no second factor any more"),
};

async function add({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    role: { type: "string" },
    entity: { type: "string", multiple: true },
  });
  const name = onePositional(positionals, "NAME");
  if (values.role === undefined) throw new UsageError(`--role is missing: ${roles.join(", ")}`);
  if (!(roles as readonly string[]).includes(values.role))
    throw new UsageError(`--role ${JSON.stringify(values.role.slice(0, 64))}: ${roles.join(", ")}`);
  const entities = (values.entity ?? []).map((entity) => entity.trim());
  // An empty variable in a script must not create a user for every tenant.
  if (entities.includes("")) throw new UsageError("--entity is blank; leave it out for a user who is for all entities");
  if (values.role === "admin" && entities.length > 0)
    throw new UsageError("--entity: an administrator sees every entity; leave it out, or choose another role");
  const resolved = await loadSettings();
  const password = await askPassword(terminal, name);
  await withOperations({ terminal, serviceUnit, resolved, mode: "make" }, (operations) =>
    operations.createUser({ name, role: values.role as Role, password, entities }),
  );
  terminal.err(`user ${visible(name)} is made, with role ${values.role}\n`);
  return 0;
}

async function list({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, jsonOption);
  noPositionals(positionals);
  const resolved = await loadSettings();
  const users = await withOperations({ terminal, serviceUnit, resolved, mode: "look" }, (operations) =>
    operations.listUsers(),
  );
  if (values.json) {
    printJson(terminal, users);
    return 0;
  }
  const day = (time: string | null) => time?.slice(0, 16) ?? "never";
  const rows = users.map((user) => [
    user.name,
    user.role,
    user.disabled ? "disabled" : "active",
    user.second_factor ? "yes" : "no",
    user.entities.length === 0 ? "all" : user.entities.join(", "),
    day(user.created_at),
    day(user.last_login_at),
  ]);
  terminal.out(
    table(["NAME", "ROLE", "STATE", "SECOND FACTOR", "ENTITIES", "CREATED", "LAST LOGIN"], rows, terminal.columns),
  );
  return 0;
}

async function setPassword({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const name = onePositional(parseOptions(args, {}).positionals, "NAME");
  const resolved = await loadSettings();
  const password = await askPassword(terminal, name);
  await withOperations({ terminal, serviceUnit, resolved, mode: "change" }, (operations) =>
    operations.changeUser(name, { password }),
  );
  terminal.err(`user ${visible(name)} has a new password\n`);
  return 0;
}

async function change(
  { args, terminal, loadSettings, serviceUnit }: CommandContext,
  what: { disabled?: boolean; resetTotp?: boolean },
  done: string,
): Promise<number> {
  const name = onePositional(parseOptions(args, {}).positionals, "NAME");
  const resolved = await loadSettings();
  await withOperations({ terminal, serviceUnit, resolved, mode: "change" }, (operations) =>
    operations.changeUser(name, what),
  );
  terminal.err(`user ${visible(name)} ${done}\n`);
  return 0;
}

/** Reads a password: twice from the terminal without echo, or one line of stdin. */
async function askPassword(terminal: Terminal, name: string): Promise<string> {
  const { stdin } = terminal;
  if ("isTTY" in stdin && stdin.isTTY) {
    const password = await readHidden(stdin as NodeJS.ReadStream, terminal, `Password for ${visible(name)}: `);
    const again = await readHidden(stdin as NodeJS.ReadStream, terminal, "The same again: ");
    if (password !== again) throw new UsageError("the two passwords differ");
    return password;
  }
  for await (const line of createInterface({ input: stdin as Readable })) return line;
  throw new UsageError("no password: give one line on stdin");
}
