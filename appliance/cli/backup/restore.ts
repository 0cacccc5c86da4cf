import { resolve } from "node:path";
import { EdgeError, UsageError } from "../../../core/errors.ts";
import { nearestName } from "../../../core/settings/names.ts";
import { visible } from "../../../core/text/visible.ts";
import { type Restored, type RestorePlan, restoreBackup } from "../../backups/restore.ts";
import { connectControl } from "../../control/control-client.ts";
import { version } from "../../runtime/version.ts";
import { type Command, onePositional, parseOptions, type Terminal } from "../command.ts";
import { giveToOwner } from "../operations.ts";
import { canAsk, confirm } from "../terminal/confirm.ts";
import { printJson } from "../terminal/table.ts";
import { countsOf, progressLine } from "./progress-line.ts";

/** So many tickets that the backup does not know are named. */
const mostNamed = 10;

export const restoreCommand: Command = {
  name: "restore",
  summary: "bring a backup back, after checking it",
  help: `Usage: rhythmx restore FILE [--key-file F] [--positions keep|end] [--yes]
                       [--json]

Puts a backup in the place of the database. The service has to be stopped. FILE
is checked first; what is there is kept beside, and named. FILE may also be a
database file, such as rhythmx.db.schema-N, the copy from before an upgrade.
What may have been sent since the backup is looked up in the ticket systems
before it is sent; pollers are told that their cursors are worthless.
  --key-file   master key of the machine that the backup is of: saved passwords
               are then readable here too
  --positions  keep: destinations get what had not been sent when the backup was
               made, once more if it was sent since (default);
               end: they get only what comes from now on
  --yes        does not ask
  --json       for programs`,

  async run({ args, terminal, loadSettings }) {
    const { values, positionals } = parseOptions(args, {
      "key-file": { type: "string" },
      positions: { type: "string", default: "keep" },
      yes: { type: "boolean" },
      json: { type: "boolean" },
    });
    const source = onePositional(positionals, "FILE");
    const positions = positionsOf(values.positions);
    const { settings } = await loadSettings();
    if ((await connectControl(settings.dataDir).catch(() => "running")) !== null)
      throw new EdgeError(
        "store_in_use",
        "the appliance runs on this data folder: stop it first (systemctl stop rhythmx)",
      );
    const line = progressLine(terminal);
    const keyFile = values["key-file"] === undefined ? null : resolve(values["key-file"]);
    const at = Date.now();
    try {
      const restored = await restoreBackup(
        {
          ...{ source, keyFile, positions, settings, at, version },
          credentialsDir: process.env.CREDENTIALS_DIRECTORY ?? null,
        },
        (phase, done, total) => line.draw({ phase, done, total }),
        async (plan) => {
          line.end();
          return agrees(terminal, plan, source, values.yes === true);
        },
      );
      if (restored === null) {
        terminal.err("nothing is changed\n");
        return 1;
      }
      if (values.json === true) printJson(terminal, { ...restored });
      else tell(terminal, restored, positions);
      return 0;
    } finally {
      line.end();
      await giveToOwner(settings.dataDir).catch(() => {});
    }
  },
};

function positionsOf(text: string): "keep" | "end" {
  if (text === "keep" || text === "end") return text;
  const nearest = nearestName(text, ["keep", "end"]);
  const meant = nearest === null ? "" : `; did you mean ${nearest}?`;
  throw new UsageError(`--positions ${JSON.stringify(text.slice(0, 40))}: keep or end${meant}`);
}

async function agrees(terminal: Terminal, plan: RestorePlan, source: string, yes: boolean): Promise<boolean> {
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
  return confirm(terminal, "Put it in the place of the database that is there, which is kept?");
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
