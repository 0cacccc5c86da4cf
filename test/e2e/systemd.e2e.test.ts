/** The unit under a real systemd: installed, started, reloaded, killed, hardened further, taken away. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../harness/appliance.ts";
import { binary } from "../harness/binary.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { canBoot, Machine } from "../harness/systemd.ts";

test.skipIf(!canBoot())(
  "as a service: notified, with its credential, its certificate and its address; upgraded, hardened, killed, and taken away",
  cleaningUp(async (defer) => {
    const machine = await Machine.booted();
    defer(() => machine.off());
    machine.bring(binary(), "/root/rhythmx");
    const show = (property: string) =>
      machine.run("systemctl", "show", "rhythmx", `--property=${property}`, "--value").stdout.trim();

    const first = machine.run("/root/rhythmx", "install");
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toContain("is installed and runs");
    expect([show("ActiveState"), show("UnitFileState")]).toEqual(["active", "enabled"]);
    expect(machine.ask("https://127.0.0.1:8443/healthz").status).toBe(200);
    const password = machine.run("cat", "/var/lib/rhythmx/initial-admin-password").stdout.trim();
    const login = { method: "POST", headers: { "Content-Type": "application/json" } };
    const body = JSON.stringify({ username: "admin", password });
    expect(machine.ask("https://127.0.0.1:8443/api/login", { ...login, body }).status).toBe(200);
    // systemd hands the key over; the data folder has none.
    expect(machine.run("stat", "-c", "%a %U", "/run/credentials/rhythmx.service/master.key").stdout).toBe(
      "400 rhythmx\n",
    );
    expect(machine.run("ls", "/var/lib/rhythmx").stdout).not.toContain("master.key");
    expect(machine.run("rhythmx", "secrets", "rotate")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("--new-key"),
    });

    // Nothing to do: it is not restarted. With another unit it is.
    const pid = show("MainPID");
    expect(machine.run("rhythmx", "install").code).toBe(0);
    expect(show("MainPID")).toBe(pid);
    const unit = join(machine.root, "etc/systemd/system/rhythmx.service");
    writeFileSync(unit, readFileSync(unit, "utf8").replace("MemoryMax=2G", "MemoryMax=1G"));
    expect(machine.run("/root/rhythmx", "install").code).toBe(0);
    expect(show("MainPID")).not.toBe(pid);

    // Both drop-ins, as their comments say: no writable code, and a port below 1024.
    const documents = "/usr/local/share/doc/rhythmx";
    const dropIns = "/etc/systemd/system/rhythmx.service.d";
    machine.run("mkdir", dropIns);
    for (const name of ["memory-deny-write-execute.conf", "low-port.conf"])
      expect(machine.run("cp", `${documents}/${name}`, dropIns).code).toBe(0);
    machine.run("sh", "-c", "echo RHYTHMX_LISTEN=0.0.0.0:443 >>/etc/rhythmx/.env.production");
    machine.run("systemctl", "daemon-reload");
    expect(machine.run("systemctl", "restart", "rhythmx").code).toBe(0);
    expect([show("MemoryDenyWriteExecute"), show("ActiveState")]).toEqual(["yes", "active"]);
    expect(machine.ask("https://127.0.0.1/healthz").status).toBe(200);
    expect(machine.run("systemctl", "reload", "rhythmx").code).toBe(0);

    machine.run("kill", "-9", show("MainPID"));
    await until(() => show("NRestarts") === "1" && show("ActiveState") === "active");

    // A process that hangs is ended by the watchdog and started again.
    writeFileSync(
      join(machine.root, dropIns, "watchdog.conf"),
      "[Service]\nWatchdogSec=8\nTimeoutAbortSec=1\nTimeoutStopSec=2\n",
    );
    machine.run("systemctl", "daemon-reload");
    expect(machine.run("systemctl", "restart", "rhythmx").code).toBe(0);
    const restarts = show("NRestarts");
    machine.run("kill", "-STOP", show("MainPID"));
    await until(() => show("NRestarts") !== restarts && show("ActiveState") === "active");
    expect(machine.ask("https://127.0.0.1/healthz").status).toBe(200);

    // A setting without which it cannot run does not become right by trying again.
    machine.run("sh", "-c", "echo RHYTHMX_LISTEN=nowhere >>/etc/rhythmx/.env.production");
    expect(machine.run("systemctl", "restart", "rhythmx").code).not.toBe(0);
    expect([show("ActiveState"), show("ExecMainStatus"), show("NRestarts")]).toEqual(["failed", "2", "0"]);
    machine.run("sed", "-i", "/nowhere/d", "/etc/rhythmx/.env.production");

    const removed = machine.run("rhythmx", "uninstall");
    expect([removed.code, removed.stderr]).toEqual([0, ""]);
    expect(show("LoadState")).toBe("not-found");
    expect(machine.run("ls", "/var/lib/rhythmx/rhythmx.db").code).toBe(0);
    expect(machine.run("/root/rhythmx", "install").code).toBe(0);
    expect(machine.ask("https://127.0.0.1/healthz").status).toBe(200);
    expect(machine.run("rhythmx", "uninstall", "--purge", "--yes").code).toBe(0);
    expect(
      machine.run("sh", "-c", "ls -d /etc/rhythmx /var/lib/rhythmx /usr/local/bin/rhythmx; id rhythmx").stdout,
    ).toBe("");
  }),
);
