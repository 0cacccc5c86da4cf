import { resolve } from "node:path";
import { EdgeError } from "../../core/errors.ts";
import { credentialsFolder, givenKey, readKey } from "../access/master-key.ts";
import { action, commandGroup } from "./command.ts";
import { withOperations } from "./operations.ts";

const rotate = action({
  summary: "encrypt every stored secret under a new master key",
  about: `Makes a new master key and encrypts every stored secret (passwords and tokens of ticket systems, second factors) under it. All logins end at once; cursors of pollers go on. It may be done while the appliance runs.

A master key that is kept outside the data folder (RHYTHMX_MASTER_KEY_FILE, a systemd credential, as \`rhythmx install\` makes it) is not written there: give the new one as a file, and put it in the old one's place before the next start. Keep the old one as long as backups from before are kept: they are under it.`,
  options: {
    "new-key": {
      value: "FILE",
      about: "file with the new key: 32 bytes, raw, in base64 or in hexadecimal",
      fallback: "one is made",
      completes: "file",
    },
  },
  examples: [
    { what: "A new master key in the data folder", lines: ["rhythmx secrets rotate"] },
    {
      what: "A master key that is a systemd credential",
      lines: [
        "(umask 077; head -c 32 /dev/urandom > /root/new.key)",
        "rhythmx secrets rotate --new-key /root/new.key",
        "mv /root/new.key /etc/rhythmx/credentials/master.key",
      ],
    },
  ],
  seeAlso: ["docs/operations.md"],

  async run({ values, terminal, loadSettings, serviceUnit }) {
    const file = values["new-key"] === undefined ? null : resolve(values["new-key"]);
    // Read here: the service sees neither /root nor the /tmp of others.
    const newKey = file === null ? null : readKey(file);
    const resolved = await loadSettings();
    const { masterKeyFile, configDir } = resolved.settings;
    // The service knows a credential by the copy that systemd gives it, which goes with the next start.
    const given = givenKey(masterKeyFile, credentialsFolder(process.env, configDir));
    if (given !== null && file === null)
      throw new EdgeError(
        "key_elsewhere",
        `the master key is kept in ${given}: give the next one with --new-key FILE, and put it in its place before the next start`,
      );
    const { secrets, keyFile, isInPlace } = await withOperations(
      { terminal, serviceUnit, resolved, mode: "change" },
      (operations) => operations.rotateSecrets(newKey),
    );
    terminal.err(
      `${secrets} ${secrets === 1 ? "secret is" : "secrets are"} encrypted under a new master key: ${isInPlace ? keyFile : file}\n`,
    );
    if (!isInPlace)
      terminal.err(`put it in its place before the next start, which reads that: mv ${file} ${given ?? keyFile}\n`);
    return 0;
  },
});

export const secretsCommand = commandGroup({
  name: "secrets",
  summary: "encrypt stored secrets under a new master key",
  about: "Passwords and tokens of ticket systems and second factors are stored encrypted under the master key.",
  examples: [],
  actions: { rotate },
});
