/** How much of the processors a command takes with all that it starts: by a control group where one can be made, otherwise without what it did not wait for. */
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";

export class CpuTime {
  readonly #folder: string | null;

  private constructor(folder: string | null) {
    this.#folder = folder;
  }

  /** `name`: unlike those of others on this machine. */
  static of(name: string): CpuTime {
    try {
      const mounted = readFileSync("/proc/mounts", "utf8")
        .split("\n")
        .map((line) => line.split(" "))
        .find(([, , type]) => type === "cgroup2")?.[1];
      if (mounted === undefined) return new CpuTime(null);
      const folder = join(mounted, name);
      mkdirSync(folder);
      return new CpuTime(folder);
    } catch {
      return new CpuTime(null);
    }
  }

  /** The command, started in the group. */
  wrapped(command: readonly string[]): string[] {
    if (this.#folder === null) return [...command];
    return ["sh", "-c", 'echo $$ >"$0/cgroup.procs"; exec "$@"', this.#folder, ...command];
  }

  /** Seconds so far; `waitedFor`: those of the process that has ended. The group goes when nothing is left in it. */
  end(waitedFor: number): number {
    if (this.#folder === null) return waitedFor;
    const used = /^usage_usec (\d+)/m.exec(readFileSync(join(this.#folder, "cpu.stat"), "utf8"))?.[1];
    try {
      rmdirSync(this.#folder);
    } catch {
      // Something lives on in it.
    }
    return used === undefined ? waitedFor : Number(used) / 1e6;
  }
}
