import { resolve } from "node:path";
import { action, commandGroup } from "./command.ts";
import { withOperations } from "./operations.ts";

const rotate = action({
  summary: "encrypt every stored secret under a new master key",
  about: `Makes a new master key and encrypts every stored secret (passwords and tokens of ticket systems, second factors) under it. All logins end at once; cursors of pollers go on. It may be done while the appliance runs.

A master key that is kept outside the data folder (RHYTHMX_MASTER_KEY_FILE, a systemd credential) is not written there: give the new one as a file, and put it in the old one's place before the next start.`,
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
        "mv /root/new.key /etc/rhythmx/master.key",
      ],
    },
  ],
  seeAlso: ["docs/operations.md"],

  async run({ values, terminal, loadSettings, serviceUnit }) {
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
});

export const secretsCommand = commandGroup({
  name: "secrets",
  summary: "encrypt stored secrets under a new master key",
  about: "Passwords and tokens of ticket systems and second factors are stored encrypted under the master key.",
  examples: [],
  actions: { rotate },
});
