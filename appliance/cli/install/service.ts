/** The service under systemd: started, restarted, stopped, and what systemd says of it. */
import { spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { EdgeError } from "../../../core/errors.ts";
import { unitName } from "./target.ts";

const startMs = 60_000;
const lookMs = 200;

export interface ServiceState {
  /** `active`, `activating`, `inactive`, `failed` … */
  active: string;
  /** The line of `systemctl status`. */
  status: string;
}

export function serviceState(): ServiceState {
  const { stdout } = systemctl("show", unitName, "--property=ActiveState,StatusText");
  const property = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(stdout)?.[1] ?? "";
  return { active: property("ActiveState"), status: property("StatusText") };
}

/** Whether it runs a program that has been replaced since it was started. */
export function runsReplaced(): boolean {
  const [, pid = "0"] = /^MainPID=(\d+)$/m.exec(systemctl("show", unitName, "--property=MainPID").stdout) ?? [];
  try {
    return readlinkSync(`/proc/${pid}/exe`).endsWith(" (deleted)");
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

/** Starts or restarts it, and waits a minute at most: a start may itself wait for a disk or a lock. */
export async function startService(what: "start" | "restart"): Promise<ServiceState> {
  must("--no-block", what, unitName);
  const end = performance.now() + startMs;
  let state = serviceState();
  // The job may not have begun.
  while ((hasJob() || state.active === "activating") && performance.now() < end) {
    await sleep(lookMs);
    state = serviceState();
  }
  return state;
}

function hasJob(): boolean {
  return systemctl("list-jobs", unitName, "--no-legend", "--plain").stdout.trim() !== "";
}

/** @throws EdgeError service, if it goes on */
export function stopService(): void {
  const { stderr } = systemctl("stop", unitName);
  const { active } = serviceState();
  if (active === "inactive" || active === "failed" || active === "") return;
  throw new EdgeError(
    "service",
    `the service does not stop (${active}${stderr.trim() === "" ? "" : `: ${stderr.trim().split("\n").at(-1)}`}): nothing is removed; \`systemctl status ${unitName}\` says more`,
  );
}

export function enableService(): void {
  must("enable", "--quiet", unitName);
}

export function disableService(): void {
  systemctl("disable", "--quiet", unitName);
}

export function reloadUnits(): void {
  must("daemon-reload");
}

/** Forgets that it has failed. */
export function forgetService(): void {
  systemctl("daemon-reload");
  systemctl("reset-failed", unitName);
}

/** @throws EdgeError service */
function must(...args: string[]): void {
  const { status, stderr } = systemctl(...args);
  if (status === 0) return;
  throw new EdgeError("service", `systemctl ${args.join(" ")}: ${stderr.trim().split("\n").at(-1) || "failed"}`);
}

function systemctl(...args: string[]): { status: number; stdout: string; stderr: string } {
  const { error, status, stdout, stderr } = spawnSync("systemctl", args, { encoding: "utf8" });
  if (error !== undefined) return { status: 1, stdout: "", stderr: error.message };
  return { status: status ?? 1, stdout, stderr };
}
