/** The line of `systemctl status`: what a start waits for, then how it does, and how that changes. */
import { expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { freePort } from "../harness/free-port.ts";
import { NotifySocket } from "../harness/notify-socket.ts";
import { ApplianceProcess } from "../harness/process.ts";

function occupied(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}

test(
  "systemd is told what is waited for and why, what fails, and when it is gone",
  cleaningUp(async (defer) => {
    const address = join(tmpdir(), `rhythmx-status-${process.pid}`);
    const systemd = new NotifySocket(address);
    defer(() => systemd.close());
    const port = await freePort();
    const config = { syslog: [{ name: "siem", host: "127.0.0.1", port, protocol: "relp" }] };
    const site = await ApplianceProcess.prepare({ config, env: { NOTIFY_SOCKET: address } });
    defer(() => site.dispose());
    const told: string[] = [];
    const heard = (words: string | RegExp) => {
      told.push(...systemd.received());
      return told.some((text) => (typeof words === "string" ? text.includes(words) : words.test(text)));
    };
    const other = await occupied(site.apiPort);
    site.start().catch(() => {});
    await until(() => heard("STATUS=starting: opening the database"));
    await until(() =>
      heard(/^READY=1\nSTATUS=api: the API cannot be reached: cannot listen on .*another program has it/),
    );
    await new Promise((resolve) => other.close(resolve));
    await until(() => heard("STATUS=running: 1 destination, 1 failing (alerts/siem)"));
    expect(told).toContain("WATCHDOG=1");
    // Said once, and not at each turn.
    const lines = told.filter((text) => text.startsWith("STATUS=running"));
    expect(new Set(lines).size).toBe(lines.length);
    await site.terminate();
    await until(() => heard("STOPPING=1"));
  }),
);
