/** `npm run chaos -- [--kills 200] [--seed N]`: the crash test; exit code 1 at any violation. */
import { parseArgs } from "node:util";
import { type CrashReport, crashRun } from "./crash-run.ts";

const shownViolations = 20;

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  console.error(`--${option} ${JSON.stringify(text)}: a whole number, such as --${option} 200`);
  process.exit(2);
}

function printReport(report: CrashReport): void {
  const { kills, hit, starts, attempts, records } = report;
  const sorted = starts.toSorted((a, b) => a - b).map(Math.round);
  const rows: [string, string | number][] = [
    ["kills during intake", `${kills.intake} (${hit.unanswered} with a batch unanswered)`],
    ["kills during sending", `${kills.sending} (${hit.waiting} with events waiting)`],
    ["kills during start", kills.starting],
    ["starts", `${starts.length}, median ${sorted[sorted.length >> 1]} ms, slowest ${sorted.at(-1)} ms`],
    ["batches", report.batches],
    ["attempts without answer", `${attempts.broken} (told to come again: ${attempts.deferred})`],
    ["answered batches repeated", attempts.repeated],
    [
      "records",
      `${records.received}: accepted ${records.accepted}, duplicates ${records.duplicates}, rejected ${records.rejected}`,
    ],
    ["alerts", report.alerts],
    ["alert events", report.events],
    [
      "actors",
      `${report.correlation.actors}: ${report.correlation.incidents} incidents, ${report.correlation.cases} cases`,
    ],
  ];
  for (const [name, { messages, repeated, mostRepeated }] of Object.entries(report.destinations))
    rows.push([`messages to ${name}`, `${messages}, ${repeated} repeated, at most ${mostRepeated} after a kill`]);
  rows.push(["duration", `${Math.round(report.milliseconds / 1000)} s`], ["violations", report.violations.length]);
  for (const [name, value] of rows) console.log(`${name.padEnd(28)}${value}`);
}

const { values } = parseArgs({
  options: { kills: { type: "string", default: "200" }, seed: { type: "string" } },
});
const kills = wholeNumber("kills", values.kills);
const seed = wholeNumber("seed", values.seed ?? String(Math.floor(Math.random() * 1e9)));
console.log(`seed ${seed}`);
const report = await crashRun({ kills, seed }, (done) => {
  if (done % 10 === 0) console.log(`${done} kills`);
});
printReport(report);
for (const violation of report.violations.slice(0, shownViolations)) console.error(`violation: ${violation}`);
if (report.violations.length > 0) {
  console.error(`the data folder is kept: ${report.folder}`);
  process.exit(1);
}
