import { closeSync, createReadStream, existsSync, openSync, rmSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { EdgeError, messageOf, UsageError } from "../../../core/errors.ts";
import type { Settings } from "../../../core/settings.ts";
import { type BackupProgress, type MadeBackup, makeBackup } from "../../../store/backup/make-backup.ts";
import { removeFile, unpack } from "../../../store/backup/unpack.ts";
import { backupName } from "../../backups/backup-folder.ts";
import { keepFreeOn } from "../../backups/backups.ts";
import { collectConfig } from "../../backups/config-files.ts";
import { configFolders } from "../../config/load.ts";
import { connectControl } from "../../control/control-client.ts";
import type { Operations } from "../../control/operations.ts";
import { versionInfo } from "../../runtime/version.ts";
import { command, jsonOption, type Terminal } from "../command.ts";
import { expectDatabase, giveToOwner } from "../operations.ts";
import { Interrupted, interruptible, orInterrupted } from "../terminal/interruption.ts";
import { printJson } from "../terminal/table.ts";
import { expectWritable, move } from "./move-backup.ts";
import { countsOf, progressLine } from "./progress-line.ts";

export const backupCommand = command({
  name: "backup",
  summary: "write one file with everything, while it runs",
  about: `Writes one file from which \`rhythmx restore\` brings everything back: database, configuration and a manifest. Intake goes on meanwhile. The copy is checked before the command ends well.

It holds no master key, no key of a certificate and no password of .env.production: keep these with your other secrets.

FILE may be a folder, where it gets a name with the time, or - for stdout.`,
  arguments: [{ name: "FILE", about: "the file to write, or with --verify to check", completes: "file" }],
  options: {
    force: { about: "replaces a file that is there" },
    verify: { about: "checks a backup that was made: whole, unchanged, readable" },
    ...jsonOption,
  },
  examples: [
    { what: "To another disk, with the time as its name", lines: ["rhythmx backup /mnt/backup/"] },
    { what: "To another machine", lines: ["rhythmx backup - | ssh backup@nas 'cat > edge.tar.gz'"] },
    { what: "Check one", lines: ["rhythmx backup /mnt/backup/edge.tar.gz --verify"] },
  ],
  exitCodes: { 0: "it is written and checked, or whole", 1: "it failed, or is not whole" },
  seeAlso: ["rhythmx restore", "docs/operations.md"],

  async run({ args: [file], values, terminal, loadSettings }) {
    if (values.verify) {
      if (values.force) throw new UsageError("--force: not with --verify, which writes nothing");
      return interruptible((signal) => verify({ terminal, signal }, file, values.json));
    }
    const { settings } = await loadSettings();
    if (file === "-") {
      if (values.json) throw new UsageError("--json: not with -, where the backup itself goes to stdout");
      return interruptible((signal) => toStdout({ terminal, signal }, settings));
    }
    const target = targetOf(file);
    if (!values.force && existsSync(target))
      throw new EdgeError(
        "backup_exists",
        `${target} is there already: choose another name, or replace it with --force`,
      );
    const made = await interruptible((signal) => make({ terminal, signal }, settings, target, values.force));
    const { manifest, bytes, sha256 } = made;
    if (values.json) printJson(terminal, { path: target, bytes, sha256, manifest });
    else {
      terminal.out(`${target}  ${sizeOf(bytes)}, checked: ${countsOf(manifest.counts)}\n`);
      terminal.out(`sha256  ${sha256}\n`);
    }
    if (manifest.left_out.length > 0)
      terminal.err(`not in it: the values of ${manifest.left_out.join(", ")}, which are secrets\n`);
    if (manifest.sealed_secrets > 0)
      terminal.err("saved passwords in it are readable with the master key only: keep that elsewhere\n");
    return 0;
  },
});

/** Where a command says how far it is, and by what it is asked to end: it then leaves nothing half done. */
interface Seat {
  terminal: Terminal;
  signal: AbortSignal;
}

function sizeOf(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

/** A folder gets a name with the time. */
function targetOf(file: string): string {
  const path = resolve(file);
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  return isFolder
    ? join(
        path,
        backupName(Date.now(), (name) => existsSync(join(path, name))),
      )
    : path;
}

async function make(seat: Seat, settings: Settings, target: string, replace: boolean): Promise<MadeBackup> {
  const control = await connected(seat.terminal, settings);
  return control === null ? makeHere(seat, settings, target, replace) : makeThere(seat, control, target, replace);
}

function connected(terminal: Terminal, settings: Settings): Promise<Operations | null> {
  return connectControl(settings.dataDir, (running) =>
    terminal.err(`warning: the running service is of another version (${running}): restart it\n`),
  );
}

/** The appliance makes it in its own folder, where it may write; the command, which may write elsewhere, takes it from there. */
async function makeThere(seat: Seat, control: Operations, target: string, replace: boolean): Promise<MadeBackup> {
  expectWritable(dirname(target));
  const made = await taken(seat, control);
  try {
    await move(made.path, target, { replace, signal: seat.signal });
  } catch (error) {
    if (seat.signal.aborted) throw stopped(seat.signal, `the backup itself is made: it is ${made.path}`);
    throw new EdgeError(
      "backup_failed",
      `${target} cannot be written (${messageOf(error)}). The backup itself is made: it is ${made.path}`,
      { cause: error },
    );
  }
  await noteTaken(control, made.path, target);
  return { ...made, path: target };
}

/** The interruption, with what became of the backup. */
function stopped({ reason }: AbortSignal, words: string): unknown {
  return reason instanceof Interrupted ? new Interrupted(reason.exitCode, `interrupted; ${words}`) : reason;
}

/** For `doctor` and the console alone, which an older service does without. */
async function noteTaken(control: Operations, from: string, to: string): Promise<void> {
  await control.backupTaken(from, to).catch(() => {});
}

/** One in the appliance's folder, with its progress on the terminal. */
async function taken({ terminal, signal }: Seat, control: Operations): Promise<MadeBackup> {
  const line = progressLine(terminal);
  const asked = setInterval(() => {
    control
      .backupStatus()
      .then((status) => status?.progress && line.draw(status.progress))
      .catch(() => {});
  }, 300);
  try {
    return await orInterrupted(signal, control.makeBackup());
  } catch (error) {
    if (signal.aborted) throw stopped(signal, "the appliance goes on with the backup, in its own folder");
    if (!(error instanceof EdgeError) || error.code !== "store_full") throw error;
    // The disk of FILE may have all the room there is.
    const words = `${error.message}. The running appliance makes it there first: name a folder with room as RHYTHMX_BACKUP_DIR, or stop the service and run this again, which then needs room beside FILE alone`;
    throw new EdgeError("store_full", words, { cause: error });
  } finally {
    clearInterval(asked);
    line.end();
  }
}

/** No appliance runs: its files are copied from here. */
async function makeHere(
  { terminal, signal }: Seat,
  settings: Settings,
  target: string,
  replace: boolean,
): Promise<MadeBackup> {
  const database = join(settings.dataDir, "rhythmx.db");
  await expectDatabase(settings.dataDir, database);
  const line = progressLine(terminal);
  const { version, commit } = versionInfo();
  const { files, leftOut } = collectConfig(configFolders(settings.configDir));
  const steps = makeBackup({
    ...{ database, file: null, target, replace, workFolder: dirname(target), config: files, leftOut },
    ...{ version, commit, at: Date.now(), keepFree: keepFreeOn(dirname(target), settings) },
  });
  try {
    for (;;) {
      const step: IteratorResult<BackupProgress, MadeBackup> = steps.next();
      if (step.done) return step.value;
      line.draw(step.value);
      // A signal can come in between.
      await new Promise((resume) => setImmediate(resume));
      signal.throwIfAborted();
    }
  } finally {
    // Nothing is left of one that was interrupted.
    steps.return(undefined as never);
    line.end();
    // SQLite makes files beside the database.
    await giveToOwner(settings.dataDir);
  }
}

async function toStdout(seat: Seat, settings: Settings): Promise<number> {
  const { terminal, signal } = seat;
  const { bytes } = terminal;
  if (bytes === undefined) throw new UsageError("stdout takes no bytes here: name a file");
  const send = async ({ path, sha256 }: MadeBackup) => {
    for await (const part of createReadStream(path)) await orInterrupted(signal, bytes(part as Uint8Array));
    terminal.err(`sha256  ${sha256}\n`);
  };
  const control = await connected(terminal, settings);
  if (control !== null) {
    const made = await taken(seat, control);
    try {
      await send(made);
    } catch (error) {
      if (signal.aborted) throw stopped(signal, `the backup itself is made: it is ${made.path}`);
      const words = `stdout does not take it (${messageOf(error)}). The backup itself is made: it is ${made.path}`;
      throw new EdgeError("backup_failed", words, { cause: error });
    }
    rmSync(made.path, { force: true });
    await noteTaken(control, made.path, "stdout");
    return 0;
  }
  const folder = await mkdtemp(join(tmpdir(), "rhythmx-backup-"));
  try {
    await send(await makeHere(seat, settings, join(folder, "backup"), false));
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function verify({ terminal, signal }: Seat, file: string, json: boolean): Promise<number> {
  const copy = placeForCopy(file);
  const line = progressLine(terminal);
  try {
    const { manifest, schema, counts } = await unpack(resolve(file), copy, (phase, done, total) => {
      signal.throwIfAborted();
      line.draw({ phase, done, total });
    }).catch((error: unknown) => {
      // What was cut off by an interruption is not damaged.
      throw signal.aborted ? signal.reason : error;
    });
    line.end();
    if (json) printJson(terminal, { path: resolve(file), ok: true, schema, counts, manifest });
    else {
      const made =
        manifest === null
          ? "a database file"
          : `made ${manifest.created_at} by version ${manifest.version} on ${manifest.host}`;
      terminal.out(`ok: ${file}, ${made}, schema ${schema}: ${countsOf(counts)}\n`);
    }
    return 0;
  } finally {
    line.end();
    removeFile(copy);
  }
}

/** Beside the backup, where there is room for it, else in the folder of temporary files. What a killed command leaves goes with the next backup. */
function placeForCopy(file: string): string {
  const name = `.rhythmx-backup-${process.pid}-verify.copy`;
  const beside = join(dirname(resolve(file)), name);
  try {
    closeSync(openSync(beside, "wx", 0o600));
    return beside;
  } catch {
    return join(tmpdir(), name);
  }
}
