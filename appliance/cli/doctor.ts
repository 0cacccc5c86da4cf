import { existsSync, readFileSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { guideOf } from "../../core/fault-guide.ts";
import { certificateFiles, ownCertificateFiles } from "../../core/settings/certificate-files.ts";
import type { Settings } from "../../core/settings.ts";
import { ageInWords } from "../../core/text/age.ts";
import { visible } from "../../core/text/visible.ts";
import { toIso } from "../../core/time.ts";
import { keptDatabases } from "../../store/backup/switch.ts";
import { copiesBeside } from "../../store/database/upgrade-copy.ts";
import { backupFolder, listBackups } from "../backups/backup-folder.ts";
import { factsOf } from "../certificate/facts.ts";
import type { DoctorReport } from "../control/operations.ts";
import { versionInfo } from "../runtime/version.ts";
import { command, jsonOption } from "./command.ts";
import { destinationTable } from "./destinations.ts";
import { withOperations } from "./operations.ts";
import type { Paint } from "./terminal/paint.ts";
import { printJson, table } from "./terminal/table.ts";
import { hang } from "./terminal/wrap.ts";

export const doctorCommand = command({
  name: "doctor",
  summary: "print versions, paths, database integrity, loops and queues",
  about:
    "Prints what is wrong with what mends it, then what support asks for first: versions, paths, contents, destinations, loops. It reads the whole database file to check it, and changes nothing. `rhythmx support` packs it up for somebody else.",
  options: jsonOption,
  examples: [
    { what: "Is it well?", lines: ["rhythmx doctor"] },
    { what: "The present faults, for a script", lines: ["rhythmx doctor --json | jq '.running.faults'"] },
  ],
  exitCodes: { 0: "nothing is wrong", 1: "something is wrong, or there is no database yet" },
  seeAlso: ["rhythmx check", "docs/operations.md"],

  async run({ values, terminal, paint, loadSettings, serviceUnit }) {
    const resolved = await loadSettings();
    const { settings } = resolved;
    const report = await withOperations({ terminal, serviceUnit, resolved, mode: "look" }, (operations) =>
      operations.doctor(),
    );
    if (values.json) printJson(terminal, { ...versionInfo(), data_dir: settings.dataDir, ...report });
    else terminal.out(await render(settings, report, terminal.columns, paint.out));
    const { running } = report;
    return report.integrity.length === 0 && (running === null || running.faults.length === 0) ? 0 : 1;
  },
});

async function render(settings: Settings, report: DoctorReport, columns: number | null, paint: Paint): Promise<string> {
  const { version, commit, runtime, target } = versionInfo();
  const { store, integrity, running } = report;
  const disk = await statfs(settings.dataDir);
  const free = `${mebibytes(disk.bavail * disk.bsize)} MiB free of ${mebibytes(disk.blocks * disk.bsize)}`;
  const facts: [string, string][] = [
    ["rhythmx", `${version} (${commit}), ${runtime}, ${target}`],
    [
      "running",
      running === null
        ? "no"
        : `yes, pid ${running.pid}, version ${running.version}, up ${running.uptimeSeconds} s, ${running.status}`,
    ],
    ...(running?.cluster == null ? [] : [clusterFact(running.cluster)]),
    ["data folder", `${settings.dataDir} (mode ${mode(settings.dataDir)}), ${free}`],
    [
      "database",
      `${mode(join(settings.dataDir, "rhythmx.db"))}, ${mebibytes(store.bytes)} MiB, schema ${store.schema}, SQLite ${store.sqlite}`,
    ],
    ["backup", lastBackup(settings, report.lastBackup)],
    ...copies(settings.dataDir),
    ["integrity", integrity.length === 0 ? "ok" : integrity.join("; ")],
    [
      "contents",
      `${store.alerts} alerts, ${store.incidents} incidents (${store.openIncidents} open), ${store.cases} active cases, ${store.events} events in the log`,
    ],
    ["tickets", `${ticketsKnown(report.tickets)}; ${ticketsWaiting(report.deliveries)}`],
    ["assets", assetsKnown(settings, report.assets)],
    ["access", access(settings, store.users)],
    ...certificate(settings),
    [
      "configuration",
      `${settings.configDir}${existsSync(settings.configDir) ? "" : " (does not exist: defaults hold)"}`,
    ],
    ["clock", `${new Date().toISOString()} (UTC)`],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const row = ([name, value]: [string, string]) =>
    hang(`${name.padEnd(width)}  ${value}`, columns, " ".repeat(width + 2));
  const sections = [complaints(report, columns, paint), `${facts.map(row).join("\n")}\n`];
  if (report.destinations.length > 0) sections.push(destinationTable(report.destinations, columns));
  if (running !== null) {
    const loops = running.loops.map((loop) => [
      loop.name,
      `${loop.everyMs / 1000} s`,
      loop.lastRun === null ? "never" : new Date(loop.lastRun).toISOString(),
      `${Math.round(loop.lastDurationMs)} ms`,
      String(loop.failures),
      loop.lastError ?? "",
    ]);
    sections.push(table(["LOOP", "EVERY", "LAST RUN", "TOOK", "FAILURES", "ERROR"], loops, columns));
  }
  return sections.join("\n");
}

function clusterFact(cluster: NonNullable<NonNullable<DoctorReport["running"]>["cluster"]>): [string, string] {
  const { node, role, leader, lag, quorum, nodes } = cluster;
  const does = role === "leader" ? "leads" : leader === null ? "follows, nobody leads" : `follows ${leader.node}`;
  const wrong = nodes.flatMap(({ name, fault }) => (fault === null ? [] : [`${name}: ${fault}`]));
  const more = [...(lag === 0 ? [] : [`${lag} records behind`]), ...(quorum ? [] : ["etcd has no quorum"]), ...wrong];
  return ["cluster", [`${node} ${does}, ${nodes.length} nodes`, ...more].join("; ")];
}

/** When and where the last one was made, and when the next one is. */
function lastBackup(settings: Settings, last: DoctorReport["lastBackup"]): string {
  const schedule = settings.backup.schedule ?? "none by itself (RHYTHMX_BACKUP_SCHEDULE)";
  // One that a command made while no appliance ran is known by its file alone.
  const [newest] = listBackups(backupFolder(settings));
  const at = Math.max(last?.at ?? 0, newest?.at ?? 0);
  if (at === 0) return `there is none; schedule: ${schedule}`;
  const where = at === last?.at ? last.path : join(backupFolder(settings), newest?.name ?? "");
  return `${ageInWords(Date.now() - at)} old (${toIso(at)}), ${where}; schedule: ${schedule}`;
}

/** What is wrong, and what is worth a look, each with what to do about it: before anything else. */
function complaints(
  { integrity, running, deliveries, destinations }: DoctorReport,
  columns: number | null,
  paint: Paint,
): string {
  const wrong = [
    ...integrity.map((said) => ["damaged database", said, "stop the service and restore the newest backup"]),
    ...(running?.faults ?? []).map(({ name, message }) => [`fault ${name}`, message, guideOf(name)?.mend ?? ""]),
  ];
  const stuck = deliveries.filter(({ state }) => state === "parked" || state === "dead");
  const away = destinations.filter(({ configured, connected }) => configured && connected === false);
  const failing = (running?.loops ?? []).filter(({ lastError }) => lastError !== null);
  const worthALook = [
    ...stuck.map(({ system, state, count }) => [system, `${count} ${state}`, "`rhythmx deliveries` says why"]),
    ...away.map(({ destination, queued, last_error }) => [
      destination,
      `not connected${last_error === null ? "" : `: ${last_error}`}; ${queued} wait for it`,
      "`rhythmx check` tries to reach it; what waits is sent when it is back",
    ]),
    ...failing.map(({ name, lastError }) => [`loop ${name}`, lastError ?? "", "it is tried again; the log says more"]),
  ];
  const lines = (all: string[][]) =>
    all.map(([what = "", said = "", mend = ""]) =>
      [
        hang(`${what}: ${visible(said)}`, columns),
        ...(mend === "" ? [] : [hang(`    to mend: ${mend}`, columns, "      ")]),
      ].join("\n"),
    );
  const parts = [
    ...(wrong.length === 0 ? ["Nothing is wrong."] : [paint.red("What is wrong:"), ...lines(wrong)]),
    ...(worthALook.length === 0 ? [] : [paint.bold("Worth a look:"), ...lines(worthALook)]),
  ];
  return `${parts.join("\n")}\n`;
}

/** Copies of the database from before a schema upgrade or a restore, to which `rhythmx restore` leads back. */
function copies(dataDir: string): [string, string][] {
  const database = join(dataDir, "rhythmx.db");
  const found = [...copiesBeside(database), ...keptDatabases(database)];
  const each = found.map((path) => `${path} (${mebibytes(statSync(path).size)} MiB)`);
  return each.length === 0 ? [] : [["old copies", each.join(", ")]];
}

function mode(path: string): string {
  return `0${(statSync(path).mode & 0o777).toString(8)}`;
}

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(bytes < 10_485_760 ? 1 : 0);
}

/** The number of users, whether the generated first password is still in use, and the master key. */
function access({ dataDir, configDir, masterKeyFile }: Settings, users: number): string {
  const credential = join(configDir, "credentials/master.key");
  const key = masterKeyFile ?? (existsSync(credential) ? credential : join(dataDir, "master.key"));
  const initial = existsSync(join(dataDir, "initial-admin-password")) ? ", the first password is not changed yet" : "";
  const at = existsSync(key) ? `${key} (mode ${mode(key)})` : "made at the next start, or a systemd credential";
  return `${users} ${users === 1 ? "user" : "users"}${initial}; master key ${at}`;
}

/** What the certificate of the API says. The unit alone may say that the API listens off loopback. */
function certificate(settings: Settings): [string, string][] {
  const { certFile } = certificateFiles(settings) ?? ownCertificateFiles(settings.dataDir);
  let text: string;
  try {
    text = readFileSync(certFile, "utf8");
  } catch (error) {
    return existsSync(certFile) ? [["certificate", `${certFile} cannot be read: ${messageOf(error)}`]] : [];
  }
  const facts = factsOf(text);
  if (facts === null) return [["certificate", `${certFile} holds no certificate`]];
  const until = toIso(facts.notAfter).slice(0, 10);
  const kind = facts.madeHere ? "self-signed, renewed by itself" : facts.selfSigned ? "self-signed" : "issued";
  const named = facts.names.join(", ") || facts.subject;
  return [["certificate", `${Date.now() > facts.notAfter ? "ENDED" : "until"} ${until}, ${kind}, ${visible(named)}`]];
}

function assetsKnown({ correlation }: Settings, { api, inferred }: DoctorReport["assets"]): string {
  return `${correlation.assets.length} in assets.json, ${api} by the API, ${inferred} shown by logs`;
}

function ticketsKnown(tickets: DoctorReport["tickets"]): string {
  const each = tickets.map(({ system, count, gone, unreadable }) => {
    const trouble = [...(gone > 0 ? [`${gone} gone`] : []), ...(unreadable > 0 ? [`${unreadable} unreadable`] : [])];
    return `${count} in ${system}${trouble.length === 0 ? "" : ` (${trouble.join(", ")})`}`;
  });
  return each.length === 0 ? "none" : each.join(", ");
}

/** Deliveries that wait for ticket systems, and those that need a person. */
function ticketsWaiting(deliveries: DoctorReport["deliveries"]): string {
  if (deliveries.length === 0) return "no delivery waits";
  const counts = deliveries.map(({ system, state, count }) => `${system}: ${count} ${state}`).join(", ");
  const stuck = deliveries.some(({ state }) => state === "parked" || state === "dead");
  return stuck ? `${counts} (\`rhythmx deliveries\` says why)` : counts;
}
