/**
 * A machine of its own that systemd runs as process 1: this machine's files, with whatever is changed kept apart (overlayfs), in a container with its own
 * network. Needs root.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./appliance.ts";
import { installed } from "./rsyslog.ts";

/** Whether there can be one here. In CI a refusal is a failure; elsewhere it is said once, visibly. */
export function canBoot(): boolean {
  return (
    process.getuid?.() === 0 && installed("systemd-nspawn", "systemd-container") && installed("nsenter", "util-linux")
  );
}

export class Machine {
  readonly #folder: string;
  readonly #container: ChildProcess;
  #leader = "";

  private constructor(folder: string) {
    this.#folder = folder;
    this.#container = spawn(
      "systemd-nspawn",
      [
        `--directory=${this.root}`,
        ...["--register=no", "--keep-unit", "--private-network", "--console=pipe", "--quiet", "--boot"],
        // None of this machine's services.
        "systemd.unit=basic.target",
      ],
      { stdio: "ignore" },
    );
  }

  static async booted(): Promise<Machine> {
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-machine-"));
    for (const name of ["changes", "work", "root"]) mkdirSync(join(folder, name));
    const options = `lowerdir=/,upperdir=${folder}/changes,workdir=${folder}/work`;
    const { status, stderr } = spawnSync("mount", ["-t", "overlay", "overlay", "-o", options, join(folder, "root")], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`mount overlay: ${stderr}`);
    const machine = new Machine(folder);
    await until(
      () => machine.#findLeader() && /running|degraded/.test(machine.run("systemctl", "is-system-running").stdout),
      120_000,
      () => "systemd did not boot",
    );
    return machine;
  }

  /** Its files, as they are seen from outside. */
  get root(): string {
    return join(this.#folder, "root");
  }

  /** Copies a file into its root folder. */
  bring(path: string, to: string): void {
    copyFileSync(path, join(this.root, to));
  }

  run(command: string, ...args: string[]): { code: number | null; stdout: string; stderr: string } {
    const env = { PATH: "/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin" };
    const { status, stdout, stderr } = spawnSync("nsenter", ["-t", this.#leader, "--all", command, ...args], {
      encoding: "utf8",
      env,
    });
    return { code: status, stdout, stderr };
  }

  /** The status and the text of an HTTPS answer, asked for from inside its network. */
  ask(url: string, init: RequestInit = {}): { status: number; text: string } {
    const script = `
      const answer = await fetch(${JSON.stringify(url)}, { ...${JSON.stringify(init)}, tls: { rejectUnauthorized: false } });
      console.log(JSON.stringify({ status: answer.status, text: await answer.text() }));`;
    const words = ["-t", this.#leader, "--net", process.execPath, "-e", script];
    const { stdout, stderr } = spawnSync("nsenter", words, { encoding: "utf8" });
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout) as { status: number; text: string };
  }

  async off(): Promise<void> {
    const ended = once(this.#container, "exit");
    if (this.#container.exitCode === null) {
      // Its process 1, and all others with it.
      if (this.#leader !== "") process.kill(Number(this.#leader), "SIGKILL");
      else this.#container.kill("SIGKILL");
      await ended;
    }
    spawnSync("umount", ["-l", this.root]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #findLeader(): boolean {
    try {
      const { pid } = this.#container;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
      this.#leader = children[0] ?? "";
      return this.#leader !== "" && readFileSync(`/proc/${this.#leader}/comm`, "utf8").startsWith("systemd");
    } catch {
      return false;
    }
  }
}
