import { resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { actionOf, type Command, noPositionals, parseOptions } from "./command.ts";
import { withOperations } from "./operations.ts";

export const secretsCommand: Command = {
  name: "secrets",
  summary: "encrypt stored secrets under a new master key",
  help: `Usage: rhythmx secrets rotate [--new-key FILE]

Makes a new master key and encrypts every stored secret (passwords and tokens
of ticket systems, second factors) under it. All logins end at once; cursors of
pollers go on.
  --new-key  file with the new key, for a master key that is kept outside the
             data folder (RHYTHMX_MASTER_KEY_FILE, systemd credential): put it
             in its place before the next start`,

  async run({ args, terminal, loadSettings, serviceUnit }) {
    const [action, ...rest] = args;
    if (action === undefined) throw new UsageError("rotate is missing");
    actionOf({ rotate: true }, action);
    const { values, positionals } = parseOptions(rest, { "new-key": { type: "string" } });
    noPositionals(positionals);
    const given = values["new-key"];
    const file = given === undefined ? null : resolve(given);
    const resolved = await loadSettings();
    const { secrets, keyFile } = await withOperations(
      { terminal, serviceUnit, resolved, mode: "change" },
      (operations) => operations.rotateSecrets(file),
    );
    terminal.err(
      `${secrets} ${secrets === 1 ? "secret is" : "secrets are"} encrypted under a new master key: ${file ?? keyFile}\n`,
    );
    if (file !== null) terminal.err(`Put ${file} in the place of ${keyFile} before the next start\n`);
    return 0;
  },
};
