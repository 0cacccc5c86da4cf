import { resolve } from "node:path";
import { EdgeError, UsageError } from "../../../core/errors.ts";
import { visible } from "../../../core/text/visible.ts";
import { credentialsFolder } from "../../access/master-key.ts";
import { type Restored, type RestorePlan, restoreBackup } from "../../backups/restore.ts";
import { isClustered } from "../../cluster/connection.ts";
import { connectControl } from "../../control/control-client.ts";
import { version } from "../../runtime/version.ts";
import { command, jsonOption, type Terminal } from "../command.ts";
import { giveToOwner } from "../operations.ts";
import { canAsk, confirm } from "../terminal/confirm.ts";
import { interruptible, orInterrupted } from "../terminal/interruption.ts";
import { printJson } from "../terminal/table.ts";
import { countsOf, progressLine } from "./progress-line.ts";

/** So many tickets that the backup does not know are named. */
const mostNamed = 10;

export const restoreCommand = command({
  name: "restore",
  summary: "bring a backup back, after checking it",
  about: `Puts a backup in the place of the database. The service has to be stopped. FILE is checked first; what is there is kept beside, and named. FILE may also be a database file, such as rhythmx.db.schema-13, the copy from before an upgrade.

What may have been sent since the backup is looked up in the ticket systems before it is sent. Pollers are told that their cursors are worthless. All logins end.`,
  arguments: [{ name: "FILE", about: "a backup, or a database file", completes: "file" }],
  options: {
    "key-file": {
      value: "F",
      about: "master key of the machine that the backup is of: saved passwords are then readable here too",
      completes: "file",
    },
    positions: {
      value: "WHERE",
      choices: ["keep", "end"],
      about:
        "keep: destinations get what had not been sent when the backup was made, once more if it was sent since; end: they get only what comes from now on",
      fallback: "keep",
    },
    yes: { about: "does not ask" },
    ...jsonOption,
  },
  examples: [
    {
      what: "On the same machine",
      lines: ["systemctl stop rhythmx", "rhythmx restore /mnt/backup/edge.tar.gz", "systemctl start rhythmx"],
    },
    {
      what: "On another machine, with the master key of the first",
      lines: ["rhythmx restore edge.tar.gz --key-file master.key"],
    },
    {
      what: "Back to the version before an upgrade",
      lines: ["rhythmx restore /var/lib/rhythmx/rhythmx.db.schema-13"],
    },
  ],
  exitCodes: { 0: "it is restored", 1: "nothing is changed" },
  seeAlso: ["rhythmx backup", "docs/operations.md"],

  async run({ args: [source], values, terminal, loadSettings }) {
    const { positions = "keep" } = values;
    const { settings } = await loadSettings();
    if ((await connectControl(settings.dataDir)) !== null)
      throw new EdgeError(
        "store_in_use",
        "the appliance runs on this data folder: stop it first (systemctl stop rhythmx)",
      );
    if (isClustered(settings))
      throw new EdgeError(
        "clustered",
        "this machine is a node of a cluster, whose log would undo a restore: docs/cluster.md says how a whole cluster is restored",
      );
    const line = progressLine(terminal);
    const keyFile = values["key-file"] === undefined ? null : resolve(values["key-file"]);
    const at = Date.now();
    try {
      const credentialsDir = credentialsFolder(process.env, settings.configDir);
      const order = { source, keyFile, positions, settings, at, version, credentialsDir };
      // Up to the answer it can be interrupted, and nothing is changed; what comes then takes a moment and is brought to its end.
      const restored = await interruptible((signal) =>
        restoreBackup(
          order,
          (phase, done, total) => {
            signal.throwIfAborted();
            line.draw({ phase, done, total });
          },
          async (plan) => {
            line.end();
            return orInterrupted(signal, agrees({ terminal, signal }, plan, source, values.yes));
          },
        ).catch((error: unknown) => {
          // What was cut off by an interruption is not damaged.
          throw signal.aborted ? signal.reason : error;
        }),
      );
      if (restored === null) {
        terminal.err("nothing is changed\n");
        return 1;
      }
      if (values.json) printJson(terminal, { ...restored });
      else tell(terminal, restored, positions);
      return 0;
    } finally {
      line.end();
      await giveToOwner(settings.dataDir).catch(() => {});
    }
  },
});

async function agrees(
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
  plan: RestorePlan,
  source: string,
  yes: boolean,
): Promise<boolean> {
  const { manifest, schema, counts, replaces } = plan;
  const made =
    manifest === null
      ? "a database file"
      : `made ${manifest.created_at} by version ${visible(manifest.version)} on ${visible(manifest.host)}`;
  terminal.err(`${visible(source)}: ${made}, schema ${schema}: ${countsOf(counts)}\n`);
  if (replaces?.unreadable != null)
    terminal.err(`the database that is there cannot be read: ${visible(replaces.unreadable)}\n`);
  if (yes || replaces === null) return true;
  if (!canAsk(terminal)) throw new UsageError("a database is there already: say --yes to put this in its place");
  return confirm(terminal, "Put it in the place of the database that is there, which is kept?", signal);
}

function tell(terminal: Terminal, restored: Restored, positions: "keep" | "end"): void {
  const { plan, kept, destinations, lookedUp, stayRevoked, stayDisabled, unknownTickets, config } = restored;
  const say = (text: string) => terminal.out(`${visible(text)}\n`);
  say("restored; start the service: systemctl start rhythmx");
  if (kept !== null) say(`what was there is kept: ${kept} (back with \`rhythmx restore ${kept}\`)`);
  for (const { reader, messages } of destinations.filter(({ messages }) => messages > 0))
    say(
      positions === "keep"
        ? `${reader} gets ${messages} messages that had not been sent then, again if they were sent since (--positions end)`
        : `${reader} does not get ${messages} messages that had not been sent when the backup was made`,
    );
  if (lookedUp > 0) say(`${lookedUp} deliveries to ticket systems are looked up there before they are sent`);
  if (unknownTickets.length > 0) {
    const names = unknownTickets.slice(0, mostNamed).map(({ key, incidentId }) => `${key} (${incidentId})`);
    const more = unknownTickets.length > mostNamed ? ` and ${unknownTickets.length - mostNamed} more` : "";
    say(`tickets that the backup does not know, made since: ${names.join(", ")}${more}`);
  }
  if (stayRevoked.length > 0) say(`API keys that stay revoked: ${stayRevoked.join(", ")}`);
  if (stayDisabled.length > 0) say(`users who stay disabled: ${stayDisabled.join(", ")}`);
  secretsTold(plan, say);
  if (config.written.length > 0) say(`configuration written: ${config.written.join(", ")}`);
  if (config.kept.length > 0)
    say(`configuration that is there and says something else stays as it is: ${config.kept.join(", ")}`);
  if (config.failed.length > 0) say(`configuration that could not be written: ${config.failed.join(", ")}`);
  const leftOut = plan.manifest?.left_out ?? [];
  if (leftOut.length > 0) say(`to be entered again in .env.production, if they are not there: ${leftOut.join(", ")}`);
}

function secretsTold({ secrets: { kind, lost } }: RestorePlan, say: (text: string) => void): void {
  if (kind === "anew") say("saved passwords are encrypted anew under this machine's master key");
  if (kind === "with the given key") say("the given master key is now that of this machine");
  if (kind !== "taken out") return;
  if (lost.settings.length > 0)
    say(`to be entered again, because their master key is not here (--key-file): ${lost.settings.join(", ")}`);
  if (lost.secondFactors.length > 0)
    say(`second factors to be set up again, until then the password alone counts: ${lost.secondFactors.join(", ")}`);
}
