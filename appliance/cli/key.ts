import { parseScopes } from "../../core/api-key.ts";
import { EdgeError, UsageError } from "../../core/errors.ts";
import { visible } from "../../core/text/visible.ts";
import { keyJson } from "../api/administration.ts";
import { actionOf, type Command, type CommandContext, noPositionals, onePositional, parseOptions } from "./command.ts";
import { withOperations } from "./operations.ts";
import { jsonOption, printJson, table } from "./terminal/table.ts";

export const keyCommand: Command = {
  name: "key",
  summary: "create, list and revoke API keys",
  help: `Usage: rhythmx key create NAME --scope S[,S…] [--entity E…] [--expires DAYS]
       rhythmx key list [--json]
       rhythmx key revoke ID

create prints the key once, alone on stdout; it is stored as a hash only.
  --scope    feed:read, incident:write, ingest, metrics:read
  --entity   limit the key to an entity (tenant); may be given several times
  --expires  days until the key expires, fractions allowed; default: never`,

  async run(context) {
    const [action, ...args] = context.args;
    if (action === undefined) throw new UsageError("create, list or revoke is missing");
    return actionOf({ create, list, revoke }, action)({ ...context, args });
  },
};

async function create({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    scope: { type: "string", multiple: true },
    entity: { type: "string", multiple: true },
    expires: { type: "string" },
  });
  const name = onePositional(positionals, "NAME");
  if (values.scope === undefined) throw new UsageError("--scope is missing");
  const scopes = parseScopes(values.scope.join(","));
  const entities = (values.entity ?? []).map((entity) => entity.trim());
  // An empty variable in a script must not create a key for every tenant.
  if (entities.includes("")) throw new UsageError("--entity is blank; leave it out for a key that is for all entities");
  const expiresInDays = values.expires === undefined ? null : Number(values.expires);
  if (expiresInDays !== null && !(expiresInDays > 0 && expiresInDays <= 36_500))
    throw new UsageError(`--expires ${JSON.stringify(values.expires)}: a number of days above 0`);
  const resolved = await loadSettings();
  const made = await withOperations({ terminal, serviceUnit, resolved, mode: "make" }, (operations) =>
    operations.createKey({ name, scopes, entities, expiresInDays }),
  );
  terminal.err(`${made.id} "${visible(name)}": ${scopes.join(", ")}. Keep the key: it is not shown again.\n`);
  terminal.out(`${made.key}\n`);
  return 0;
}

async function list({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const { values, positionals } = parseOptions(args, jsonOption);
  noPositionals(positionals);
  const resolved = await loadSettings();
  const keys = await withOperations({ terminal, serviceUnit, resolved, mode: "look" }, (operations) =>
    operations.listKeys(),
  );
  const day = (time: number | null, none: string) => (time === null ? none : new Date(time).toISOString().slice(0, 16));
  const state = (revoked: number | null, expires: number | null) =>
    revoked !== null ? "revoked" : expires !== null && expires <= Date.now() ? "expired" : "active";
  if (values.json) {
    printJson(terminal, keys.map(keyJson));
    return 0;
  }
  const rows = keys.map((key) => [
    key.id,
    key.name,
    `${key.prefix}…`,
    state(key.revokedAt, key.expiresAt),
    key.scopes.join(","),
    key.entities.length === 0 ? "all" : key.entities.join(", "),
    day(key.createdAt, ""),
    day(key.expiresAt, "never"),
    day(key.lastUsedAt, "never"),
  ]);
  terminal.out(
    table(
      ["ID", "NAME", "KEY", "STATE", "SCOPES", "ENTITIES", "CREATED", "EXPIRES", "LAST USED"],
      rows,
      terminal.columns,
    ),
  );
  return 0;
}

async function revoke({ args, terminal, loadSettings, serviceUnit }: CommandContext): Promise<number> {
  const id = onePositional(parseOptions(args, {}).positionals, "ID");
  const resolved = await loadSettings();
  const { revoked } = await withOperations({ terminal, serviceUnit, resolved, mode: "change" }, (operations) =>
    operations.revokeKey(id),
  );
  if (!revoked)
    throw new EdgeError(
      "key_unknown",
      `no key ${JSON.stringify(id.slice(0, 64))}: \`rhythmx key list\` shows their ids`,
    );
  terminal.err(`${id} is revoked\n`);
  return 0;
}
