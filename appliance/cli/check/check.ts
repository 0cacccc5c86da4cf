import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../../core/settings.ts";
import { visible } from "../../../core/text/visible.ts";
import { firstPasswordProblem } from "../../access/first-admin.ts";
import { checkSettings } from "../../checks/check-settings.ts";
import { type Finding, findingLevels, isWrong, worstFirst } from "../../checks/finding.ts";
import { otherDataDir } from "../../config/unit-file.ts";
import { connectControl } from "../../control/control-client.ts";
import { command, jsonOption } from "../command.ts";
import { savedSettings } from "../operations.ts";
import type { Paint } from "../terminal/paint.ts";
import { printJson } from "../terminal/table.ts";
import { hang } from "../terminal/wrap.ts";
import { becomeServiceUser } from "./service-user.ts";

export const checkCommand = command({
  name: "check",
  summary: "validate settings, reach every destination and ticket system",
  about: `Reads the configuration as the service would, as its user and with the environment of its unit, and prints every problem with its key and the accepted form. Looks at data folder, disk, ports and certificate, and tries to reach every destination and ticket system (nothing is sent, nothing is written there). What has to be mended comes first; one line each where the output is no terminal.`,
  options: {
    ...jsonOption,
    "test-message": {
      about: "also sends each destination one message with MSGID TEST, to be looked for at the receiver",
    },
  },
  examples: [
    { what: "Before the first start, and after each change of a file", lines: ["rhythmx check"] },
    {
      what: "What has to be mended, for a script",
      lines: ["rhythmx check --json | jq '.findings[] | select(.level == \"problem\")'"],
    },
    { what: "Does a message arrive at the SIEM", lines: ["rhythmx check --test-message"] },
  ],
  exitCodes: { 0: "nothing has to be mended", 1: "something has to be mended" },
  seeAlso: ["rhythmx doctor", "rhythmx reload", "docs/settings.md"],

  async run({ values, terminal, paint, loadSettings, serviceUnit }) {
    const unit = await serviceUnit();
    const ownDataDir = (await loadSettings()).settings.dataDir;
    const underUnit = () => loadSettings(unit?.environment);
    const user = await becomeServiceUser((await underUnit()).settings.dataDir, unit);
    const given = await underUnit();
    const { saved, readFile } = await savedSettings(given.settings);
    const resolved = given.withSaved(saved);
    const { settings } = resolved;
    const about: Finding[] = user === null ? [] : [{ level: "note", line: user }];
    const control = await connectControl(settings.dataDir, (version) =>
      about.push({ level: "warning", line: `the running service is of another version (${version}): restart it` }),
    ).catch(() => null);
    const password = isFirstStart(settings) ? firstPasswordProblem(resolved) : null;
    for (const line of [otherDataDir(ownDataDir, unit), password])
      if (line !== null) about.push({ level: "problem", line });
    const running = control && (() => control.testTickets());
    const found = await checkSettings(resolved, {
      running,
      send: values["test-message"],
      readFile,
      now: Date.now(),
    });
    const findings = worstFirst([...about, ...found]);
    const ok = !findings.some(isWrong);
    if (values.json) printJson(terminal, { ok, findings });
    else terminal.out(findingsText(findings, paint.out, terminal.columns));
    return ok ? 0 : 1;
  },
});

/** One line for each, or, on a terminal, as many as its width makes of it; then how many there are. */
function findingsText(findings: readonly Finding[], paint: Paint, columns: number | null): string {
  const painted = (level: Finding["level"]) =>
    (isWrong({ level, line: "" }) ? paint.red : level === "warning" ? paint.yellow : paint.faint)(`${level}:`);
  const lines = findings.map(({ level, line }) =>
    hang(`${level}: ${visible(line)}`, columns).replace(`${level}:`, painted(level)),
  );
  const counted = findingLevels.flatMap((level) => {
    const count = findings.filter((one) => one.level === level).length;
    if (level === "note" || count === 0) return [];
    return [level === "ok" ? `${count} ok` : `${count} ${level}${count === 1 ? "" : "s"}`];
  });
  return `${[...lines, paint.bold(counted.join(", "))].join("\n")}\n`;
}

/** Only a first start uses RHYTHMX_ADMIN_PASSWORD; a start that refused it has created a database, but no key. */
function isFirstStart({ dataDir, masterKeyFile }: Settings): boolean {
  if (!existsSync(join(dataDir, "rhythmx.db"))) return true;
  return masterKeyFile === null && !existsSync(join(dataDir, "master.key"));
}
