import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { roles } from "../../core/access/user.ts";
import { UsageError } from "../../core/errors.ts";
import { visible } from "../../core/text/visible.ts";
import type { ListedUser } from "../control/operations.ts";
import { action, type CommandContext, commandGroup, jsonOption, type Terminal } from "./command.ts";
import { withOperations } from "./operations.ts";
import { readHidden } from "./terminal/password-prompt.ts";
import { printJson, table } from "./terminal/table.ts";

const nameArgument = { name: "NAME", about: "as `rhythmx user list` shows it", completes: "user" } as const;
const passwordIsRead =
  "The password (12 characters or more) is asked for, or read as one line from stdin when that is no terminal; it is never an argument, which others on the machine could read.";

const add = action({
  summary: "add a user",
  about: `Adds a user who may log in to console and API. ${passwordIsRead}

Roles: admin may do everything and sees every entity; analyst works on incidents and tickets; viewer only looks; soar is for programs, by the API alone.`,
  arguments: [{ name: "NAME", about: "the name to log in with" }],
  options: {
    role: { value: "ROLE", required: true, choices: roles, about: "what the user may do" },
    entity: {
      value: "E",
      multiple: true,
      about: "limits the user to an entity (tenant); may be given several times; not with --role admin",
      fallback: "all entities",
    },
  },
  examples: [
    { what: "An analyst, with the password from the terminal", lines: ["rhythmx user add jane --role analyst"] },
    {
      what: "A viewer of one tenant, in a script",
      lines: ["rhythmx user add audit --role viewer --entity 'Site B' < password.txt"],
    },
  ],
  seeAlso: ["rhythmx key", "docs/api.md"],

  async run({ values, args: [name], terminal, loadSettings, serviceUnit }) {
    const { role } = values;
    const entities = (values.entity ?? []).map((entity) => entity.trim());
    // An empty variable in a script must not create a user for every tenant.
    if (entities.includes(""))
      throw new UsageError("--entity is blank; leave it out for a user who is for all entities");
    if (role === "admin" && entities.length > 0)
      throw new UsageError("--entity: an administrator sees every entity; leave it out, or choose another role");
    const resolved = await loadSettings();
    const password = await askPassword(terminal, name);
    await withOperations({ terminal, serviceUnit, resolved, mode: "make" }, (operations) =>
      operations.createUser({ name, role, password, entities }),
    );
    terminal.err(`user ${visible(name)} is made, with role ${role}\n`);
    return 0;
  },
});

const list = action({
  summary: "list users, their roles and last logins",
  about: "Lists all users, disabled ones too.",
  options: jsonOption,
  examples: [
    { what: "Who may log in", lines: ["rhythmx user list"] },
    {
      what: "Administrators without a second factor",
      lines: [
        "rhythmx user list --json |",
        "  jq -r '.[] | select(.role == \"admin\" and (.second_factor | not)).name'",
      ],
    },
  ],

  async run({ values, terminal, loadSettings, serviceUnit }) {
    const resolved = await loadSettings();
    const users = await withOperations({ terminal, serviceUnit, resolved, mode: "look" }, (operations) =>
      operations.listUsers(),
    );
    if (values.json) printJson(terminal, users);
    else if (users.length === 0) terminal.err("there is no user yet: the first start makes `admin`\n");
    else terminal.out(userTable(users, terminal.columns));
    return 0;
  },
});

const password = action({
  summary: "set a user's password",
  about: `Sets a new password and ends the user's logins. ${passwordIsRead} So an administrator who has lost all passwords comes in again.`,
  arguments: [nameArgument],
  examples: [{ what: "Nobody knows the administrator's password any more", lines: ["rhythmx user password admin"] }],

  async run({ args: [name], terminal, loadSettings, serviceUnit }) {
    const resolved = await loadSettings();
    const given = await askPassword(terminal, name);
    await withOperations({ terminal, serviceUnit, resolved, mode: "change" }, (operations) =>
      operations.changeUser(name, { password: given }),
    );
    terminal.err(`user ${visible(name)} has a new password\n`);
    return 0;
  },
});

const disable = action({
  summary: "keep a user out",
  about:
    "No login and no token of the user holds from now on. What the user did stays in the histories. The last administrator cannot be disabled.",
  arguments: [nameArgument],
  examples: [{ what: "Somebody has left the company", lines: ["rhythmx user disable jane"] }],
  run: (call) => change(call, { disabled: true }, "is disabled: no login and no token of it holds any more"),
});

const enable = action({
  summary: "let a disabled user in again",
  about: "The user may log in again, with the same password and second factor.",
  arguments: [nameArgument],
  examples: [{ what: "Somebody is back", lines: ["rhythmx user enable jane"] }],
  run: (call) => change(call, { disabled: false }, "may log in again"),
});

const resetTotp = action({
  summary: "take away a user's second factor",
  about:
    "For a user who has lost the device. Logins end; the next one needs the password alone, and the user sets up another device.",
  arguments: [nameArgument],
  examples: [{ what: "A telephone is lost", lines: ["rhythmx user reset-totp jane"] }],
  run: (call) => change(call, { resetTotp: true }, "has no second factor any more"),
});

export const userCommand = commandGroup({
  name: "user",
  summary: "add, list, disable users, set passwords",
  about:
    "People who use the console, and programs that log in to the API. Everything but list ends the user's logins at once.",
  actions: { add, list, password, disable, enable, "reset-totp": resetTotp },
  examples: [],
  seeAlso: ["rhythmx key", "docs/operations.md"],
});

function userTable(users: readonly ListedUser[], columns: number | null): string {
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
  return table(["NAME", "ROLE", "STATE", "SECOND FACTOR", "ENTITIES", "CREATED", "LAST LOGIN"], rows, columns);
}

async function change(
  { args: [name], terminal, loadSettings, serviceUnit }: CommandContext & { args: readonly [string] },
  what: { disabled?: boolean; resetTotp?: boolean },
  done: string,
): Promise<number> {
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
