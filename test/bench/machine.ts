/** What the figures were measured on. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import manifest from "../../package.json" with { type: "json" };

export function machineLine(peers: readonly string[]): string {
  const model = cpus()[0]?.model.trim() ?? "unknown CPU";
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const { libsql } = manifest.dependencies;
  const versions = [`bun ${process.versions.bun}`, `libsql ${libsql}`, ...peers];
  return `${availableParallelism()} cores, ${model}, ${memory}, kernel ${release()}; ${versions.join(", ")}`;
}

/** CPU seconds that a process has used, its own and the kernel's for it. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const [, kib = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? [];
  return Number(kib) * 1024;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a process uses less than 3 % of a core, a minute at most. */
export async function settled(pid: number): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    const before = cpuSeconds(pid);
    await pause(1000);
    if (cpuSeconds(pid) - before < 0.03) return;
  }
}
