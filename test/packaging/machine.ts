/**
 * A machine of a site: a bare Debian in namespaces of its own (files, processes, network, control groups) without internet, with systemd as its
 * first process, or without any service manager.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { debianRoot } from "./debian-root.ts";

const cgroups = "/sys/fs/cgroup";

export interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface MachineOptions {
  /** False: nothing runs but what the test starts, and systemd's programs are not there. */
  systemd?: boolean;
  hostname?: string;
  /** Programs that this machine does not have. */
  without?: readonly string[];
}

export class Machine {
  readonly #process: ChildProcess;
  readonly #work: string;
  readonly #cgroup: string;
  #init = 0;

  private constructor(options: MachineOptions) {
    const { systemd = true, hostname = "edge", without = [] } = options;
    this.#work = mkdtempSync(join(tmpdir(), "rhythmx-machine-"));
    this.#cgroup = basename(this.#work);
    const missing = systemd ? without : [...without, "systemctl", "systemd-sysusers", "systemd-tmpfiles", "init"];
    for (const folder of ["usr/bin", "usr/sbin"])
      for (const program of missing)
        if (existsSync(join(debianRoot(), folder, program))) {
          mkdirSync(join(this.#work, "upper", folder), { recursive: true });
          // How overlayfs says that a file is not there.
          execFileSync("mknod", [join(this.#work, "upper", folder, program), "c", "0", "0"]);
        }
    for (const hierarchy of hierarchies()) mkdirSync(join(hierarchy, this.#cgroup));
    const namespaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child"];
    const enter = join(import.meta.dirname, "enter-machine.sh");
    const first = systemd ? ["/lib/systemd/systemd", "--system", "--unit=multi-user.target"] : ["sleep", "infinity"];
    // Also when this process is killed, the machine goes with it.
    const intoGroups = hierarchies().map((hierarchy) => `echo $$ >${hierarchy}/${this.#cgroup}/cgroup.procs`);
    this.#process = spawn(
      "sh",
      [
        "-c",
        `${intoGroups.join("; ")}; exec setpriv --pdeathsig KILL unshare "$@"`,
        "sh",
        ...namespaces,
        "sh",
        enter,
        debianRoot(),
        this.#work,
        this.#cgroup,
        hostname,
        ...first,
      ],
      { stdio: ["ignore", "pipe", "pipe"], detached: true },
    );
  }

  /** @throws Error with what the machine said, if it does not start */
  static async start(options: MachineOptions = {}): Promise<Machine> {
    const machine = new Machine(options);
    const said: string[] = [];
    for (const stream of [machine.#process.stdout, machine.#process.stderr])
      stream?.setEncoding("utf8").on("data", (text) => said.push(text));
    const running = (options.systemd ?? true) ? " && systemctl is-system-running | grep -qE 'running|degraded'" : "";
    const ready = `[ -e /run/machine-is-entered ]${running}`;
    await machine.#until("the machine to start", said, () => {
      machine.#init ||= childOf(machine.#process.pid ?? 0);
      return (
        machine.#init !== 0 && existsSync(machine.path("/run/machine-is-entered")) && machine.run(ready).status === 0
      );
    });
    return machine;
  }

  /** Of its first process, as this process sees it. */
  get pid(): number {
    return this.#init;
  }

  /** Runs a script as root, as if typed: without a terminal, in /root. */
  run(script: string, { input = "" }: { input?: string } = {}): Result {
    const { status, stdout, stderr } = spawnSync("nsenter", this.#enter(script), {
      input,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    return { status, stdout, stderr };
  }

  /** @throws Error with everything that the script said, unless it ends with 0. Returns what it said on stdout. */
  must(script: string, options: { input?: string } = {}): string {
    const { status, stdout, stderr } = this.run(script, options);
    if (status !== 0) throw new Error(`${script}\nends with ${status}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Runs a script beside the test. */
  begin(script: string): ChildProcess {
    return spawn("nsenter", this.#enter(script), { stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Waits until a script ends with 0. @throws Error with what it said last */
  async until(script: string, seconds = 60): Promise<string> {
    let last: Result = { status: null, stdout: "", stderr: "" };
    const said: string[] = [];
    await this.#until(
      script,
      said,
      () => {
        last = this.run(script);
        said.splice(0, said.length, last.stdout, last.stderr);
        return last.status === 0;
      },
      seconds,
    );
    return last.stdout;
  }

  /** Brings a file of this machine to that one. */
  bring(file: string, path: string): void {
    cpSync(file, this.path(path), { recursive: true });
  }

  write(path: string, content: string | Uint8Array): void {
    writeFileSync(this.path(path), content);
  }

  /** The path by which this process sees a file of the machine. */
  path(path: string): string {
    return `/proc/${this.#init}/root${path}`;
  }

  /** Paths with mode and owner of all files of its own that are not in /tmp, /run and the like; what belongs to other programs is left out. */
  files(...folders: string[]): string[] {
    const find = `find ${folders.join(" ")} -printf '%p %M %u:%g\\n' 2>/dev/null || true`;
    return this.must(find)
      .split("\n")
      .filter((line) => line !== "")
      .sort();
  }

  async dispose(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill("SIGKILL");
      await ended;
    }
    await this.#until("its control groups to be empty", [], () => {
      for (const hierarchy of hierarchies()) removeGroups(join(hierarchy, this.#cgroup));
      return hierarchies().every((hierarchy) => !existsSync(join(hierarchy, this.#cgroup)));
    });
    rmSync(this.#work, { recursive: true, force: true });
  }

  #enter(script: string): string[] {
    const clean = [
      "env",
      "-i",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOME=/root",
      "LANG=C.UTF-8",
    ];
    return [
      "--target",
      String(this.#init),
      "--mount",
      "--pid",
      "--net",
      "--ipc",
      "--uts",
      "--cgroup",
      "--wdns=/root",
      ...clean,
      "bash",
      "-c",
      script,
    ];
  }

  async #until(what: string, said: readonly string[], isTrue: () => boolean, seconds = 120): Promise<void> {
    for (const end = performance.now() + seconds * 1000; ; await Bun.sleep(100)) {
      if (isTrue()) return;
      if (this.#process.exitCode !== null && what.startsWith("the machine"))
        throw new Error(`the machine ended: ${said.join("")}`);
      if (performance.now() > end) throw new Error(`waited ${seconds} s for ${what}: ${said.join("")}`);
    }
  }
}

/** The mounted hierarchies of control groups; a machine gets a group of its own in each, in which its systemd is alone. */
function hierarchies(): string[] {
  if (existsSync(join(cgroups, "cgroup.controllers"))) return [cgroups];
  // A group of cpuset takes no process before somebody has given it processors; systemd makes none there.
  const names = readdirSync(cgroups).filter((name) => name !== "cpuset");
  return names.map((name) => join(cgroups, name)).filter((path) => existsSync(join(path, "cgroup.procs")));
}

function removeGroups(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(join(folder, entry.name));
  try {
    rmdirSync(folder);
  } catch {
    // The last process has not left yet.
  }
}

function childOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0] ?? 0);
  } catch {
    return 0;
  }
}
