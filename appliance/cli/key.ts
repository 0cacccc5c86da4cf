import { type ApiKeyRecord, apiKeyScopes, parseScopes } from "../../core/api-key.ts";
import { EdgeError, UsageError } from "../../core/errors.ts";
import { visible } from "../../core/text/visible.ts";
import { keyJson } from "../api/administration.ts";
import { action, commandGroup, jsonOption } from "./command.ts";
import { withOperations } from "./operations.ts";
import { printJson, table } from "./terminal/table.ts";

const create = action({
  summary: "make an API key",
  about: `Makes an API key and prints it once, alone on stdout. It is stored as a hash only: nobody can read it again.`,
  arguments: [
    { name: "NAME", about: "what the key is recognised by in lists and in the audit log: 1 to 100 characters" },
  ],
  options: {
    scope: {
      value: "S[,S…]",
      multiple: true,
      required: true,
      about: `what it may do: ${apiKeyScopes.join(", ")}`,
      completes: apiKeyScopes,
    },
    entity: {
      value: "E",
      multiple: true,
      about: "limits the key to an entity (tenant); may be given several times",
      fallback: "all entities",
    },
    expires: { value: "DAYS", about: "days until it expires, fractions allowed", fallback: "never" },
  },
  examples: [
    { what: "For a detection engine that sends", lines: ["rhythmx key create engine-01 --scope ingest"] },
    {
      what: "For a SOAR of one tenant, for a year, into a file that only you may read",
      lines: [
        "(umask 077; rhythmx key create soar --scope feed:read,incident:write \\",
        "  --entity 'Primary Site' --expires 365 > soar.key)",
      ],
    },
  ],
  seeAlso: ["docs/api.md"],

  async run({ values, args: [name], terminal, loadSettings, serviceUnit }) {
    const scopes = parseScopes(values.scope.join(","));
    const entities = (values.entity ?? []).map((entity) => entity.trim());
    // An empty variable in a script must not create a key for every tenant.
    if (entities.includes(""))
      throw new UsageError("--entity is blank; leave it out for a key that is for all entities");
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
  },
});

const list = action({
  summary: "list API keys, what they may do and when they were last used",
  about: "Lists all keys, revoked ones too, by the beginning that logs and people see of them.",
  options: jsonOption,
  examples: [
    { what: "Which keys there are", lines: ["rhythmx key list"] },
    {
      what: "Keys that nobody has ever used",
      lines: ["rhythmx key list --json | jq -r '.[] | select(.last_used_at == null).id'"],
    },
  ],

  async run({ values, terminal, loadSettings, serviceUnit }) {
    const resolved = await loadSettings();
    const keys = await withOperations({ terminal, serviceUnit, resolved, mode: "look" }, (operations) =>
      operations.listKeys(),
    );
    if (values.json) printJson(terminal, keys.map(keyJson));
    else if (keys.length === 0) terminal.err("there is no key yet: `rhythmx key create` makes one\n");
    else terminal.out(keyTable(keys, terminal.columns));
    return 0;
  },
});

const revoke = action({
  summary: "end an API key at once",
  about: "The key is refused from now on, also in requests that are under way. It cannot be undone: make another one.",
  arguments: [{ name: "ID", about: "as `rhythmx key list` shows it", completes: "key" }],
  examples: [{ what: "A key that was seen by others", lines: ["rhythmx key list", "rhythmx key revoke key-4f2a91c0"] }],

  async run({ args: [id], terminal, loadSettings, serviceUnit }) {
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
  },
});

export const keyCommand = commandGroup({
  name: "key",
  summary: "create, list and revoke API keys",
  about: "Programs use the API with a key that may do what its scopes say, for the entities that it is limited to.",
  actions: { create, list, revoke },
  examples: [],
  seeAlso: ["rhythmx user", "docs/api.md"],
});

function keyTable(keys: readonly ApiKeyRecord[], columns: number | null): string {
  const day = (time: number | null, none: string) => (time === null ? none : new Date(time).toISOString().slice(0, 16));
  const state = (revoked: number | null, expires: number | null) =>
    revoked !== null ? "revoked" : expires !== null && expires <= Date.now() ? "expired" : "active";
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
  return table(["ID", "NAME", "KEY", "STATE", "SCOPES", "ENTITIES", "CREATED", "EXPIRES", "LAST USED"], rows, columns);
}
