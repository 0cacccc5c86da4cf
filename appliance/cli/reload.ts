import { EdgeError } from "../../core/errors.ts";
import type { ReloadReport, SettingChange } from "../../core/settings/reload/changes.ts";
import { visible } from "../../core/text/visible.ts";
import { connectControl } from "../control/control-client.ts";
import { command, jsonOption } from "./command.ts";
import type { Paint } from "./terminal/paint.ts";
import { printJson } from "./terminal/table.ts";
import { hang } from "./terminal/wrap.ts";

export const reloadCommand = command({
  name: "reload",
  summary: "read settings and certificates again while it runs",
  about: `Makes the running appliance read its configuration files and certificates again, as SIGHUP does, and waits until that is done. It says what changed, what needs a restart and why, and what was refused: a section with something wrong in it keeps its last good settings, the others change.

The environment of a process cannot change while it runs: values of the unit hold after \`systemctl restart rhythmx\`, those of .env.production are read again.`,
  options: jsonOption,
  examples: [
    { what: "After a change of a file", lines: ["rhythmx check && rhythmx reload"] },
    { what: "What still needs a restart", lines: ["rhythmx reload --json | jq '.changes[] | select(.restart)'"] },
  ],
  exitCodes: {
    0: "everything was taken over",
    1: "something was refused (each problem is named), or no appliance runs",
  },
  seeAlso: ["rhythmx check", "docs/settings.md"],

  async run({ values, terminal, paint, loadSettings }) {
    const { settings } = await loadSettings();
    const control = await connectControl(settings.dataDir, (running) =>
      terminal.err(`warning: the running service is of another version (${visible(running)}): restart it\n`),
    );
    if (control === null)
      throw new EdgeError(
        "not_running",
        `no appliance runs on ${settings.dataDir}: it reads its settings when it starts`,
      );
    const report = await control.reload();
    if (values.json) {
      const { at, by, outcome, changes, refused } = report;
      printJson(terminal, { at, by, outcome, changes, refused });
    } else terminal.out(reportText(report, paint.out, terminal.columns));
    const { length: refused } = report.problems;
    if (refused === 0) return 0;
    const many = refused === 1 ? "one setting was" : `${refused} settings were`;
    terminal.err(`rhythmx reload: ${many} refused, the last good ones stay in force: mend them and reload again\n`);
    return 1;
  },
});

/** What was refused first, because something has to be done about it. A service of an earlier version gives the problems alone. */
function reportText(
  { changes = [], problems }: Pick<ReloadReport, "problems"> & Partial<ReloadReport>,
  paint: Paint,
  columns: number | null,
): string {
  const line = ({ setting, from, to }: SettingChange) =>
    visible(from === null ? `${setting}: added: ${to}` : `${setting}: ${from} → ${to ?? "removed"}`);
  const waits = changes.filter(({ restart }) => restart !== null);
  const inForce = changes.filter(({ restart }) => restart === null);
  const entry = (what: string, text: string, painted = (word: string) => word) =>
    hang(`${what}: ${text}`, columns).replace(`${what}:`, () => painted(`${what}:`));
  const lines = [
    ...problems.map((problem) => entry("refused", visible(problem), paint.red)),
    ...waits.map((change) =>
      entry("needs a restart", `${line(change)} (${visible(change.restart ?? "")})`, paint.yellow),
    ),
    ...inForce.map((change) => entry("changed", line(change))),
  ];
  const nothing = changes.length === 0 ? "; nothing has changed" : "";
  const end =
    problems.length === 0
      ? `settings and certificates are read again${nothing}`
      : "what was refused keeps its last good settings; everything else is read again";
  return `${[...lines, end].join("\n")}\n`;
}
